"""All mapping sets of a project together: what they link, which identifiers follow, and the links by registry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError
from kclod.link import checks, sssom
from kclod.link.sssom import IDENTIFIER, LINK_PREDICATES
from kclod.schemes import Linkset, Scheme, identifier_iri
from kclod.vocab import OWL, RDF, SCHEMA, SKOS

EXACT = SKOS["exactMatch"]
SAME = OWL["sameAs"]


@dataclass(frozen=True)
class Links:
    """What the mapping sets say.

    `links` are the triples that hold: those of the mappings, owl:sameAs where the registry's policy publishes it, and
    the identifiers (schema:PropertyValue) that things have by exact matches. `mappings` describes every mapping.
    """

    links: tuple[ox.Triple, ...]
    mappings: tuple[ox.Triple, ...]
    origins: Mapping[str, tuple[str, int]]
    """The IRI of a mapping, or what it says as an N-Triples statement → file and line."""
    read: tuple[sssom.Mapping, ...] = ()
    """Every mapping as it was read."""


def read_links(
    files: Sequence[Path],
    *,
    base_iri: str,
    known: Collection[str],
    name_of: Mapping[Path, str],
    schemes: Sequence[Scheme] = (),
    apart: Callable[[str, str], str | None] = lambda *_: None,
) -> Links:
    """Mapping sets → Links. `known`: IRIs of the things that may be linked; `schemes`: of the registries linked to.

    A mapping with `predicate_modifier` Not is described but links nothing. `apart` says why two things cannot be one,
    where that follows from what they are. RefusedError carries the problems of all files: malformed rows
    (`sssom.read_set`), and what cannot all be true (`checks.check`).
    """
    problems: list[Problem] = []
    read: list[sssom.Mapping] = []
    origins: dict[str, tuple[str, int]] = {}
    for file in files:
        for one in sssom.read_set(file, name_of[file], base_iri=base_iri, known=known, problems=problems):
            if one.iri in origins:
                at = ":".join(map(str, origins[one.iri]))
                problems.append(one.problem("duplicate", f"the same mapping stands at {at}", "keep one of them"))
                continue
            origins[one.iri] = one.place
            read.append(one)
    problems += checks.check(read, schemes, base_iri=base_iri, apart=apart)
    if problems:
        raise RefusedError(problems)
    links: dict[ox.Triple, None] = {}
    described: list[ox.Triple] = []
    for one in read:
        described.extend(one.described())
        if not one.negative:
            origins.setdefault(str(one.triple), one.place)
            links[one.triple] = None
            links.update(dict.fromkeys(_identifier(one, schemes, base_iri)))
            if _is_same(one, schemes):
                same = ox.Triple(one.triple.subject, SAME, one.triple.object)
                origins.setdefault(str(same), one.place)
                if same not in links:
                    links[same] = None
                    described.extend(one.described(SAME))
    return Links(tuple(links), tuple(described), origins, tuple(read))


def _is_same(one: sssom.Mapping, schemes: Iterable[Scheme]) -> bool:
    """Whether an exact match is published as owl:sameAs too, by the policy of the registry."""
    found = checks.registry_of(one, schemes, "") if one.triple.predicate == EXACT else None
    same_from = found[0].same_from if found else None
    return same_from is not None and one.confidence is not None and one.confidence >= Decimal(same_from)


def _identifier(one: sssom.Mapping, schemes: Iterable[Scheme], base_iri: str) -> Iterator[ox.Triple]:
    """The identifier that a thing has by a mapping: the outside record is exactly the thing, and of a known scheme."""
    found = checks.registry_of(one, schemes, base_iri)
    if found is None or one.triple.predicate not in (EXACT, SAME, IDENTIFIER):
        return
    scheme, value = found
    node = ox.NamedNode(identifier_iri(base_iri, scheme.name, value))
    yield ox.Triple(one.triple.subject, IDENTIFIER, node)
    yield ox.Triple(node, RDF["type"], SCHEMA["PropertyValue"])
    yield ox.Triple(node, SCHEMA["propertyID"], ox.NamedNode(scheme.iri))
    yield ox.Triple(node, SCHEMA["value"], ox.Literal(value))
    iri = scheme.iri_of(value)
    if iri is not None:
        yield ox.Triple(node, SCHEMA["url"], ox.NamedNode(iri))


def linksets(links: Links, schemes: Iterable[Scheme]) -> list[Linkset]:
    """The links to each registry whose records have IRIs, by predicate; ordered by the scheme's name and predicate."""
    schemes = list(schemes)
    sorted_out: dict[tuple[str, str], list[ox.Triple]] = {}
    by_name = {scheme.name: scheme for scheme in schemes}
    held = dict.fromkeys(t for t in links.links if t.predicate.value in LINK_PREDICATES)
    for triple in held:
        found = checks.scheme_of(triple, schemes, "")
        if found is not None:
            sorted_out.setdefault((found[0].name, triple.predicate.value), []).append(triple)
    return [
        Linkset(
            by_name[name],
            ox.NamedNode(predicate),
            len(triples),
            len({t.subject for t in triples}),
            len({t.object for t in triples}),
        )
        for (name, predicate), triples in sorted(sorted_out.items())
    ]
