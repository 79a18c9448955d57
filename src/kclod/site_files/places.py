"""Which file an answer is kept in: by its address, the representation, and what else of the request decides.

A page at `/page/X` is `page/X.html`, so that hosts that know no rules find it (most add `.html`). What a language or a
profile decides lies below a folder of its own, with the same path: `_lang/ko/` for `?lang=ko`, `_accept/ko/` for who
prefers that language, `_profile/plain/` for `?_profile=plain`. Answers by other parameters:
`_selected/browse/class=….html`. A variant whose bytes are those of a less special one has no file: `_lang/ko/` falls
back to `_accept/ko/`, that to the top.
"""

from __future__ import annotations

from dataclasses import dataclass

from kclod.web.interface import LANGUAGES

SELECTING = ("class", "iri", "in", "fact", "page")
"""Parameters that are part of a file's name, in that order. Their values are written as addresses spell them."""
LANG, ACCEPT, PROFILE, SELECTED, ERRORS = "_lang", "_accept", "_profile", "_selected", "_errors"
INDEX = "index"

Selected = tuple[tuple[str, str], ...]
"""Parameters and their values, percent-encoded as in the address, in the order of `SELECTING`."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the answers at an address: the folder it lies below, how it is asked for, where else it may be."""

    folder: str = ""
    query: str = ""
    language: str | None = None
    otherwise: tuple[str, ...] = ()


PLAIN = Variant()


def languages() -> tuple[Variant, ...]:
    """The answers of a page, the default first; each comes after those that it may be the same as."""
    default, *others = LANGUAGES
    accepted = [Variant(f"{ACCEPT}/{tag}/", "", tag, ("",)) for tag in others]
    chosen = [
        Variant(f"{LANG}/{tag}/", f"lang={tag}", None, ("",) if tag == default else (f"{ACCEPT}/{tag}/", ""))
        for tag in LANGUAGES
    ]
    return (Variant(language=default), *accepted, *chosen)


def profile(token: str) -> Variant:
    """The answer by a profile that is not the default of its format."""
    return Variant(f"{PROFILE}/{token}/", f"_profile={token}")


def file_of(path: str, selected: Selected, extension: str = "") -> str:
    """The file of the default answer at a decoded path, below the folder of the export."""
    stem = path.lstrip("/")
    if not stem or stem.endswith("/"):
        stem += INDEX
    if selected:
        last = stem.rpartition("/")[2]
        extension = extension or last.rpartition(".")[2]
        parts = "".join(f"/{name}={value.replace('//', '/')}" for name, value in selected)
        stem = f"{SELECTED}/{stem}{parts}"
    return f"{stem}.{extension}" if extension else stem


def query_of(*parts: str, selected: Selected = ()) -> str:
    """The query string of an address."""
    return "&".join(part for part in (*(f"{name}={value}" for name, value in selected), *parts) if part)
