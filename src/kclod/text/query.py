"""What is looked for: words, phrases, beginnings and alternatives, as an expression of FTS5.

north light*              both; a word that begins so
"white lantern"           words next to each other
등대 점등                  runs of characters, wherever in a word they stand
automat* OR "no keeper"   either
"""

from __future__ import annotations

import regex

from kclod.text.tokens import PIECES, fold

_LONGEST = 1_000
_MOST_TERMS = 50
_TERM = regex.compile(r'\s+|"(?P<phrase>[^"]*)"(?P<open>\*?)|(?P<quote>")|(?P<word>[^\s"]+)')


class TextQueryError(Exception):
    """A text that says nothing to look for. `column` counts from 1, in the text."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


def expression(text: str) -> str:
    """The text as an expression for the table of tokens. TextQueryError where it is malformed."""
    if len(text) > _LONGEST:
        raise TextQueryError(f"the text has more than {_LONGEST} characters", _LONGEST + 1)
    groups: list[list[str]] = [[]]
    words = 0
    for match in _TERM.finditer(text):
        column = match.start() + 1
        if match["quote"]:
            raise TextQueryError('a quotation mark (") has no other one that closes it', column)
        if match["word"] == "OR":
            if not groups[-1]:
                raise TextQueryError("OR stands between two things to look for", column)
            groups.append([])
        elif match["word"] is not None or match["phrase"] is not None:
            term = match["word"] if match["phrase"] is None else match["phrase"]
            groups[-1] += _phrase(term, column, is_open=bool(match["open"]))
            words += 1
    if not groups[-1]:
        reason = "OR stands between two things to look for" if len(groups) > 1 else "there is no letter or digit in it"
        raise TextQueryError(reason, max(len(text), 1))
    if words > _MOST_TERMS:
        raise TextQueryError(f"the text has more than {_MOST_TERMS} words and phrases", len(text))
    return " OR ".join(f"({' AND '.join(group)})" for group in groups)


def _phrase(term: str, column: int, *, is_open: bool) -> list[str]:
    """A word or phrase as FTS5 writes it; nothing where it is of signs only, which are nowhere in the index."""
    head = term.rstrip("*")
    is_open = is_open or head != term
    pieces = [(match[0], match.lastgroup == "run") for match in PIECES.finditer(fold(head))]
    if not pieces:
        if is_open:
            raise TextQueryError("a word begins before its *", column)
        return []
    found: list[str] = []
    for piece, is_run in pieces[:-1]:
        found += [piece[i : i + 2] for i in range(len(piece))] if is_run else [piece]
    last, is_run = pieces[-1]
    if is_run:
        found += [last[i : i + 2] for i in range(len(last) - 1)] or [last]
        is_open = len(last) == 1
    else:
        found.append(last)
    return [f'"{" ".join(found)}"{" *" if is_open else ""}']
