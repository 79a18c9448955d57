"""A reader's own copies of the texts that records point into: found, verified, searched. Nothing of them is written."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError as ModelError

from kclod.errors import Problem, RefusedError, UsageError
from kclod.project import Project
from kclod.records.kinds import SourceText
from kclod.records.located import read_yaml

QUOTES = {
    **dict.fromkeys("“”„‟«»″〝〞＂「」『』", '"'),
    **dict.fromkeys("‘’‚‛‹›′`´＇", "'"),
}
"""Quotation marks that `find` takes for one another."""
NUMERIC = re.compile(r"[0-9]+(e[0-9]+)?")


@dataclass(frozen=True)
class Copy:
    """A reader's copy of one text: where it is, what it says, and how it differs from the one that was read."""

    path: Path
    renamed: bool
    """Found by its digest, under another name."""
    text: str | None
    """None where it is not UTF-8."""
    faults: tuple[tuple[str, str, str], ...]
    """(rule, message, what to do) of each difference."""


@dataclass
class Folder:
    """The files of a folder, not of folders in it; their digests are made when first asked for."""

    path: Path
    _digests: dict[str, Path] | None = None
    unreadable: list[str] = field(default_factory=list)
    """Names of files whose digest could not be made."""

    def by_digest(self, digest: str) -> Path | None:
        """The first file, by name, with this SHA-256."""
        if self._digests is None:
            self._digests = {}
            for path in sorted(self.path.iterdir()):
                if not path.is_file():
                    continue
                try:
                    with path.open("rb") as file:
                        self._digests.setdefault(hashlib.file_digest(file, "sha256").hexdigest(), path)
                except OSError:
                    self.unreadable.append(path.name)
        return self._digests.get(digest)

    def copy_of(self, source: Mapping[str, Any]) -> Copy | None:
        """The copy of a text, `{file, sha256, length}`: the file of that name, or else one with that digest.

        A file of the name is taken even if its digest differs; the fault then names the file that has the digest.
        UsageError: the file cannot be read.
        """
        named = self.path / source["file"]
        if Path(source["file"]).name == source["file"] and named.is_file():
            return self._verified(named, source, renamed=False)
        found = self.by_digest(source["sha256"])
        return self._verified(found, source, renamed=True) if found else None

    def _verified(self, path: Path, source: Mapping[str, Any], *, renamed: bool) -> Copy:
        try:
            content = path.read_bytes()
        except OSError as error:
            problem = Problem("file.unreadable", error.strerror or str(error), "make the copy readable", str(path))
            raise UsageError(problem) from None
        faults = []
        digest = hashlib.sha256(content).hexdigest()
        if digest != source["sha256"]:
            other = self.by_digest(source["sha256"])
            fix = f"use {other.name}, which has it" if other else "get the text that was read, byte for byte"
            message = f"{path.name} has the SHA-256 {digest}, not {source['sha256']}"
            faults.append(("evidence.copy-digest", message, fix))
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"{path.name} is not UTF-8: byte {error.start} is {content[error.start]:#04x}"
            faults.append(("evidence.copy-encoding", message, "keep the copy as it was received"))
            return Copy(path, renamed, None, tuple(faults))
        if len(text) != source["length"]:
            message = f"{path.name} has {len(text)} code points, not {source['length']}"
            faults.append(("evidence.copy-length", message, "correct `length`, or get the text that was read"))
        return Copy(path, renamed, text, tuple(faults))


def digest_of(words: str) -> str:
    """The SHA-256 of a span: of its code points in UTF-8, in hexadecimal."""
    return hashlib.sha256(words.encode("utf-8")).hexdigest()


# --- finding words --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where words stand in a text: code points, end exclusive, and the digest of the span."""

    start: int
    end: int
    sha256: str

    def __str__(self) -> str:
        """The line of a record; YAML would read some digests as numbers, were they not quoted."""
        digest = f"'{self.sha256}'" if NUMERIC.fullmatch(self.sha256) else self.sha256
        return f"- {{start: {self.start}, end: {self.end}, sha256: {digest}}}"


def find(words: str, text: str) -> tuple[Place, ...]:
    """Every occurrence of some words in a text, also of those that overlap.

    They are sought as they are; if they are nowhere, without regard to white space, invisible characters and the style
    of quotation marks. Empty where the words have nothing that could be sought.
    """
    spans = [(at, at + len(words)) for at in _occurrences(words, text)]
    if not spans:
        needle, _ = _loosened(words)
        haystack, origin = _loosened(text)
        spans = [(origin[at], origin[at + len(needle) - 1] + 1) for at in _occurrences(needle, haystack)]
    return tuple(Place(start, end, digest_of(text[start:end])) for start, end in spans)


def _occurrences(words: str, text: str) -> Iterator[int]:
    at = text.find(words) if words else -1
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _loosened(text: str) -> tuple[str, list[int]]:
    """The characters that are compared, and where each stood."""
    kept = [(QUOTES.get(c, c), at) for at, c in enumerate(text) if not c.isspace() and unicodedata.category(c) != "Cf"]
    return "".join(c for c, _ in kept), [at for _, at in kept]


def locate(project: Project, article: str, words: str, folder: Path) -> tuple[Place, ...]:
    """Where words stand in the copy of an article, at least once.

    Only the head of the article's record file is looked at, so that it works while the items are being written.
    UsageError: there is no such article, no copy of it, or nothing to look for. RefusedError: the copy is not the text
    that was read, so that its positions would be wrong, or does not have the words.
    """
    file, source = _head(project, article)
    files = Folder(folder)
    copy = files.copy_of(source.model_dump())
    if copy is None:
        raise UsageError(missing(article, source.model_dump(), files, file))
    if copy.faults or copy.text is None:
        raise RefusedError(Problem(*fault, file=file, item=article) for fault in copy.faults)
    if not _loosened(words)[0]:
        raise UsageError(Problem("evidence.no-words", "there is nothing to look for", "give the words to find"))
    found = find(words, copy.text)
    if not found:
        fix = "give them as the copy has them; white space and the style of quotation marks do not matter"
        raise RefusedError(Problem("evidence.not-found", f"{copy.path.name} does not have these words", fix))
    return found


def missing(article: str, source: Mapping[str, Any], files: Folder, file: str, line: int | None = None) -> Problem:
    """That a folder has no copy of an article's text; with the files that could not be looked into."""
    unread = f" (could not be read: {', '.join(files.unreadable)})" if files.unreadable else ""
    message = f"no file in {files.path} is called {source['file']} or has its SHA-256{unread}"
    return Problem("evidence.copy-missing", message, "put a copy of the text there", file, line, item=article)


def _head(project: Project, article: str) -> tuple[str, SourceText]:
    """The record file of an article, and the text that it points into."""
    known: list[str] = []
    problems: list[Problem] = []
    for path in project.article_files:
        name = project.name_of(path)
        try:
            document = read_yaml(path, name).value
        except RefusedError as error:
            problems.extend(error.problems)
            continue
        head = document.get("article") if isinstance(document, dict) else None
        if not isinstance(head, dict):
            continue
        if head.get("id") != article:
            known.append(str(head.get("id")))
            continue
        try:
            return name, SourceText.model_validate(head.get("text"))
        except ModelError:
            message = f"the article {article!r} has no `text: {{file, sha256, length}}`"
            raise RefusedError(Problem("record.missing-field", message, "add it", name)) from None
    message = f"there is no article {article!r}"
    raise UsageError([Problem("evidence.unknown-article", message, f"name one of {', '.join(known)}"), *problems])
