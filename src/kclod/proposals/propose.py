"""Things and candidates → proposals: an SSSOM mapping set for a person to look through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from kclod.match import Entity, Match
from kclod.match.entity import WITHDRAWN
from kclod.proposals.declared import Target
from kclod.proposals.mapping_set import MappingSet, Row, new_set

NOT = "Not"
LEXICAL, COMPOSITE = "semapv:LexicalMatching", "semapv:CompositeMatching"
PREFIXES = {
    "schema": "https://schema.org/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_SUBJECT = "thing"
"""Stands for the base IRI of our things where no mapping set has a prefix for it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What has been decided. `linked`: things that have a link; `pairs`: every (thing, record) that a set tells of."""

    linked: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    def beside(self, links: Mapping[str, AbstractSet[str]]) -> Known:
        """This, and links that the data have: thing → identifiers."""
        pairs = {(thing, each) for thing, identifiers in links.items() for each in identifiers}
        return Known(self.linked | links.keys(), self.pairs | pairs)


def known_of(sets: Iterable[MappingSet], proposed: MappingSet | None) -> Known:
    """What mapping sets tell, links and negative mappings (predicate_modifier Not), and reviewed proposals."""
    linked, pairs = set(), set()
    told = [(each, row) for each in sets for row in each.rows]
    told += [(proposed, row) for row in proposed.rows if "reviewer_label" in row] if proposed else []
    for each, row in told:
        pair = each.iri(row["subject_id"]), each.iri(row["object_id"])
        pairs.add(pair)
        if row.get("predicate_modifier") != NOT:
            linked.add(pair[0])
    return Known(frozenset(linked), frozenset(pairs))


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposals of a run. `asked`: things that had no link; `found`: those of them that have a proposal."""

    rows: tuple[Row, ...]
    asked: int
    found: int


def proposals(
    things: Sequence[Entity],
    matches: Iterable[Sequence[Match]],
    target: Target,
    *,
    base_iri: str,
    least: float,
    day: date,
) -> Proposed:
    """The candidates that are likely enough, the best first, as rows; `things` and `matches` go together.

    The confidence is the score's value; what speaks for a match and against it is in the comment.
    """
    rows: list[Row] = []
    found: Counter[str] = Counter()
    for thing, candidates in zip(things, matches, strict=True):
        for match in candidates:
            if match.score.value >= least:
                rows.append(_row(thing, match, target, base_iri, day))
                found[thing.id] += 1
    return Proposed(tuple(rows), len(things), len(found))


def _row(thing: Entity, match: Match, target: Target, base_iri: str, day: date) -> Row:
    score = match.score
    facts = any(value and not name.endswith("_differs") for name, value in score.features.items() if name in _BESIDE)
    said = [*score.reasons, *(f"doubt: {doubt}" for doubt in score.doubts), *_status(match.entity)]
    return {
        "subject_id": curie(thing.id, base_iri),
        "subject_label": thing.label,
        "predicate_id": target.declared.exact,
        "object_id": target.declared.curie(match.entity.id),
        "object_label": match.entity.label,
        "mapping_justification": COMPOSITE if facts else LEXICAL,
        "mapping_date": day.isoformat(),
        "confidence": f"{score.value:.3f}",
        "comment": " ".join("; ".join([*(["safe"] if score.safe else []), *said]).split()),
    }


_BESIDE = ("country", "place", "parent", "type", "homepage", "identifier")


def _status(entity: Entity) -> list[str]:
    if entity.status == WITHDRAWN or entity.successors:
        after = f"; its successor is {', '.join(entity.successors)}" if entity.successors else ""
        return [f"doubt: the record is {entity.status}{after}"]
    return []


def curie(iri: str, base_iri: str) -> str:
    """A thing of ours as a CURIE."""
    return f"{_SUBJECT}:{iri.removeprefix(base_iri)}" if iri.startswith(base_iri) else iri


def proposal_set(proposed: Proposed, target: Target, base_iri: str, version: str, day: date) -> MappingSet:
    """Proposals as a mapping set; `version`: of the registry's files or service."""
    declared = target.declared
    header = {
        "mapping_set_id": f"{base_iri}proposals/{target.name}.sssom.tsv",
        "mapping_set_title": f"Proposed links to {declared.title}, for review",
        "mapping_date": day.isoformat(),
        "mapping_tool": "kclod link",
        "object_source": declared.source,
        "object_source_version": version,
    }
    curies = {_SUBJECT: base_iri, declared.prefix: declared.namespace, **PREFIXES}
    return new_set(header, curies, proposed.rows)
