"""The verb `map`: RML mappings over any files, written as they are read."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pyoxigraph as ox

from kclod import rdf, rml
from kclod.cli.frame import FILE, FOLDER, OUT, main, messages
from kclod.errors import Problem, RefusedError, UsageError

SHOWN = 100
"""How many rejected terms are printed one by one where a file has them all."""


@main.command(name="map")
@click.argument("mappings", nargs=-1, required=True, type=FILE, metavar="MAPPING…")
@click.option("--sources", type=FOLDER, required=True, help="The folder in which logical sources are found.")
@click.option("--base-iri", help="Base for relative IRIs (RML baseIRI where a triples map has none).")
@click.option(
    "--out", type=OUT, help="Where to write; the extension names the format.  [default: N-Quads to the terminal]"
)
@click.option("--rejects", type=OUT, help="Where to list the terms that could not be made, one JSON object a line.")
@click.option("--keep-going", is_flag=True, help="Exit with 0 although terms were rejected; they are still reported.")
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="How many processes map.  [default: all processors for big files]"
)
@click.option("--distinct", is_flag=True, help="Write each quad once; keeps all of them in memory.")
def map_(
    mappings: tuple[Path, ...],
    *,
    sources: Path,
    base_iri: str | None,
    out: Path | None,
    rejects: Path | None,
    keep_going: bool,
    jobs: int | None,
    distinct: bool,
) -> None:
    """Run RML mappings over the files in a folder.

    N-Quads are written while the records are read, so that a big file needs little memory; a quad that several records
    give may then stand there more than once, which means the same. Other formats, and --distinct, hold each quad once.

    A value that cannot become a term (no valid IRI, not in its datatype's lexical space, no language tag) is left out,
    listed with its record, and makes the exit code 1. What rml:UnsafeIRI makes is written as it is.
    """
    batches = rml.stream(rml.compile_mappings(mappings), sources=sources, base_iri=base_iri, unsafe=True, jobs=jobs)
    fmt = rdf.format_of(out) if out else rdf.N_QUADS
    whole = distinct or fmt is not rdf.N_QUADS
    with _target(out) as write, _reject_list(rejects) as reject:
        quads = _write_whole(batches, fmt, write, reject) if whole else _write_stream(batches, write, reject)
    messages.print(f"{quads} quads, {reject.count} rejected terms", markup=False)
    if reject.count and not keep_going:
        raise RefusedError(reject.summary())


def _write_stream(batches: Iterator[rml.Batch], write: Callable[[bytes], object], reject: _Rejects) -> int:
    quads = 0
    for batch in batches:
        write(batch.text.encode())
        quads += batch.quads
        reject.add(batch.rejects)
    return quads


def _write_whole(
    batches: Iterator[rml.Batch], fmt: rdf.Format, write: Callable[[bytes], object], reject: _Rejects
) -> int:
    lines: dict[str, None] = {}
    for batch in batches:
        lines.update(dict.fromkeys(batch.text.split("\n")))  # literals hold other characters that end a line
        reject.add(batch.rejects)
    lines.pop("", None)
    text = "".join(f"{line}\n" for line in sorted(lines)).encode()
    if fmt is rdf.N_QUADS:
        write(text)
    else:
        try:
            write(rdf.serialize(ox.parse(text, ox.RdfFormat.N_QUADS), fmt))
        except SyntaxError as error:
            raise RefusedError(
                Problem("map.unsafe-iri", f"{fmt.title} cannot hold what rml:UnsafeIRI made: {error.msg}", "write .nq")
            ) from None
    return len(lines)


class _Rejects:
    """Lists rejected terms as they come: in a file, or else on the terminal."""

    def __init__(self, write: Callable[[bytes], object] | None, name: str) -> None:
        self._write, self._name = write, name
        self.count = 0

    def add(self, rejects: tuple[rml.Reject, ...]) -> None:
        """List some more."""
        for reject in rejects:
            self.count += 1
            if self._write is None or self.count <= SHOWN:
                messages.print(f"kclod: {reject.to_problem()}", markup=False)
            if self._write is not None:
                self._write(_line_of(reject))

    def summary(self) -> Problem:
        """That there were some."""
        where = f"; {self._name} lists them" if self._write is not None else ""
        return Problem(
            "map.rejected-terms", f"{self.count} terms could not be made{where}", "correct them, or use --keep-going"
        )


def _line_of(reject: rml.Reject) -> bytes:
    """A rejected term as a line of JSON; the record counts from 1."""
    fields = {
        "file": reject.origin.source,
        "record": reject.origin.index + 1,
        "line": reject.origin.line,
        "triples_map": reject.triples_map,
        "reference": reject.expression,
        "value": reject.value,
        "reason": reject.reason,
    }
    return f"{json.dumps(fields, ensure_ascii=False)}\n".encode()


@contextmanager
def _reject_list(path: Path | None) -> Iterator[_Rejects]:
    if path is None:
        yield _Rejects(None, "")
    else:
        with _target(path) as write:
            yield _Rejects(write, str(path))


@contextmanager
def _target(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """What writes to the terminal or to a file, which gets its name when all is written and never holds a part."""
    if path is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    try:
        if path.exists() and not path.is_file():  # a pipe, a device
            with path.open("wb") as file:
                yield file.write
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
            temporary = Path(made.name)
            try:
                yield made.write
            except BaseException:
                temporary.unlink()
                raise
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise UsageError(
            Problem("file.unwritable", error.strerror or str(error), "name another place", str(path))
        ) from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
