"""Claims beside their words, for a terminal. The words are those of the reader's copy; they go nowhere else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kclod.evidence.check import Claim, EvidenceReport, Span

DIFFERS, LOOK = "bold red", "bold yellow"


def show_claims(report: EvidenceReport, console: Console) -> None:
    """Print every claim: where it is, what it says, how the source tells it, and the words, span by span.

    Lines are folded to the width of a terminal, and left whole where the output is none.
    """
    article = None
    for claim in report.claims:
        if claim.article != article:
            article, copy = claim.article, report.copies[claim.article]
            name = f"{copy.path.name}{', found by its digest' if copy.renamed else ''}" if copy else "no copy"
            _line(console, Text.assemble((article, "bold underline"), f"  {name}"))
            _line(console)
        _show_claim(claim, console)


def _show_claim(claim: Claim, console: Console) -> None:
    _line(console, Text.assemble((claim.item, "bold"), f"  {claim.kind}  ", (f"{claim.file}:{claim.line}", "dim")))
    _line(console, Text(claim.iri, "dim"), 2)
    for name, words in claim.says:
        _line(console, Text.assemble((f"{name}: ", "cyan"), words), 2)
    _line(console, Text(" · ".join(f"{name} {words}" for name, words in claim.told), "italic"), 2)
    if claim.note:
        _line(console, Text.assemble(("note: ", "cyan"), claim.note), 2)
    for span in claim.spans:
        _line(console, Text.assemble(f"{span.start}–{span.end}  ", *_verdict(span)), 4)
        for line in visible(span.words or "").splitlines():
            _line(console, Text(line), 6, "│ ")
    _line(console)


def _verdict(span: Span) -> Iterator[tuple[str, str]]:
    if span.words is None:
        yield ("not checked: there are no such words here", LOOK)
    elif not span.verified:
        yield ("these are not the words that the record means", DIFFERS)
    elif span.flagged:
        yield ("mentions nothing of the claim: look whether it states it", LOOK)
    elif span.mentions:
        yield (f"mentions {', '.join(span.mentions)}", "green")


def visible(text: str) -> str:
    """Text with its control characters replaced, so that a copy cannot steer the terminal."""
    lines = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(c if c == "\n" or unicodedata.category(c) != "Cc" else "\N{REPLACEMENT CHARACTER}" for c in lines)


def _line(console: Console, text: Text | None = None, indent: int = 0, bar: str = "") -> None:
    text = text or Text()
    room = console.width - indent - len(bar)
    for line in text.wrap(console, room) if console.is_terminal and room > 0 else [text]:
        line.rstrip()
        console.print(Text(" " * indent + bar).append_text(line), soft_wrap=True)
