"""A table for each class that the site counts: what its columns are, and its rows, computed from the statements.

Columns are the facts that the shapes declare for the things of the class (sh:name, sh:order; see `kclod.layout`) and
that any of them has, by paths that lead forward: what others say of a thing stands in the tables of these others.
Texts with languages have a column each language; values that are things have one of labels and one of IRIs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path as FilePath

from kclod.columnar.dictionary import unescaped
from kclod.dumps.parts import read_lines, subject_of
from kclod.layout import Fact, Path, Step
from kclod.rdf import split_line
from kclod.site import Site
from kclod.sorted_dump import SortedLines
from kclod.vocab import DCT, FOAF, RDF, RDFS, SKOS

IRI = "iri"
_TYPE = str(RDF["type"])
_LABELS = tuple(map(str, (SKOS["prefLabel"], RDFS["label"], DCT["title"], FOAF["name"])))
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_SEPARATORS = ("|", "¦", "‖", "␞", "␟")
_KNOWN = 1 << 15
_MOST = 4
"""Values that stand for a thing without a label."""
_Values = Mapping[str, Sequence[str]]
"""Predicate → values of one thing, as terms."""


@dataclass(frozen=True)
class Column:
    """A column. `part` is what of a value it shows: IRI, label, text in a `language`, or value.

    `datatype` is that of all its values, None where they have several or none; `separator` stands between values where
    a thing has several, None where none has.
    """

    name: str
    titles: Mapping[str, str] = field(hash=False)
    path: Path | None
    part: str
    language: str | None = None
    datatype: str | None = None
    separator: str | None = None


@dataclass(frozen=True)
class Table:
    """The table of a class: its name, the class, its columns; the first is the IRI of the thing, which is its key."""

    name: str
    kind: str
    columns: tuple[Column, ...]


Row = tuple[tuple[str, ...], ...]
"""The values of each column."""


class Statements:
    """The default graph of a release, by subject."""

    def __init__(self, dump: FilePath, site: Site) -> None:
        self._lines = SortedLines(dump)
        self._site, self._languages = site, languages_of(site)
        self.about = lru_cache(maxsize=_KNOWN)(self._about)
        self.label = lru_cache(maxsize=_KNOWN)(self._label)

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def _about(self, subject: str) -> _Values:
        found: dict[str, list[str]] = {}
        for line in self._lines.starting(f"{subject} "):
            statement, graph = split_line(line)
            if not graph:
                _, predicate, value = statement.split(" ", 2)
                found.setdefault(predicate, []).append(value)
        return found

    def _label(self, subject: str) -> str:
        """The label; of a thing without one what its facts lead to, as a reader would know it; else the IRI."""
        given = self._given(subject)
        if given:
            return given
        about = self.about(subject)
        facts = sorted(facts_of(self._site, about), key=lambda fact: (fact.order, fact.path.sparql()))
        values = (value for fact in facts for value in follow(fact.path, about, self))
        texts = (literal(value)[0] if value.startswith('"') else self._given(value) for value in values)
        return ", ".join(list(dict.fromkeys(filter(None, texts)))[:_MOST]) or bare(subject)

    def _given(self, subject: str) -> str:
        """The label in the first of the site's languages in which there is one, else any; nothing without one."""
        about = self.about(subject)
        texts: dict[str | None, str] = {}
        for predicate in _LABELS:
            for value in about.get(predicate, ()):
                text, language, _ = literal(value)
                texts.setdefault(language, text)
        chosen = (texts[language] for language in (*self._languages, None) if language in texts)
        return next(chosen, next(iter(texts.values()), ""))


def table_of(site: Site, kind: str, name: str, things: FilePath, statements: Statements) -> Table:
    """The columns of a class; `things` is the file of N-Triples of what is said of its things."""
    languages = languages_of(site)
    seen: dict[Fact, _Seen] = {}
    for _, about in _rows(things, kind):
        for fact in facts_of(site, about):
            values = follow(fact.path, about, statements)
            if values:
                seen.setdefault(fact, _Seen()).add(values, statements)
    columns = [Column(IRI, dict.fromkeys(languages, "IRI"), None, IRI)]
    taken = {IRI}
    for fact in sorted(seen, key=lambda fact: (fact.order, fact.path.sparql())):
        columns += _columns(fact, seen[fact], languages, taken)
    return Table(name, kind, tuple(columns))


def rows_of(table: Table, things: FilePath, statements: Statements) -> Iterator[Row]:
    """The rows, ordered by IRI."""
    for subject, about in _rows(things, table.kind):
        yield tuple(_cell(column, subject, about, statements) for column in table.columns)


def languages_of(site: Site) -> tuple[str, ...]:
    """The languages of the site's title, English first."""
    return tuple(sorted(filter(None, site.title), key=lambda tag: (tag != "en", tag))) or ("en",)


def literal(term: str) -> tuple[str, str | None, str | None]:
    """Text, language and datatype of a literal; the IRI or label of any other term as text."""
    match = _LITERAL.fullmatch(term)
    return (unescaped(match[1]), match[2], match[3]) if match else (bare(term), None, None)


def bare(term: str) -> str:
    """An IRI without its brackets; any other term as it is."""
    return term[1:-1] if term.startswith("<") and not term.startswith("<<") else term


def _rows(things: FilePath, kind: str) -> Iterator[tuple[str, _Values]]:
    """The things of the class that have an IRI, with what is said of them."""
    wanted = f"<{kind}>"
    for subject, lines in groupby(read_lines(things), key=subject_of):
        about: dict[str, list[str]] = {}
        for line in lines:
            _, predicate, value = line.split(" ", 2)
            about.setdefault(predicate, []).append(value)
        if subject.startswith("<") and wanted in about.get(_TYPE, ()):
            yield subject, about


def facts_of(site: Site, about: _Values) -> Iterator[Fact]:
    """The facts declared for a thing, of one path one."""
    kinds = set(about.get(_TYPE, ()))
    found: dict[Path, Fact] = {}
    for arrangement in site.layout.arrangements:
        if any(f"<{iri}>" in kinds for iri in arrangement.classes) or any(
            f"<{iri}>" in about for iri in arrangement.subjects_of
        ):
            for fact in arrangement.facts:
                if _leads_forward(fact.path):
                    found.setdefault(fact.path, fact)
    return iter(found.values())


def _leads_forward(path: Path) -> bool:
    if path.step is Step.PREDICATE:
        return f"<{path.iri}>" != _TYPE
    return path.step in (Step.SEQUENCE, Step.ALTERNATIVE) and all(map(_leads_forward, path.parts))


def follow(path: Path, about: _Values, statements: Statements) -> list[str]:
    """The values that a forward path leads to, each once, in the order of the dump."""
    if path.step is Step.PREDICATE:
        return list(about.get(f"<{path.iri}>", ()))
    if path.step is Step.ALTERNATIVE:
        return list(dict.fromkeys(v for part in path.parts for v in follow(part, about, statements)))
    first, *rest = path.parts
    found = follow(first, about, statements)
    for part in rest:
        nodes = [value for value in found if value.startswith(("<", "_:")) and not value.startswith("<<")]
        found = list(dict.fromkeys(v for node in nodes for v in follow(part, statements.about(node), statements)))
    return found


class _Seen:
    """What the values of a fact have been so far."""

    def __init__(self) -> None:
        self.languages: set[str] = set()
        self.datatypes: set[str | None] = set()
        self.things = self.literals = False
        self.many: set[str] = set()
        """The parts of which a thing has several."""
        self.within: set[str] = set()
        """The separators that are in a value."""

    def add(self, values: Iterable[str], statements: Statements) -> None:
        """One thing's values."""
        counts: dict[str, int] = {}
        for value in values:
            text, language, datatype = literal(value)
            if value.startswith('"') and language:
                self.languages.add(language)
                part = f"@{language}"
            elif value.startswith('"'):
                self.literals = True
                self.datatypes.add(datatype)
                part = "value"
            else:
                self.things = True
                part = IRI
                text += statements.label(value)
            counts[part] = counts.get(part, 0) + 1
            self.within.update(s for s in _SEPARATORS if s in text)
        self.many.update(part for part, count in counts.items() if count > 1)

    def separator(self, part: str) -> str | None:
        """What stands between values, if there are ever several; one that is in none of them."""
        if part not in self.many:
            return None
        return next((s for s in _SEPARATORS if s not in self.within), "\x1f")


def _columns(fact: Fact, seen: _Seen, languages: Sequence[str], taken: set[str]) -> Iterator[Column]:
    titles = {language: fact.names[language] for language in languages if language in fact.names}
    titles = titles or dict(fact.names) or {"en": _local(fact.path)}
    stem = _slug(titles.get("en", "")) or _slug(_local(fact.path)) or "column"

    def name(end: str = "") -> str:
        found, number = f"{stem}{end}", 1
        while found in taken:
            number += 1
            found = f"{stem}{end}_{number}"
        taken.add(found)
        return found

    def titled(end: str) -> dict[str, str]:
        return {language: f"{title} {end}" for language, title in titles.items()}

    for language in sorted(seen.languages, key=lambda tag: (tag not in languages, tag != "en", tag)):
        end = f"({language})"
        separator = seen.separator(f"@{language}")
        yield Column(
            name(f"_{language.lower().replace('-', '_')}"), titled(end), fact.path, "text", language, None, separator
        )
    if seen.things:
        yield Column(name(), titles, fact.path, "label", None, None, seen.separator(IRI))
        yield Column(name("_iri"), titled("(IRI)"), fact.path, IRI, None, None, seen.separator(IRI))
    if seen.literals:
        datatype = next(iter(seen.datatypes)) if len(seen.datatypes) == 1 else None
        yield Column(
            name("_value" if seen.things else ""), titles, fact.path, "value", None, datatype, seen.separator("value")
        )


def _cell(column: Column, subject: str, about: _Values, statements: Statements) -> tuple[str, ...]:
    if column.path is None:
        return (bare(subject),)
    cell = []
    for value in follow(column.path, about, statements):
        is_literal = value.startswith('"')
        if column.part in (IRI, "label"):
            if not is_literal:
                cell.append(bare(value) if column.part == IRI else statements.label(value))
            continue
        text, language, _ = literal(value)
        if is_literal and language == column.language:
            cell.append(text)
    return tuple(cell)


def _local(path: Path) -> str:
    while path.parts:
        path = path.parts[-1]
    return re.split("[/#]", path.iri)[-1]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = _NOT_NAME.sub("_", plain).strip("_")
    return slug if slug[:1].isalpha() else ""
