"""Running a compiled mapping: whole, with all that it makes in memory, or as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kclod.errors import Problem, RefusedError, UsageError
from kclod.rdf import is_iri
from kclod.rml.compile import CompiledMapping
from kclod.rml.cursor import Cursor, JoinIndex
from kclod.rml.execute import Program, blocks, join_indexes
from kclod.rml.generate import Settings
from kclod.rml.model import LogicalSource
from kclod.rml.result import Batch, MapResult, Reject
from kclod.rml.sources import Given, Sources, by_row
from kclod.rml.spread import processors, spread

BIG = 8_000_000
"""From how many bytes of input on it pays to start several processes."""


def run(
    mapping: CompiledMapping,
    *,
    sources: Given,
    base_iri: str | None = None,
    origins: bool = False,
    unsafe: bool = False,
) -> MapResult:
    """Map all records of all sources.

    `sources` is a directory in which the paths of logical sources are found (it takes the place of rml:root; a path
    that leads out of it is refused), or already parsed JSON values by source path, or None: then rml:root decides.
    `base_iri` is put before what is no absolute IRI, unless the triples map has its own rml:baseIRI. `origins` asks for
    the origins of IRIs. Unless `unsafe`, what rml:UnsafeIRI makes must be a valid IRI (RML-Core, section 12.2, data
    errors), so that nothing else can come into a release.

    Raises RefusedError with every source that is missing or cannot be read (place in the mapping or in the data), and
    UsageError when `base_iri` is not an absolute IRI. A term that cannot be made is no error but a Reject.
    """
    prepared = prepare(mapping, sources, Settings(base_iri, unsafe, origins))
    lines: dict[str, None] = {}
    rejects = [*prepared.rejects]
    cursor = prepared.cursor()
    for block, rejected in blocks(prepared.program, prepared.data, cursor):
        lines.update(dict.fromkeys(block))
        rejects += rejected
    prepared.refuse_problems()
    return MapResult(list(lines), tuple(rejects), {term[1:-1]: origin for term, origin in cursor.origins.items()})


def stream(
    mapping: CompiledMapping,
    *,
    sources: Given,
    base_iri: str | None = None,
    unsafe: bool = False,
    jobs: int | None = None,
) -> Iterator[Batch]:
    """As `run`, but in batches while the records are read: memory does not grow with a big file.

    So it is for delimited files, JSON Lines, and JSON arrays that all iterators go through member by member; any other
    document is read whole, and the parent's side of a join is a table in memory. A line may come more than once:
    N-Quads allows that and means the same (RDF 1.1 N-Quads, section 3). With several `jobs` the blocks of records are
    spread over processes; batches are the same, in the same order. None: all processors for big files, else one.

    Sources are found and joins are prepared at once, with the errors of `run`. What turns out unreadable later is
    raised at the end, as RefusedError; then what was given before is to be thrown away.
    """
    prepared = prepare(mapping, sources, Settings(base_iri, unsafe, end=" .\n"))
    if jobs is None:
        jobs = processors() if prepared.size() >= BIG else 1
    return _stream(prepared, jobs)


def _stream(prepared: Prepared, jobs: int) -> Iterator[Batch]:
    if prepared.rejects:
        yield Batch("", 0, prepared.rejects)
    if jobs == 1:
        yield from prepared.batches(0, 1)
    else:
        for batch in spread(jobs, prepared.batches, lambda: prepared.data.problems):
            if isinstance(batch, Problem):
                prepared.data.problems[batch] = None
            else:
                yield batch
    prepared.refuse_problems()


@dataclass(frozen=True)
class Prepared:
    """A mapping and its data before the first record: sources found, functions written, tables of joins made."""

    program: Program
    data: Sources
    joins: dict[object, JoinIndex]
    rejects: tuple[Reject, ...]

    def cursor(self) -> Cursor:
        """A cursor for going through the data."""
        return Cursor(self.joins)

    def size(self) -> int:
        """How many bytes there are to read, all files taken together."""
        return sum(self.data.size(file) for file, _ in self.program.files if file is not None)

    def batches(self, number: int, jobs: int) -> Iterator[Batch]:
        """The batches of every block whose number, divided by `jobs`, leaves `number`."""
        for lines, rejects in blocks(self.program, self.data, self.cursor(), lambda block: block % jobs == number):
            yield Batch("".join(lines), len(lines), rejects)

    def refuse_problems(self) -> None:
        """RefusedError when something could not be read."""
        if self.data.problems:
            raise RefusedError(self.data.problems)


def prepare(mapping: CompiledMapping, sources: Given, settings: Settings) -> Prepared:
    """Find all sources and write the functions. RefusedError when a source is missing or has not what is asked for."""
    base_iri = settings.base_iri
    if base_iri is not None and not is_iri(base_iri):
        raise UsageError(Problem("rml.base-iri", f"{base_iri!r} is not an absolute IRI", "give an absolute IRI"))
    data = Sources(sources)
    problems = [*find_sources(mapping, data), *_missing_columns(mapping, data)]
    if problems:
        raise RefusedError(problems)
    program = mapping.program(replace(settings, columns=tuple(data.headers().items())))
    indexes, rejects = join_indexes(program, data)
    return Prepared(program, data, indexes, rejects)


def find_sources(mapping: CompiledMapping, data: Sources) -> list[Problem]:
    """Read all sources; a problem of the mapping names the first triples map with that source."""
    problems: dict[Problem, None] = {}
    done: set[LogicalSource] = set()
    for triples_map in mapping.triples_maps:
        source = triples_map.source
        if source is not None and source not in done:
            done.add(source)
            whole = by_row(source, mapping.iterators[source]) is None
            found = data.prepare(source, triples_map.source_place, triples_map.name, whole=whole)
            problems.update(dict.fromkeys(found))
    return list(problems)


def _missing_columns(mapping: CompiledMapping, data: Sources) -> list[Problem]:
    problems = []
    for probe in mapping.probes:
        columns = data.columns(probe.source) if probe.source is not None else None
        if columns is not None and probe.reference.text not in columns:
            place = probe.reference.place
            problems.append(
                Problem(
                    "rml.no-column",
                    f"{probe.source.path if probe.source else ''!r} has no column {probe.reference.text!r}",
                    f"use one of {', '.join(columns)}",
                    place.file,
                    place.line,
                    item=probe.triples_map,
                )
            )
    return problems
