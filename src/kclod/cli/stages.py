"""The stages alone, on any files: reason, validate."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pyoxigraph as ox

from kclod import consistency, pipeline, rdf, shacl
from kclod import reason as reasoner
from kclod.cli.frame import FILE, OUT, main, messages, note
from kclod.errors import Problem, RefusedError, UsageError
from kclod.project import read_all


def write(items: Sequence[ox.Quad] | Sequence[ox.Triple], out: Path | None, default: rdf.Format) -> None:
    """Write RDF to a file by its extension, or to the terminal."""
    content = rdf.serialize(items, rdf.format_of(out) if out else default)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UsageError(
            Problem("file.unwritable", error.strerror or str(error), "name another place", str(out))
        ) from None


@main.command()
@click.option("--data", "data", multiple=True, required=True, type=FILE, help="RDF files; repeatable.")
@click.option("--ontology", multiple=True, type=FILE, help="Ontology files; repeatable.")
@click.option("--out", type=OUT, help="Where to write what follows.  [default: N-Triples to the terminal]")
@click.option("--hermit/--no-hermit", default=False, help="Also ask HermiT whether data and ontology are consistent.")
def reason(data: tuple[Path, ...], ontology: tuple[Path, ...], out: Path | None, hermit: bool) -> None:
    """Write what follows from data by an ontology's axioms (OWL 2 RL)."""
    triples, axioms = read_all(data), read_all(ontology)
    inference = reasoner.infer(triples, axioms)
    nowhere = pipeline.Places()
    problems = [problem for clash in inference.clashes for problem in pipeline.clash_problems(clash, nowhere)]
    if hermit:
        answer = consistency.check_consistency(triples, axioms)
        if not answer.consistent:
            problems.append(
                Problem("reason.inconsistent", f"HermiT finds an inconsistency. {answer.explanation}".strip())
            )
    if problems:
        raise RefusedError(problems)
    write(inference.triples, out, rdf.N_TRIPLES)
    messages.print(f"{len(inference.triples)} triples inferred from {len(triples)}", markup=False)


@main.command()
@click.option("--data", multiple=True, required=True, type=FILE, help="RDF files; repeatable.")
@click.option("--shapes", multiple=True, required=True, type=FILE, help="Files of SHACL shapes; repeatable.")
@click.option("--ontology", multiple=True, type=FILE, help="Files that say which class is below which; repeatable.")
@click.option("--out", type=OUT, help="Where to write the report.  [default: Turtle to the terminal]")
def validate(data: tuple[Path, ...], shapes: tuple[Path, ...], ontology: tuple[Path, ...], out: Path | None) -> None:
    """Check data by SHACL shapes: exit 0 it conforms, 1 it does not, 2 undecided (a shape is malformed)."""
    report = shacl.validate(read_all(data), shapes, extra=read_all(ontology))
    write(report.triples, out, rdf.TURTLE)
    nowhere = pipeline.Places()
    for warning in report.warnings:
        note(str(warning))
    if not report.conforms:
        raise RefusedError(pipeline.result_problem(result, nowhere) for result in report.results)
    messages.print("The data conform.", markup=False)
