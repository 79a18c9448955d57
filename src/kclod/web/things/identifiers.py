"""What outside registries call a thing, by registry, each with how the link to it was found (SSSOM)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

import pyoxigraph as ox

from kclod.link import LINK_PREDICATES
from kclod.rdf import Term
from kclod.schemes import Scheme, identifier_iri, scheme_at
from kclod.vocab import SCHEMA, SKOS, SSSOM
from kclod.web.things.reader import Reader
from kclod.web.things.statements import Statement
from kclod.web.things.witness import Witness

_IDENTIFIER = SCHEMA["identifier"]
_TOLD = tuple(
    SSSOM[name].value
    for name in (
        *("mapping_justification", "confidence", "author_id", "author_label", "reviewer_id", "reviewer_label"),
        *("mapping_date", "object_source", "object_source_version", "mapping_tool", "comment", "license"),
    )
)
"""The order in which is told how a link was found."""
Vouched = dict[ox.NamedNode, list[Statement]]


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier as its registry writes it; `iri` is the record's, where it has one.

    `predicates` say how the record is related to the thing, the closest first. `details` say how that was found, who
    found it and how sure it is; `statement` has the origins of the link.
    """

    value: str
    iri: str | None
    predicates: tuple[ox.NamedNode, ...]
    statement: Statement
    details: tuple[tuple[ox.NamedNode, Term], ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """The identifiers of one registry. Without a scheme that the content declares, `host` is all that it goes by."""

    scheme: Scheme | None
    host: str
    identifiers: tuple[Identifier, ...]


class Identifiers:
    """Takes from what is said of a thing what registries elsewhere call it."""

    def __init__(self, reader: Reader, witness: Witness, schemes: Sequence[Scheme], base_iri: str) -> None:
        self._reader, self._witness, self._schemes, self._base = reader, witness, schemes, base_iri

    def take(self, node: ox.NamedNode, vouched: Vouched) -> tuple[Registry, ...]:
        """The registries, by name; what is taken is no longer in `vouched`, nor what only follows from it."""
        found: dict[tuple[str, str], Identifier] = {}
        schemes: dict[str, Scheme] = {}
        for predicate in sorted(vouched, key=_closest_first):
            if predicate != _IDENTIFIER and predicate.value not in LINK_PREDICATES:
                continue
            inside: list[Statement] = []
            for statement in vouched.pop(predicate):
                meant = self._meant(statement.value, predicate)
                if meant is None:
                    inside.append(statement)
                    continue
                scheme, registry, value, iri = meant
                if scheme is not None:
                    schemes[registry] = scheme
                known = found.get((registry, value))
                if known is None:
                    made = self._identifier(node, predicate, statement, value, iri)
                    found[registry, value] = made
                elif predicate != _IDENTIFIER and not statement.inferred:
                    found[registry, value] = replace(known, predicates=(*known.predicates, predicate))
            if inside:
                vouched[predicate] = inside
        _drop_what_follows({ox.NamedNode(one.iri) for one in found.values() if one.iri}, vouched)
        by_registry: dict[str, list[Identifier]] = {}
        for (registry, _), one in sorted(found.items(), key=lambda item: item[0]):
            by_registry.setdefault(registry, []).append(one)
        return tuple(Registry(schemes.get(name), name, tuple(each)) for name, each in by_registry.items())

    def _meant(self, term: Term, predicate: ox.NamedNode) -> tuple[Scheme | None, str, str, str | None] | None:
        """Scheme, name of the registry, identifier and record; None for what is no identifier given elsewhere."""
        if not isinstance(term, ox.NamedNode):
            return None
        if term.value.startswith(self._base):
            named = self._named(term.value) if predicate == _IDENTIFIER else ()
            return next(((s, s.name, value, s.iri_of(value)) for s, value in named), None)
        if predicate == _IDENTIFIER:
            return None
        at = scheme_at(self._schemes, term.value)
        if at is not None:
            return at[0], at[0].name, at[1], term.value
        host, _, rest = term.value.partition("//")[2].partition("/")
        return None, host.removeprefix("www.") or term.value, unquote(rest.strip("/")) or term.value, term.value

    def _named(self, iri: str) -> Iterator[tuple[Scheme, str]]:
        """The scheme and value of an identifier that is a thing of the dataset."""
        for scheme in self._schemes:
            head = identifier_iri(self._base, scheme.name, "")
            if iri.startswith(head) and len(iri) > len(head):
                yield scheme, unquote(iri.removeprefix(head))

    def _identifier(
        self, node: ox.NamedNode, predicate: ox.NamedNode, statement: Statement, value: str, iri: str | None
    ) -> Identifier:
        said = (
            self._reader.mappings(ox.Triple(node, predicate, statement.value))
            if isinstance(statement.value, ox.NamedNode)
            else ()
        )
        details = tuple(sorted(said, key=_place))
        return Identifier(value, iri, (predicate,), self._witness.complete(statement), details)


def outside(registries: Collection[Registry]) -> Mapping[str, set[Term]]:
    """By property the records that registries have, which need not be told again as what links to the thing."""
    records: set[Term] = {ox.NamedNode(one.iri) for each in registries for one in each.identifiers if one.iri}
    return {iri: set(records) for iri in LINK_PREDICATES}


def _closest_first(predicate: ox.NamedNode) -> tuple[bool, bool, str]:
    return (predicate == _IDENTIFIER, predicate != SKOS["exactMatch"], predicate.value)


def _place(said: tuple[ox.NamedNode, Term]) -> int:
    return _TOLD.index(said[0].value) if said[0].value in _TOLD else len(_TOLD)


def _drop_what_follows(records: Collection[Term], vouched: Vouched) -> None:
    """Without what is only inferred of the same records, such as that an exact match is a close one."""
    for predicate, statements in list(vouched.items()):
        left = [s for s in statements if not (s.inferred and s.value in records)]
        if left:
            vouched[predicate] = left
        else:
            del vouched[predicate]
