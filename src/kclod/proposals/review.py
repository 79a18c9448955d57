"""Proposals → decisions: what a person says of each becomes a row of the project's mapping set, at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kclod.link.sssom import BUILT_IN
from kclod.proposals.mapping_set import MappingSet, Row, added, read_set, write_set
from kclod.proposals.propose import NOT

CURATED = "semapv:ManualMappingCuration"
ACCEPT, REJECT = "accept", "reject"
EXACT = "skos:exactMatch"
RELATIONS = {"close": "skos:closeMatch", "narrower": "skos:narrowMatch", "broader": "skos:broadMatch"}
"""What may be decided beside those two, and the relation that it makes: the record is narrower or broader than ours."""


@dataclass(frozen=True)
class Review:
    """A file of proposals that is being looked through, and the mapping set that takes the decisions, if there is one.

    Nothing is kept in memory between two decisions: both files are read again and written whole, so that a review can
    be broken off anywhere and another editor may work on the mapping set meanwhile.
    """

    proposals: Path
    links: Path | None
    reviewer: str

    def open_rows(self) -> Iterator[tuple[int, Row]]:
        """The proposals that nobody has decided on, with their places; those of decided things are passed over."""
        place = -1
        while True:
            found = read_set(self.proposals)
            settled = {row["subject_id"] for row in found.rows if _links(row)}
            place = next(
                (
                    i
                    for i, row in enumerate(found.rows)
                    if i > place and not row.get("reviewer_label") and row["subject_id"] not in settled
                ),
                len(found.rows),
            )
            if place == len(found.rows):
                return
            yield place, found.rows[place]

    def counts(self) -> tuple[int, int]:
        """How many proposals have been decided on, and how many there are."""
        rows = read_set(self.proposals).rows
        return sum("reviewer_label" in row for row in rows), len(rows)

    @staticmethod
    def choices(row: Row) -> tuple[str, ...]:
        """What may be decided of a proposal; a number without an IRI is a thing's or is not."""
        return (ACCEPT, *RELATIONS, REJECT) if row["predicate_id"] == EXACT else (ACCEPT, REJECT)

    def decide(self, place: int, decision: str, day: date) -> Row:
        """Write a decision: first into the mapping set, then into the proposals. The row that was written."""
        found = read_set(self.proposals)
        row = _decided(found.rows[place], decision, self.reviewer, day)
        if self.links is not None:
            links = read_set(self.links)
            kept = _in_terms_of(links, found, row)
            if not _has(links, kept):
                write_set(self.links, added(_with_prefixes(links, found, kept), [kept]))
        rows = [*found.rows[:place], row, *found.rows[place + 1 :]]
        write_set(self.proposals, found.with_rows(rows))
        return row


def _links(row: Row) -> bool:
    return "reviewer_label" in row and row.get("predicate_modifier") != NOT


def _decided(row: Row, decision: str, reviewer: str, day: date) -> Row:
    made = {
        **row,
        "predicate_id": RELATIONS.get(decision, row["predicate_id"]),
        "mapping_justification": CURATED,
        "reviewer_label": reviewer,
        "mapping_date": day.isoformat(),
        "comment": f"{row.get('comment', '')} [proposed with {row.get('confidence', 'no score')}]".strip(),
    }
    made.pop("confidence", None)  # it was the machine's, of the proposal
    if decision == REJECT:
        made["predicate_modifier"] = NOT
    return made


_VERSION = "object_source_version"


def _in_terms_of(links: MappingSet, proposals: MappingSet, row: Row) -> Row:
    """The row with the prefixes of the mapping set, and the version of the registry where its rows have one."""
    made = {**row, **{slot: _curie(proposals.iri(row[slot]), links, row[slot]) for slot in ("subject_id", "object_id")}}
    if _VERSION in links.columns and (version := proposals.slot(_VERSION)):
        made[_VERSION] = version
    return made


def _curie(iri: str, links: MappingSet, otherwise: str) -> str:
    fitting = [(space, prefix) for prefix, space in links.curie_map.items() if iri.startswith(space)]
    if not fitting:
        return otherwise
    space, prefix = max(fitting, key=lambda pair: len(pair[0]))
    return f"{prefix}:{iri.removeprefix(space)}"


def _with_prefixes(links: MappingSet, proposals: MappingSet, row: Row) -> MappingSet:
    """The mapping set with the prefixes that a row brings along."""
    for slot in ("subject_id", "predicate_id", "object_id"):
        prefix = row[slot].partition(":")[0]
        if prefix not in {*BUILT_IN, *links.curie_map} and prefix in proposals.curie_map:
            space = proposals.curie_map[prefix]
            at = next((i for i, line in enumerate(links.comments) if line.startswith("#curie_map:")), None)
            lines = ["#curie_map:", f"#  {prefix}: {space}"] if at is None else [f"#  {prefix}: {space}"]
            where = 0 if at is None else at + 1
            comments = (*links.comments[:where], *lines, *links.comments[where:])
            links = replace(links, comments=comments, curie_map={**links.curie_map, prefix: space})
    return links


def _has(links: MappingSet, row: Row) -> bool:
    """Whether the set says the same already: a review that was broken off between the two files."""
    return any(_same(each, row) for each in links.rows)


def _same(one: Row, other: Row) -> bool:
    slots: Sequence[str] = ("subject_id", "predicate_id", "predicate_modifier", "object_id")
    return all(one.get(slot) == other.get(slot) for slot in slots)
