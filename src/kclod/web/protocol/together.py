"""Stored queries that ask other endpoints too: what each needs, for the page that shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kclod.site import StoredQuery
from kclod.web.protocol.federation import ServiceRefusedError, federated
from kclod.web.protocol.guard import LEXEMES
from kclod.web.publication import Publication


@dataclass(frozen=True, slots=True)
class Together:
    """A federated query as its reader can use it.

    `text` names this endpoint where it is reached. `target` is the endpoint it is meant for, None for any; `here` tells
    whether that is this one, `allowed` whether this one asks all the `services` of the query.
    """

    query: StoredQuery
    text: str
    target: str | None
    here: bool
    services: tuple[str, ...]
    allowed: bool


def together(publication: Publication) -> Iterator[Together]:
    """The federated ones of the stored queries, in their order."""
    declared = f"{publication.release.site.base_iri}sparql"
    reached = f"{publication.public_url}sparql"
    for query in publication.release.site.queries:
        if not query.federated:
            continue
        text = query.text.replace(f"<{declared}>", f"<{reached}>")
        services = tuple(dict.fromkeys(_services(text)))
        try:
            federated(text, publication.limits.services)
            allowed = True
        except ServiceRefusedError:
            allowed = False
        yield Together(query, text, query.target, query.target == declared, services, allowed)


def _services(text: str) -> Iterator[str]:
    """The endpoints that are written out after SERVICE."""
    tokens = [match for match in LEXEMES.finditer(text) if match.lastgroup != "skip"]
    for index, token in enumerate(tokens):
        if token.lastgroup == "word" and token[0].lower() == "service":
            rest = [t for t in tokens[index + 1 : index + 3] if t[0].lower() != "silent"]
            if rest and rest[0].lastgroup == "iri":
                yield rest[0][0][1:-1]
