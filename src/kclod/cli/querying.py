"""The verb query: over a release, RDF files or an endpoint."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pyoxigraph as ox
from rich.console import Console
from rich.table import Table

from kclod import rdf
from kclod.cli.frame import FILE, RELEASES, main, messages, output, project_option, releases_option
from kclod.errors import Problem, UsageError
from kclod.malformed import explain
from kclod.release import current
from kclod.remote.asking import remote_query
from kclod.store import memory_store, open_read_only
from kclod.text.index import Match
from kclod.web.engine.matching import Find, MatchingError, opened, rewrite


@main.command()
@click.argument("file", type=FILE, required=False)
@click.option("-e", "text", help="The query's text, instead of a file.")
@click.option(
    "--data", multiple=True, type=FILE, help="RDF files to query; repeatable.  [default: the current release]"
)
@click.option(
    "--named", multiple=True, type=(str, FILE), metavar="IRI FILE", help="RDF file as a named graph; repeatable."
)
@click.option("--endpoint", help="Ask this SPARQL endpoint instead.")
@click.option("--base-iri", help="Base for relative IRIs in the query and the data.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["json", "csv", "tsv", "xml", "ttl", "nt", "table"]),
    help="Form of the result.  [default: table for solutions, ttl for graphs]",
)
@click.option(
    "--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds, with --endpoint."
)
@project_option
@releases_option
def query(
    *,
    file: Path | None,
    text: str | None,
    data: tuple[Path, ...],
    named: tuple[tuple[str, Path], ...],
    endpoint: str | None,
    base_iri: str | None,
    wanted: str | None,
    timeout: float,
    folder: Path,
    releases: Path | None,
) -> None:
    """Answer a SPARQL query (FILE or -e TEXT) over a release, RDF files or an endpoint."""
    if file is not None and text is None:
        text = read_text(file)
    elif file is not None or text is None:
        raise click.UsageError("Give the query as FILE or with -e, and not both.")
    if endpoint:
        if data or named:
            raise click.UsageError("--endpoint cannot be used together with --data or --named.")
        ask_endpoint(endpoint, text, wanted, timeout)
        return
    if data or named:
        quads = [quad for path in data for quad in rdf.read(path, base_iri=base_iri)]
        for iri, path in named:
            quads.extend(rdf.in_graph(rdf.triples_of(rdf.read(path, base_iri=base_iri)), graph_name(iri)))
        store = memory_store(quads)
        find: Find = _nothing_to_search
    else:
        release = current(releases or folder / RELEASES)
        store, find = open_read_only(release.store_path), opened(release.text_path)
    try:
        results = store.query(searched(text, base_iri or "", find, str(file) if file else "-e"), base_iri=base_iri)
        show(results, wanted)
    except SyntaxError as error:
        found = explain(error, text)
        place = str(file) if file else "-e"
        problem = Problem("query.syntax", found.message, "correct the query", place, found.line, found.column)
        raise UsageError(problem) from None
    except ValueError as error:
        raise UsageError(Problem("query.base", str(error), "give an absolute IRI with --base-iri")) from None


def searched(text: str, base_iri: str, find: Find, place: str) -> str:
    """The query with its text searches answered. UsageError where one cannot be, SyntaxError of a malformed query."""
    try:
        return rewrite(text, base_iri, find)
    except MatchingError as error:
        fix = "see docs/sparql.md, Text search"
        raise UsageError(Problem(f"query.{error.code}", str(error), fix, place, error.line, error.column)) from None


def _nothing_to_search(_: str, __: str | None, ___: bool) -> Sequence[Match]:
    raise UsageError(Problem("text.unreadable", "files have no text index"))


def read_text(path: Path) -> str:
    """A query file's text."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Problem("file.unreadable", str(error), "give a UTF-8 file that can be read", str(path))
        ) from None


def graph_name(iri: str) -> ox.NamedNode:
    """A graph's name from the command line."""
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise UsageError(Problem("query.graph", f"{iri!r}: {error}", "give an absolute IRI with --named")) from None


FORMATS = {f.name: f for f in (*rdf.RESULT_FORMATS, *rdf.RDF_FORMATS)}


def show(results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, wanted: str | None) -> None:
    """Print query results in a format that fits them."""
    if isinstance(results, ox.QueryTriples):
        fmt = FORMATS[wanted or "ttl"] if wanted != "table" else rdf.TURTLE
        if fmt.rdf is None:
            raise click.UsageError(
                f"The query answers with a graph; --format {fmt.name} is for solutions. Use ttl or nt."
            )
        sys.stdout.buffer.write(rdf.serialize(list(results), fmt))
        return
    if wanted in (None, "table"):
        if isinstance(results, ox.QueryBoolean):
            output.print("true" if results else "false")
        else:
            print_table(results)
        return
    fmt = FORMATS[wanted or ""]
    if fmt.results is None:
        raise click.UsageError(
            f"The query answers with solutions; --format {fmt.name} is for graphs. Use json, csv, tsv or xml."
        )
    sys.stdout.buffer.write(results.serialize(format=fmt.results) or b"")


def print_table(solutions: ox.QuerySolutions) -> None:
    """Solutions as a table, every row of it."""
    table = Table(*(f"?{variable.value}" for variable in solutions.variables))
    rows = 0
    for solution in solutions:
        table.add_row(
            *(
                "" if term is None else str(term) if isinstance(term, ox.Triple) else term_text(term)
                for term in solution
            )
        )
        rows += 1
    wide = (
        Console(highlight=False, markup=False)
        if sys.stdout.isatty()
        else Console(highlight=False, markup=False, width=10_000)
    )
    wide.print(table)
    messages.print(f"{rows} rows", markup=False)


def term_text(term: object) -> str:
    """A term as a table shows it: an IRI or the literal's text with its language."""
    if isinstance(term, ox.Literal):
        return f"{term.value} @{term.language}" if term.language else term.value
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def ask_endpoint(endpoint: str, text: str, wanted: str | None, timeout: float) -> None:
    """Ask a remote endpoint and print its answer; a table is made from its JSON."""
    graphs = (rdf.TURTLE, rdf.N_TRIPLES)
    if wanted in (None, "table"):
        accept = f"{rdf.RESULTS_JSON.media_type}, {rdf.TURTLE.media_type};q=0.5"
    else:
        accept = FORMATS[wanted or ""].media_type
    media_type, body = remote_query(endpoint, text, accept, timeout)
    if wanted in (None, "table") and media_type not in [fmt.media_type for fmt in graphs]:
        show(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON), None)
    else:
        sys.stdout.buffer.write(body)
