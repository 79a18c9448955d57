"""Each claim against the words that its evidence points at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.evidence.claims import Labels, Reader
from kclod.evidence.copies import Copy, Folder, digest_of, missing
from kclod.records import Records
from kclod.records.rows import Row


@dataclass(frozen=True)
class Span:
    """A stretch of evidence, with the words that the reader's copy has there."""

    start: int
    end: int
    words: str | None
    """None where no copy can be read or the span lies outside it."""
    verified: bool
    """The words have the digest that the record states."""
    mentions: tuple[str, ...]
    """The claim's entities, names, numbers and dates that the words mention."""
    flagged: bool
    """They mention none, although the claim has some."""


@dataclass(frozen=True)
class Claim:
    """A claim beside its evidence."""

    iri: str
    article: str
    item: str
    kind: str
    says: tuple[tuple[str, str], ...]
    """(field, words) of what it states."""
    told: tuple[tuple[str, str], ...]
    """(field, words) of how the source tells it, such as mode and confidence."""
    note: str | None
    file: str
    line: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class EvidenceReport:
    """What a check found. Mismatches are errors; missing copies and flags are there to be looked at."""

    copies: dict[str, Copy | None]
    """Article → its copy, or None."""
    claims: tuple[Claim, ...]
    mismatches: tuple[Problem, ...]
    missing: tuple[Problem, ...]
    flags: tuple[Problem, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every span of every claim."""
        return tuple(span for claim in self.claims for span in claim.spans)

    @property
    def summary(self) -> str:
        """The counts, in words."""
        if not any(self.copies.values()):
            return f"Nothing was checked: there is no copy of any of the {len(self.copies)} texts"
        spans, found = self.spans, [copy for copy in self.copies.values() if copy]
        verified = sum(span.verified for span in spans)
        unread = sum(len(claim.spans) for claim in self.claims if not self.has_text(claim.article))
        return (
            f"Claims: {len(self.claims)}. Spans: {len(spans)}, verified {verified}, "
            f"wrong {len(spans) - verified - unread}, without a text {unread}, "
            f"flagged {sum(span.flagged for span in spans)}. Copies: {len(found)} of {len(self.copies)}."
        )

    def has_text(self, article: str) -> bool:
        """Whether there is a copy of an article that can be read."""
        copy = self.copies[article]
        return copy is not None and copy.text is not None


def check_evidence(
    records: Records,
    labels: Labels,
    folder: Path,
    *,
    articles: Collection[str] = (),
    items: Collection[str] = (),
) -> EvidenceReport:
    """Check the evidence of claims against a reader's own copies of the texts.

    `labels`: those of the ontology, to tell concepts and classes by. `folder`: where the copies are, each under the
    name that its record states or any other. `articles`, `items`: only these, an item as ITEM or ARTICLE/ITEM; all
    where empty. A text is checked by its SHA-256 and its length in code points, a span by the SHA-256 of its words in
    UTF-8. Texts are decoded as UTF-8 without any other change.

    UsageError: there is no such article or item, or a copy cannot be read.
    """
    rows = [row for row in records.rows["items.json"] if _chosen(row, articles, items)]
    _refuse_unknown(records, rows, articles, items)
    wanted = {row["article"]["id"] for row in rows} if items else set(articles)
    files, reader = Folder(folder), Reader(records, labels)
    copies: dict[str, Copy | None] = {}
    mismatches: list[Problem] = []
    absent: list[Problem] = []
    for head in records.rows["articles.json"]:
        article, origin = head["id"], head["origin"]
        if wanted and article not in wanted:
            continue
        copy = copies[article] = files.copy_of(head["text"])
        if copy is None:
            absent.append(missing(article, head["text"], files, origin["file"], origin["line"]))
        else:
            faults = copy.faults
            mismatches.extend(
                Problem(*fault, file=origin["file"], line=origin["line"], item=article) for fault in faults
            )
    claims = []
    flags: list[Problem] = []
    for row in rows:
        copy = copies[row["article"]["id"]]
        claims.append(_claim(row, reader, copy.text if copy else None, mismatches, flags))
    return EvidenceReport(copies, tuple(claims), tuple(mismatches), tuple(absent), tuple(flags))


def _chosen(row: Row, articles: Collection[str], items: Collection[str]) -> bool:
    names = (row["id"], f"{row['article']['id']}/{row['id']}")
    return (not articles or row["article"]["id"] in articles) and (not items or any(name in items for name in names))


def _refuse_unknown(records: Records, rows: list[Row], articles: Collection[str], items: Collection[str]) -> None:
    known = [row["id"] for row in records.rows["articles.json"]]
    problems = [
        Problem("evidence.unknown-article", f"there is no article {name!r}", f"name one of {', '.join(known)}")
        for name in articles
        if name not in known
    ]
    found = {name for row in rows for name in (row["id"], f"{row['article']['id']}/{row['id']}")}
    where = " in the articles named" if articles else ""
    problems.extend(
        Problem("evidence.unknown-item", f"there is no item {name!r}{where}", "name an item as ITEM or ARTICLE/ITEM")
        for name in items
        if name not in found
    )
    if problems:
        raise UsageError(problems)


def _claim(row: Row, reader: Reader, text: str | None, mismatches: list[Problem], flags: list[Problem]) -> Claim:
    clues, origin = reader.clues(row), row["origin"]
    spans = []

    def problem(rule: str, message: str, fix: str) -> Problem:
        return Problem(rule, message, fix, origin["file"], origin["line"], item=row["id"])

    for span in row["evidence"]:
        start, end = span["start"], span["end"]
        if text is None:
            spans.append(Span(start, end, None, verified=False, mentions=(), flagged=False))
            continue
        if end > len(text):
            mismatches.append(
                problem(
                    "evidence.span-outside",
                    f"{start}–{end} lies outside the copy's {len(text)} code points",
                    "correct the span, or get the text that was read",
                )
            )
            spans.append(Span(start, end, None, verified=False, mentions=(), flagged=False))
            continue
        words = text[start:end]
        verified = digest_of(words) == span["sha256"]
        if not verified:
            mismatches.append(
                problem(
                    "evidence.span-digest",
                    f"the words at {start}–{end} have the SHA-256 {digest_of(words)}, not {span['sha256']}",
                    "find the words that state the item with --locate, and correct the span",
                )
            )
        mentions = clues.mentioned(words)
        flagged = verified and bool(clues) and not mentions
        if flagged:
            flags.append(
                problem(
                    "evidence.mentions-nothing",
                    f"the words at {start}–{end} mention no entity, name, number or date of the claim",
                    "look whether they state it",
                )
            )
        spans.append(Span(start, end, words, verified, mentions, flagged))
    return Claim(
        iri=row["claim"],
        article=row["article"]["id"],
        item=row["id"],
        kind=row["kind"],
        says=reader.says(row),
        told=reader.told(row),
        note=row.get("note"),
        file=origin["file"],
        line=origin["line"],
        spans=tuple(spans),
    )
