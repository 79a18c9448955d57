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
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from kclod import rml
from kclod.errors import KclodError, Problem, RefusedError
from kclod.pipeline.places import place_of_record
from kclod.project import Project
from kclod.rdf import Line
from kclod.records import (
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
    """A record file, mapped; `key` is the digest of all that its lines were made from."""

    name: str
    key: str
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
        """The distinct lines of a file, in the order of its records."""
        return self.path(file).read_text("utf-8").split("\n")[:-1]

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

    def to_json(self) -> str:
        """The files without their lines."""
        return json.dumps([asdict(file) for file in self.files], ensure_ascii=False)

    @classmethod
    def from_json(cls, folder: Path, text: str) -> MappedFiles:
        """What `to_json` wrote."""
        return cls(folder, tuple(MappedFile(**file) for file in json.loads(text)))


class Mapper:
    """Reads and maps the record files of a project; the lines are kept in a folder from one build to the next."""

    def __init__(self, project: Project, folder: Path) -> None:
        self._project = project
        self._folder = folder
        self._kinds = read_kinds(project.kinds_file, project.name_of(project.kinds_file))
        self._base_iri = project.dataset.base_iri
        self._paths = {project.name_of(path): path for path in (*project.entity_files, *project.article_files)}

    @cached_property
    def mapping(self) -> rml.CompiledMapping:
        """The project's mappings, compiled."""
        return rml.compile_mappings(self._project.mapping_files)

    @cached_property
    def basis(self) -> str:
        """The digest of what all lines depend on besides the record files: mappings, schema, ontology, kclod."""
        files = (self._project.kinds_file, *self._project.mapping_files, *self._project.ontology_files)
        parts = [_digest(path.read_bytes()) for path in files]
        return _digest("\n".join([*parts, self._base_iri, json.dumps(tool_versions(), sort_keys=True)]).encode())

    def run(self, known: MappedFiles | None, announce: Callable[[str], None], jobs: int | None = None) -> MappedFiles:
        """Map what `known` does not hold as it is now, in up to `jobs` processes (default: as many as pay).

        RefusedError with every problem of every file, or of the mappings.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        announce("records")
        try:
            return MappedFiles(self._folder, self._files(known, announce, jobs))
        except KclodError:
            load_records(self._project)  # where records are at fault, this names all there is, with its place
            raise

    def _files(self, known: MappedFiles | None, announce: Callable[[str], None], jobs: int | None) -> list[MappedFile]:
        contents = {name: _digest(path.read_bytes()) for name, path in self._paths.items()}
        keys = {name: _digest(f"{self.basis}\n{name}\n{content}".encode()) for name, content in contents.items()}
        before = {file.name: file for file in known.files} if known else {}
        same = {
            name: before[name]
            for name, key in keys.items()
            if name in before and before[name].key == key and (self._folder / f"{key}.nq").is_file()
        }
        kind_of, read = self._registry(same)
        usable = {
            name: file for name, file in same.items() if all(kind_of.get(s) == kind for s, kind in file.names.items())
        }
        announce("map")
        if not usable:
            self._check_mapping()
        maker = _Maker(self._project, self.mapping, kind_of, keys, self._folder, read)
        if not all(map(self.mapping.is_row_wise, SOURCES)):
            return [maker.together(self._paths)]
        todo = {name: path for name, path in self._paths.items() if name not in usable}
        size = sum(path.stat().st_size for path in todo.values())
        made = _spread(maker, todo, jobs or (os.cpu_count() or 1 if size > WORTH_FORKING else 1))
        files = [usable.get(name) or made[name] for name in self._paths]
        _check_claims(files)
        return files

    def _registry(self, same: Mapping[str, MappedFile]) -> tuple[dict[str, str], dict[str, Located]]:
        """Slug → kind of all entities, and the files of entities that were read for that."""
        kind_of: dict[str, str] = {}
        for file in same.values():
            kind_of.update(file.entities)
        names = {self._project.name_of(path) for path in self._project.entity_files} - same.keys()
        read = {name: read_yaml(self._paths[name], name) for name in sorted(names)}
        problems: list[Problem] = []
        slugs = registered(read.values(), self._kinds, problems)
        number = len(kind_of) + sum(map(len, slugs.values()))
        kind_of.update((slug, kind) for kind, some in slugs.items() for slug in some)
        if problems or len(kind_of) != number:
            raise RefusedError(problems or [_twice("entity")])
        return kind_of, read

    def _check_mapping(self) -> None:
        """RefusedError: a reference that no row can have, or a field that no mapping reads (its data would be lost)."""
        filled = sample(self._kinds, self._base_iri)
        problems = rml.unused_expressions(self.mapping, sources=filled.rows)
        problems += [
            Problem(
                "map.unread-field",
                f"no mapping reads the field {name}",
                "map it, or remove it",
                self._project.name_of(self._project.kinds_file),
            )
            for name in (() if problems else filled.unread(rml.values_read(self.mapping, sources=filled.rows)))
        ]
        if problems:
            raise RefusedError(problems)


class _Maker:
    """Maps record files, one at a time or all together."""

    def __init__(
        self,
        project: Project,
        mapping: rml.CompiledMapping,
        kind_of: Mapping[str, str],
        keys: Mapping[str, str],
        folder: Path,
        read: Mapping[str, Located],
    ) -> None:
        self._mapping, self._kind_of, self._keys, self._folder, self._read = mapping, kind_of, keys, folder, read
        self._base_iri = project.dataset.base_iri
        self._entity_files = {project.name_of(path) for path in project.entity_files}
        kinds = read_kinds(project.kinds_file, project.name_of(project.kinds_file))
        slugs: dict[str, set[str]] = {kind: set() for kind in kinds.entities}
        for slug, kind in kind_of.items():
            slugs[kind].add(slug)
        self._reader = Reader(kinds, vocabulary_of(project.ontology, kinds, slugs, None), self._base_iri)

    def one(self, name: str, path: Path) -> MappedFile:
        """Map a file. RefusedError with what is wrong in it."""
        document = self._read.get(name) or read_yaml(path, name)
        self._reader.begin()
        rows, problems = self._rows(name, document)
        claims = set() if name in self._entity_files else claims_of([document], problems)
        if problems:
            raise RefusedError(problems)
        self._map(rows, self._keys[name])
        expand = self._reader.expand
        entities = {row["id"]: row["kind"] for row in rows[ENTITIES]}
        return MappedFile(
            name,
            self._keys[name],
            entities,
            sorted(claims),
            dict(expand.named_entities),
            sorted(expand.named_claims),
        )

    def together(self, paths: Mapping[str, Path]) -> MappedFile:
        """Map all files at once, as a mapping wants it that looks from one record at others; kept as one file."""
        rows: Rows = {name: [] for name in SOURCES}
        documents = {name: self._read.get(name) or read_yaml(path, name) for name, path in paths.items()}
        problems: list[Problem] = []
        for name, document in documents.items():
            made, faults = self._rows(name, document)
            problems += faults
            for source, some in made.items():
                rows[source].extend(some)
        claims = claims_of((d for name, d in documents.items() if name not in self._entity_files), problems)
        if problems:
            raise RefusedError(problems)
        key = _digest("\n".join(self._keys.values()).encode())
        self._map(rows, key)
        cites = sorted(self._reader.expand.named_claims)
        return MappedFile(TOGETHER, key, self._kind_of, sorted(claims), {}, cites)

    def _rows(self, name: str, document: Located) -> tuple[Rows, list[Problem]]:
        problems: list[Problem] = []
        read = self._reader.entities if name in self._entity_files else self._reader.article
        return read(document, problems), problems

    def _map(self, rows: Rows, key: str) -> None:
        result = rml.run(self._mapping, sources=rows, base_iri=self._base_iri)
        if result.rejects:
            raise RefusedError(
                replace(reject.to_problem(), **place_of_record(reject.origin.record)) for reject in result.rejects
            )
        path = self._folder / f"{key}.nq"
        draft = path.with_suffix(".tmp")
        draft.write_text("".join(f"{line}\n" for line in result.lines), "utf-8")
        draft.replace(path)


_maker: _Maker | None = None
"""For the processes that are forked from this one."""


def _spread(maker: _Maker, todo: Mapping[str, Path], processes: int) -> dict[str, MappedFile]:
    """Map files in several processes; RefusedError with the problems of all files, in their order."""
    global _maker  # noqa: PLW0603  # a forked process finds it there; passing it would copy it for each file
    _maker = maker
    tasks = list(todo.items())
    if processes > 1 and len(tasks) > 1:
        with multiprocessing.get_context("fork").Pool(min(processes, len(tasks))) as pool:
            results = pool.starmap(_attempt, tasks, chunksize=max(1, len(tasks) // (8 * processes)))
    else:
        results = [_attempt(*task) for task in tasks]
    _maker = None
    problems = [problem for result in results if isinstance(result, tuple) for problem in result]
    if problems:
        raise RefusedError(problems)
    return {result.name: result for result in results if isinstance(result, MappedFile)}


def _attempt(name: str, path: Path) -> MappedFile | tuple[Problem, ...]:
    assert _maker is not None  # noqa: S101  # set before the processes are made
    try:
        return _maker.one(name, path)
    except KclodError as error:
        return error.problems


def _check_claims(files: Iterable[MappedFile]) -> None:
    """RefusedError when two items have one name, or an item is named that is not there; where, `load_records` says."""
    files = list(files)
    claims = Counter(claim for file in files for claim in file.claims)
    if any(number > 1 for number in claims.values()) or not all(cited in claims for f in files for cited in f.cites):
        raise RefusedError(_twice("item"))


def _twice(what: str) -> Problem:
    return Problem("record.duplicate-id", f"an {what} stands twice, or one that is named is not there", "correct it")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
