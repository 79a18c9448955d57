"""What is wrong with links although each row is well-formed: identifiers, policy, contradictions, withdrawn records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyoxigraph as ox

from kclod.errors import Problem
from kclod.link import sssom
from kclod.link.sssom import IDENTIFIER
from kclod.schemes import Scheme, identified_by, scheme_at
from kclod.vocab import OWL, SKOS

_EXACT = frozenset([SKOS["exactMatch"].value, OWL["sameAs"].value, IDENTIFIER.value])
"""What says that the record is of this very thing."""
_NOT_EXACT = frozenset([SKOS["broadMatch"].value, SKOS["narrowMatch"].value, SKOS["relatedMatch"].value])
"""What SKOS (S46) has disjoint with skos:exactMatch; narrowMatch as the inverse of broadMatch."""


def check(
    mappings: Sequence[sssom.Mapping],
    schemes: Sequence[Scheme],
    *,
    base_iri: str,
    apart: Callable[[str, str], str | None],
) -> list[Problem]:
    """What cannot be published of the mappings, each problem at its file and line.

    A target of no declared registry, where any is declared; an identifier of the wrong form or with wrong check digits;
    owl:sameAs without a policy for it; two exact matches of a thing in one registry; two things with one exact match;
    relations that exclude each other. `apart` explains why two things cannot be one.
    """
    held = [one for one in mappings if not one.negative]
    return [
        *(problem for one in mappings for problem in _target(one, schemes, base_iri)),
        *(problem for one in held for problem in _same_as(one, schemes)),
        *_two_matches(held, schemes, base_iri),
        *_two_things(held, apart),
        *_contradictions(mappings),
    ]


def registry_of(one: sssom.Mapping, schemes: Iterable[Scheme], base_iri: str) -> tuple[Scheme, str] | None:
    """The scheme of the record that a mapping leads to, and the record's identifier; None where none is declared."""
    return scheme_of(one.triple, schemes, base_iri)


def scheme_of(triple: ox.Triple, schemes: Iterable[Scheme], base_iri: str) -> tuple[Scheme, str] | None:
    """The same of a link. The object of schema:identifier is an identifier as a thing of the dataset (`base_iri`)."""
    target = triple.object
    if not isinstance(target, ox.NamedNode):
        return None
    if triple.predicate == IDENTIFIER:
        return identified_by(schemes, base_iri, target.value)
    return scheme_at(schemes, target.value)


def _target(one: sssom.Mapping, schemes: Sequence[Scheme], base_iri: str) -> Iterator[Problem]:
    """The registry is declared, and the identifier is one of its form with right check digits."""
    if not schemes and one.triple.predicate != IDENTIFIER:
        return
    found = registry_of(one, schemes, base_iri)
    target = str(one.triple.object)
    if found is None:
        where = "the IRI of an identifier" if one.triple.predicate == IDENTIFIER else "an IRI"
        fix = "correct the target, or declare its registry by pub:registry in ontology/dataset.ttl"
        yield one.problem("registry", f"{target} is not {where} of a declared registry", fix)
        return
    scheme, value = found
    if one.triple.predicate == IDENTIFIER and (iri := scheme.iri_of(value)) is not None:
        fix = f"map to <{iri}> by skos:exactMatch"
        yield one.problem("identifier", f"the records of the scheme {scheme.name} have IRIs", fix)
    fault = scheme.fault(value)
    if fault is not None:
        yield one.problem("identifier", f"{target} is no identifier of the scheme {scheme.name}: {fault}", "correct it")


def _same_as(one: sssom.Mapping, schemes: Sequence[Scheme]) -> Iterator[Problem]:
    if one.triple.predicate != OWL["sameAs"]:
        return
    found = registry_of(one, schemes, "")
    same_from = found[0].same_from if found else None
    if same_from is None:
        message = "owl:sameAs, and no policy of the dataset publishes it for this registry (pub:sameAsFrom)"
        yield one.problem("same-as", message, "use skos:exactMatch")
    elif one.confidence is None or one.confidence < Decimal(same_from):
        message = f"owl:sameAs with a confidence of {one.confidence}; the policy of the registry asks for {same_from}"
        yield one.problem("same-as", message, "use skos:exactMatch")


def _two_matches(held: Iterable[sssom.Mapping], schemes: Sequence[Scheme], base_iri: str) -> Iterator[Problem]:
    """A registry has one record of a thing; where it has two, they are to be merged there, not here."""
    first: dict[tuple[str, str], sssom.Mapping] = {}
    for one in held:
        found = registry_of(one, schemes, base_iri) if one.triple.predicate.value in _EXACT else None
        if found is None:
            continue
        other = first.setdefault((str(one.triple.subject), found[0].name), one)
        if other.triple.object != one.triple.object:
            message = (
                f"{one.triple.subject!s} has two exact matches of the scheme {found[0].name}: "
                f"{one.triple.object!s} here, {other.triple.object!s} at {_at(other)}"
            )
            yield one.problem("two-matches", message, "keep the right one; the other may be a close or broader match")


def _two_things(held: Iterable[sssom.Mapping], apart: Callable[[str, str], str | None]) -> Iterator[Problem]:
    """A record is of one thing: two things with one exact match would be one."""
    first: dict[str, sssom.Mapping] = {}
    for one in held:
        if one.triple.predicate.value not in _EXACT:
            continue
        other = first.setdefault(str(one.triple.object), one)
        if other.triple.subject == one.triple.subject:
            continue
        subjects = str(other.triple.subject), str(one.triple.subject)
        why = apart(subjects[0][1:-1], subjects[1][1:-1])
        message = (
            f"{subjects[1]} has the exact match {one.triple.object!s}, "
            f"which {subjects[0]} has at {_at(other)}; then they would be one thing"
        )
        if why:
            message += f", and that contradicts the ontology: {why}"
        yield one.problem("two-things", message, "keep the right one, or make the two things one")


def _contradictions(mappings: Iterable[sssom.Mapping]) -> Iterator[Problem]:
    """Between one pair: a mapping and its denial; an exact match and a relation that excludes it (SKOS, S46)."""
    first: dict[tuple[str, str], list[sssom.Mapping]] = {}
    for one in mappings:
        pair = str(one.triple.subject), str(one.triple.object)
        for other in first.get(pair, ()):
            said = _words(one), _words(other)
            if not _agree(one, other):
                message = f"{pair[0]} and {pair[1]}: {said[0]} here contradicts {said[1]} at {_at(other)}"
                yield one.problem("contradiction", message, "keep one of the two")
        first.setdefault(pair, []).append(one)


def _agree(one: sssom.Mapping, other: sssom.Mapping) -> bool:
    predicates = one.triple.predicate.value, other.triple.predicate.value
    if one.negative != other.negative:
        return predicates[0] != predicates[1]
    return one.negative or not any(a in _EXACT and b in _NOT_EXACT for a, b in (predicates, predicates[::-1]))


@dataclass(frozen=True)
class Record:
    """What a registry says of a record: `status` as it says it, and the identifiers of those that took its place."""

    status: str
    successors: tuple[str, ...] = ()


_ALIVE = "active"


def check_records(
    mappings: Iterable[sssom.Mapping], scheme: Scheme, records: Mapping[str, Record], *, complete: bool = False
) -> list[Problem]:
    """Links to records that the registry has withdrawn, ended or merged, each with the successors that it names.

    `records`: identifier → what the registry's file says of it; a status other than `active` is reported. With
    `complete`, the file has all records, and one that is not in it is reported too.
    """
    problems = []
    for one in mappings:
        found = registry_of(one, [scheme], one.iri.rpartition("link/")[0])
        if one.negative or found is None:
            continue
        value = found[1]
        record = records.get(value)
        if record is None and complete:
            problems.append(one.problem("unknown-record", f"the registry has no record {value}", "correct the target"))
        if record is None or record.status == _ALIVE:
            continue
        successors = ", ".join(scheme.iri_of(value) or value for value in record.successors)
        fix = f"link to {successors}, if that is the same thing" if successors else "remove the link"
        message = f"the record {value} of the scheme {scheme.name} is {record.status}"
        message += f"; its successors are {successors}" if successors else "; the registry names no successor"
        problems.append(one.problem("withdrawn", message, fix))
    return problems


def _at(one: sssom.Mapping) -> str:
    return f"{one.file}:{one.line}"


def _words(one: sssom.Mapping) -> str:
    return f"{'not ' if one.negative else ''}{one.row['predicate_id']}"
