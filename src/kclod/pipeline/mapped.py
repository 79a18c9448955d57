"""Records → map, one record file at a time: its N-Quads lines, kept by the digest of all that they were made from.

A file whose bytes, mappings, schema and named entities are as they were is not read again. Large inputs are spread over
processes, a file at a time. Where anything is wrong, `load_records` reads everything and names every place.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from kclod import rml
from kclod.errors import KclodError, Problem, RefusedError, UsageError
from kclod.pipeline.places import Place, Places, place_of_record
from kclod.project import Project
from kclod.rdf import Line
from kclod.records import (
    ARTICLES,
    ENTITIES,
    SOURCES,
    Located,
    Reader,
    Rows,
    claims_of,
    load_records,
    read_kinds,
    read_yaml,
    registered,
    sample,
    vocabulary_of,
)
from kclod.release import tool_versions

WORTH_FORKING = 2_000_000
"""Bytes of records from which on a second process pays."""
TOGETHER = ""
"""The name of what was mapped from all files at once."""


@dataclass(frozen=True)
class MappedFile:
    """A record file, mapped."""

    name: str
    source: str
    """The digest of all that its lines were made from, but for the kinds of the entities in `names`."""
    key: str
    """The digest of its lines, which is the name under which they are kept."""
    articles: Sequence[str]
    """The articles that it is about."""
    entities: Mapping[str, str]
    """Slug → kind of the entities that it registers."""
    claims: Sequence[str]
    """`{article}/{item}` of its items."""
    names: Mapping[str, str]
    """Slug → kind of the entities that its values name."""
    cites: Sequence[str]
    """The claims that they name."""


@dataclass(frozen=True)
class MappedFiles:
    """All record files of a project, mapped; their lines lie in a folder, a file each."""

    folder: Path
    files: Sequence[MappedFile]

    def path(self, file: MappedFile) -> Path:
        """Where the lines of a file are."""
        return self.folder / f"{file.key}.nq"

    def lines(self, file: MappedFile) -> list[Line]:
        """The distinct lines of a file, in the order of its records. UsageError when they are damaged."""
        text = self.path(file).read_bytes()
        if _digest(text) != file.key:
            message, fix = "what a build before has kept is damaged", f"delete {self.folder.parent}"
            raise UsageError(Problem("build.damaged-work", message, fix, str(self.path(file))))
        return text.decode().split("\n")[:-1]

    def all_lines(self) -> Iterator[Line]:
        """The lines of all files, one file after the other; a line may come from several."""
        for file in self.files:
            yield from self.lines(file)

    def forget_others(self) -> None:
        """Remove the lines of files that are no more as they were."""
        keep = {self.path(file) for file in self.files}
        for path in self.folder.iterdir():
            if path not in keep:
                path.unlink()


class Mapper:
    """Reads and maps the record files of a project; the lines are kept in a folder from one build to the next."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.folder = folder
        self.base_iri = project.dataset.base_iri
        self.kinds = read_kinds(project.kinds_file, project.name_of(project.kinds_file))
        self.articles = {project.name_of(path) for path in project.article_files}
        self.paths = {project.name_of(path): path for path in (*project.entity_files, *project.article_files)}
        self._documents: dict[str, Located] = {}
        self._maker: _Maker | None = None

    @cached_property
    def mapping(self) -> rml.CompiledMapping:
        """The project's mappings, compiled."""
        return rml.compile_mappings(self.project.mapping_files)

    @cached_property
    def basis(self) -> str:
        """The digest of what all lines depend on besides the record files: mappings, schema, ontology, kclod."""
        files = (self.project.kinds_file, *self.project.mapping_files, *self.project.ontology_files)
        parts = [_digest(path.read_bytes()) for path in files]
        return _digest("\n".join([*parts, self.base_iri, json.dumps(tool_versions(), sort_keys=True)]).encode())

    def document(self, name: str) -> Located:
        """A record file, read."""
        return self._documents.get(name) or read_yaml(self.paths[name], name)

    def run(self, known: MappedFiles | None, announce: Callable[[str], None]) -> MappedFiles:
        """Map what `known` does not hold as it is now, in several processes where that pays.

        RefusedError with every problem of every file, or of the mappings.
        """
        self.folder.parent.mkdir(0o755, exist_ok=True)
        self.folder.mkdir(0o755, exist_ok=True)
        announce("records")
        try:
            return MappedFiles(self.folder, self._files(known, announce))
        except KclodError:
            load_records(self.project)  # where records are at fault, this names all there is, with its place
            raise

    def _files(self, known: MappedFiles | None, announce: Callable[[str], None]) -> list[MappedFile]:
        contents = {name: _digest(path.read_bytes()) for name, path in self.paths.items()}
        sources = {name: _digest(f"{self.basis}\n{name}\n{content}".encode()) for name, content in contents.items()}
        same = {
            file.name: file
            for file in (known.files if known else ())
            if file.source == sources.get(file.name) and known and known.path(file).is_file()
        }
        kind_of = self._registry(same)
        usable = {
            name: file for name, file in same.items() if all(kind_of.get(s) == kind for s, kind in file.names.items())
        }
        announce("map")
        if not usable:
            self._check_mapping()
        self._maker = _Maker(self, kind_of, sources)
        if not all(map(self.mapping.is_row_wise, SOURCES)):
            files = [self._maker.together()]
        else:
            todo = [name for name in self.paths if name not in usable]
            size = sum(self.paths[name].stat().st_size for name in todo)
            made = _spread(self._maker, todo, (os.cpu_count() or 1) if size > WORTH_FORKING else 1)
            files = [usable.get(name) or made[name] for name in self.paths]
        _check_claims(files)
        self._documents.clear()
        return files

    def _registry(self, same: Mapping[str, MappedFile]) -> dict[str, str]:
        """Slug → kind of all entities. The files of entities that have to be read for that are kept for mapping."""
        kind_of: dict[str, str] = {}
        for file in same.values():
            kind_of.update(file.entities)
        names = self.paths.keys() - self.articles - same.keys()
        self._documents = {name: self.document(name) for name in sorted(names)}
        problems: list[Problem] = []
        slugs = registered(self._documents.values(), self.kinds, problems)
        number = len(kind_of) + sum(map(len, slugs.values()))
        kind_of.update((slug, kind) for kind, some in slugs.items() for slug in some)
        if problems or len(kind_of) != number:
            raise RefusedError(problems or [_twice("entity")])
        return kind_of

    def _check_mapping(self) -> None:
        """RefusedError: a reference that no row can have, or a field that no mapping reads (its data would be lost)."""
        filled = sample(self.kinds, self.base_iri)
        problems = rml.unused_expressions(self.mapping, sources=filled.rows)
        problems += [
            Problem(
                "map.unread-field",
                f"no mapping reads the field {name}",
                "map it, or remove it",
                self.project.name_of(self.project.kinds_file),
            )
            for name in (() if problems else filled.unread(rml.values_read(self.mapping, sources=filled.rows)))
        ]
        if problems:
            raise RefusedError(problems)

    def schema(self) -> bytes:
        """The JSON Schema of the record files; to be asked for after `run`."""
        return self._ready.reader.schema()

    def places(self, mapped: MappedFiles, links: Mapping[str, Place]) -> Places:
        """Where what was mapped comes from; to be asked for after `run`."""
        shared = self.project.dataset.graphs.values()
        lines = [partial(mapped.lines, file) for file in mapped.files]
        return Places(lines, lambda number: self._origins(mapped.files[number]), links, shared)

    @property
    def _ready(self) -> _Maker:
        assert self._maker is not None  # noqa: S101  # `run` makes it
        return self._maker

    def _origins(self, file: MappedFile) -> dict[str, Place]:
        """The place of each thing that a file makes; of a registered thing or an article, its own record."""
        rows, _ = self._ready.rows(list(self.paths) if file.name == TOGETHER else [file.name])
        run = rml.run(self.mapping, sources=rows, base_iri=self.base_iri, origins=True)
        places = {iri: place for iri, origin in run.origins.items() if (place := place_of_record(origin.record))}
        own = [*rows[ENTITIES], *rows[ARTICLES]]
        return places | {row["iri"]: (row["origin"]["file"], row["origin"]["line"]) for row in own}


class _Maker:
    """Maps record files, one at a time or all together, knowing the entities that they may name."""

    def __init__(self, mapper: Mapper, kind_of: Mapping[str, str], sources: Mapping[str, str]) -> None:
        self._mapper, self._kind_of, self._sources = mapper, kind_of, sources
        slugs: dict[str, set[str]] = {kind: set() for kind in mapper.kinds.entities}
        for slug, kind in kind_of.items():
            slugs[kind].add(slug)
        vocabulary = vocabulary_of(mapper.project.ontology, mapper.kinds, slugs, None)
        self.reader = Reader(mapper.kinds, vocabulary, mapper.base_iri)

    def one(self, name: str) -> MappedFile:
        """Map a file. RefusedError with what is wrong in it."""
        return self._made(name, [name], self._sources[name])

    def together(self) -> MappedFile:
        """Map all files at once, as a mapping wants it that looks from one record at others; kept as one file."""
        return self._made(TOGETHER, list(self._sources), _digest("\n".join(self._sources.values()).encode()))

    def _made(self, name: str, names: Sequence[str], source: str) -> MappedFile:
        self.reader.begin()
        rows, claims = self.rows(names)
        key = self._map(rows)
        expand = self.reader.expand
        return MappedFile(
            name=name,
            source=source,
            key=key,
            articles=[row["id"] for row in rows[ARTICLES]],
            entities={row["id"]: row["kind"] for row in rows[ENTITIES]},
            claims=sorted(claims),
            names=dict(expand.named_entities),
            cites=sorted(expand.named_claims),
        )

    def rows(self, names: Iterable[str]) -> tuple[Rows, set[str]]:
        """The rows of files, and the claims in them. RefusedError with what is wrong in them."""
        rows: Rows = {source: [] for source in SOURCES}
        problems: list[Problem] = []
        articles: list[Located] = []
        for name in names:
            document = self._mapper.document(name)
            is_article = name in self._mapper.articles
            articles += [document] if is_article else []
            made = (self.reader.article if is_article else self.reader.entities)(document, problems)
            for source, some in made.items():
                rows[source].extend(some)
        claims = claims_of(articles, problems)
        if problems:
            raise RefusedError(problems)
        return rows, claims

    def _map(self, rows: Rows) -> str:
        """Map rows and keep their lines; gives the digest under which they are kept."""
        result = rml.run(self._mapper.mapping, sources=rows, base_iri=self._mapper.base_iri)
        if result.rejects:
            raise RefusedError(map(_rejected, result.rejects))
        text = "".join([f"{line}\n" for line in result.lines]).encode()
        key = _digest(text)
        path = self._mapper.folder / f"{key}.nq"
        draft = path.with_suffix(f".{os.getpid()}")  # another process may map the same to the same
        draft.write_bytes(text)
        draft.replace(path)
        return key


def _rejected(reject: rml.Reject) -> Problem:
    """A term that could not be made, at the record that it should be made of."""
    file, line = place_of_record(reject.origin.record) or (None, None)
    return replace(reject.to_problem(), file=file, line=line, item=None)


_maker: _Maker | None = None
"""For the processes that are forked from this one."""


def _spread(maker: _Maker, names: Sequence[str], processes: int) -> dict[str, MappedFile]:
    """Map files in several processes; RefusedError with the problems of all files, in their order."""
    global _maker  # noqa: PLW0603  # a forked process finds it there; passing it would copy it for each file
    _maker = maker
    if processes > 1 and len(names) > 1:
        with multiprocessing.get_context("fork").Pool(min(processes, len(names))) as pool:
            results = pool.map(_attempt, names, chunksize=max(1, len(names) // (8 * processes)))
    else:
        results = [_attempt(name) for name in names]
    _maker = None
    problems = [problem for result in results if isinstance(result, tuple) for problem in result]
    if problems:
        raise RefusedError(problems)
    return {result.name: result for result in results if isinstance(result, MappedFile)}


def _attempt(name: str) -> MappedFile | tuple[Problem, ...]:
    assert _maker is not None  # noqa: S101  # set before the processes are made
    try:
        return _maker.one(name)
    except KclodError as error:
        return error.problems


def _check_claims(files: Iterable[MappedFile]) -> None:
    """RefusedError: two articles or items have one name, or one named is not there; `load_records` says where."""
    files = list(files)
    articles = Counter(article for file in files for article in file.articles)
    if any(number > 1 for number in articles.values()):
        raise RefusedError(_twice("article"))
    claims = Counter(claim for file in files for claim in file.claims)
    if any(number > 1 for number in claims.values()) or not all(cited in claims for f in files for cited in f.cites):
        raise RefusedError(_twice("item"))


def _twice(what: str) -> Problem:
    return Problem("record.duplicate-id", f"an {what} stands twice, or one that is named is not there", "correct it")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
