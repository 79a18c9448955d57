"""The command line: parse, call, print, exit.

Exit codes: 0 good; 1 the data were refused; 2 the call could not be carried out or a check could not be decided.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import pyoxigraph as ox
from rich.console import Console
from rich.status import Status
from rich.table import Table

from kclod import __version__, consistency, pipeline, rdf, rml, shacl
from kclod import reason as reasoner
from kclod.errors import KclodError, Problem, RefusedError, UsageError
from kclod.evidence import check_evidence, locate, show_claims
from kclod.explanation import read_triple, show_explanation, trace
from kclod.malformed import explain
from kclod.project import Project, labels_of, read_all
from kclod.records import load_records
from kclod.release import Release, current, load
from kclod.store import memory_store, open_read_only, remote_query
from kclod.web.limits import Limits

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)
RELEASES = "releases"

messages = Console(stderr=True, highlight=False, soft_wrap=True)
output = Console(highlight=False, soft_wrap=True)


class Command(click.Group):
    """Prints each problem on a line of its own and exits with the error's code."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except KclodError as error:
            for problem in error.problems:
                messages.print(f"kclod: {problem}", style="red" if messages.is_terminal else None, markup=False)
            if len(error.problems) > 1:
                messages.print(f"kclod: {len(error.problems)} problems", markup=False)
            ctx.exit(error.exit_code)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]}, epilog=(
    "A project is a folder with ontology/, mappings/, shapes/ and examples/. `kclod build` makes a release of it, "
    "`kclod serve` serves it; the other verbs are the stages, usable alone on any files."
))  # fmt: skip
@click.version_option(__version__, prog_name="kclod")
def main() -> None:
    """Publish linked data: records to a checked RDF graph, a SPARQL endpoint and pages."""


project_option = click.option(
    "--project", "-p", "folder", type=FOLDER, default=".", show_default=True, help="The project's folder."
)
releases_option = click.option(
    "--releases",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where releases are kept.  [default: releases/ in the project]",
)


@main.command()
@project_option
@releases_option
def build(folder: Path, releases: Path | None) -> None:
    """Build the release of a project: records → map → link → reason → validate → release.

    Nothing is published when a stage refuses the data; the current release stays as it was.
    """
    started = time.monotonic()
    with progress() as announce:
        release = pipeline.build(Project(folder), releases or folder / RELEASES, announce, note)
    messages.print(f"Release {release.version} in {time.monotonic() - started:.1f} s: {summary(release)}", markup=False)
    output.print(str(release.path), markup=False)


def note(text: str) -> None:
    """Something worth knowing that refuses nothing."""
    messages.print(f"kclod: note: {text}", markup=False)


def summary(release: Release) -> str:
    """The counts of a release, in words."""
    counts = release.manifest.get("counts")
    return (
        ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
        if isinstance(counts, dict)
        else ""
    )


@contextmanager
def progress() -> Iterator[pipeline.Announce]:
    """Shows the running stage, and the time of each that is done."""
    with Status("", console=messages) as status:
        running: list[tuple[str, float]] = []

        def done() -> None:
            if running:
                name, since = running.pop()
                messages.print(f"  {name:<10} {time.monotonic() - since:6.1f} s", markup=False)

        def announce(name: str) -> None:
            done()
            running.append((name, time.monotonic()))
            status.update(f"{name} …")

        yield announce
        done()


@main.command()
@project_option
@releases_option
@click.option("--release", "chosen", type=FOLDER, help="Serve this release folder.  [default: the current one]")
@click.option("--data", multiple=True, type=FILE, help="Serve these RDF files instead of a project; repeatable.")
@click.option("--base-iri", help="With --data: the namespace of the things that get /id/ addresses.")
@click.option(
    "--host", envvar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on.  [env: HOST]"
)
@click.option(
    "--port", envvar="PORT", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port.  [env: PORT]"
)
@click.option(
    "--deadline", default=5.0, show_default=True, type=click.FloatRange(0.05), help="Seconds that a query may take."
)
@click.option("--workers", type=click.IntRange(1), help="Query processes.  [default: one a processor]")
@click.option("--memory", default=1024, show_default=True, type=click.IntRange(64), help="MiB that a query may take.")
def serve(
    *,
    folder: Path,
    releases: Path | None,
    chosen: Path | None,
    data: tuple[Path, ...],
    base_iri: str | None,
    host: str,
    port: int,
    deadline: float,
    workers: int | None,
    memory: int,
) -> None:
    """Serve a release: pages, SPARQL endpoint at /sparql, dumps.

    Serves the project's current release (run `kclod build` first), or with --data any RDF files as they are.
    """
    from kclod.web.serve import serve as run_server  # noqa: PLC0415  # a server to import, which only this verb should cost

    limits = Limits(deadline_seconds=deadline, memory_bytes=memory * 2**20)
    if workers:
        limits = Limits(deadline_seconds=deadline, memory_bytes=memory * 2**20, workers=workers)

    def ready(address: str) -> None:
        messages.print(f"Serving {address} (Ctrl-C stops)", markup=False)

    if data:
        with tempfile.TemporaryDirectory(prefix="kclod-") as scratch:
            files = {str(path): path for path in data}
            title = ", ".join(path.name for path in data)
            base = base_iri or f"http://{host}:{port}/"
            release = pipeline.publish_files(files, Path(scratch), base_iri=base, title=title)
            run_server(release, host=host, port=port, limits=limits, announce=ready)
        return
    release = load(chosen) if chosen else current(releases or folder / RELEASES)
    run_server(release, host=host, port=port, limits=limits, announce=ready)


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
    help="[default: table for solutions, ttl for graphs]",
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
    if (file is None) == (text is None):
        raise click.UsageError("Give the query as FILE or with -e, and not both.")
    text = text if text is not None else read_text(file)
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
    else:
        store = open_read_only(current(releases or folder / RELEASES).store_path)
    try:
        results = store.query(text, base_iri=base_iri)
        show(results, wanted)
    except SyntaxError as error:
        found = explain(error, text)
        place = str(file) if file else "-e"
        problem = Problem("query.syntax", found.message, "correct the query", place, found.line, found.column)
        raise UsageError(problem) from None
    except ValueError as error:
        raise UsageError(Problem("query.base", str(error), "give an absolute IRI with --base-iri")) from None


def read_text(path: Path | None) -> str:
    """A query file's text."""
    assert path is not None  # noqa: S101  # the caller has checked
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


@main.command(name="map")
@click.argument("mappings", nargs=-1, required=True, type=FILE, metavar="MAPPING…")
@click.option("--sources", type=FOLDER, required=True, help="The folder in which logical sources are found.")
@click.option("--base-iri", help="Base for relative IRIs (RML baseIRI where a triples map has none).")
@click.option(
    "--out", type=OUT, help="Where to write; the extension names the format.  [default: N-Quads to the terminal]"
)
def map_(mappings: tuple[Path, ...], sources: Path, base_iri: str | None, out: Path | None) -> None:
    """Run RML mappings over the files in a folder."""
    result = rml.run(rml.compile_mappings(mappings), sources=sources, base_iri=base_iri)
    write(result.quads, out, rdf.N_QUADS)
    messages.print(f"{len(result.quads)} quads, {len(result.rejects)} rejected terms", markup=False)
    if result.rejects:
        raise RefusedError(reject.to_problem() for reject in result.rejects)


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
    nowhere = pipeline.Sources({}, {})
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
    nowhere = pipeline.Sources({}, {})
    for shape in report.untargeted:
        note(f"{shape}: no node is a target of this shape")
    if not report.conforms:
        raise RefusedError(pipeline.result_problem(result, nowhere) for result in report.results)
    messages.print("The data conform.", markup=False)


@main.command(name="explain")
@click.argument("subject")
@click.argument("predicate")
@click.argument("value", metavar="OBJECT")
@project_option
@releases_option
@click.option("--release", "chosen", type=FOLDER, help="Look in this release folder.  [default: the current one]")
def explain_(
    *, subject: str, predicate: str, value: str, folder: Path, releases: Path | None, chosen: Path | None
) -> None:
    """Print why a release holds a triple: the rule, axiom and premises, down to claims and evidence.

    Terms are IRIs, names with a prefix of the dataset, or literals as in Turtle, quoted for the shell: '"text"@en'.
    Exit 1 when the release neither states nor implies the triple.
    """
    release = load(chosen) if chosen else current(releases or folder / RELEASES)
    triple = read_triple(subject, predicate, value, release.site.prefixes)
    store = open_read_only(release.store_path)
    show_explanation(trace(store, release.site, triple), store, release.site, output)


@main.command()
@project_option
def schema(folder: Path) -> None:
    """Print the JSON Schema of a project's record files, for editors."""
    sys.stdout.buffer.write(load_records(Project(folder)).schema())


@main.command()
@project_option
@click.option("--sources", type=FOLDER, required=True, help="The folder with your copies of the articles' texts.")
@click.option("--article", "articles", multiple=True, metavar="ID", help="Only this article; repeatable.")
@click.option("--item", "items", multiple=True, metavar="ID", help="Only this item (ITEM or ARTICLE/ITEM); repeatable.")
@click.option("--quiet", "-q", is_flag=True, help="Print no claims, only what is wrong and the summary.")
@click.option("--strict", is_flag=True, help="Refuse flagged spans as well.")
@click.option(
    "--locate", "sought", type=(str, str), metavar="ARTICLE WORDS", help="Print the spans of these words instead."
)
def evidence(
    *,
    folder: Path,
    sources: Path,
    articles: tuple[str, ...],
    items: tuple[str, ...],
    quiet: bool,
    strict: bool,
    sought: tuple[str, str] | None,
) -> None:
    """Show each claim beside the words that support it, checked against your own copies of the articles.

    A copy is found by its name or its digest. Exit 1 when a copy or a span is not what the records say. A missing copy
    is only reported; so is, without --strict, a span whose words mention nothing of the claim.
    """
    project = Project(folder)
    if sought:
        if articles or items or quiet or strict:
            raise click.UsageError("--locate can be used with --sources and --project only.")
        for place in locate(project, *sought, sources):
            output.print(str(place), markup=False)
        return
    labels = labels_of(project.ontology)
    report = check_evidence(load_records(project), labels, sources, articles=articles, items=items)
    if not quiet:
        show_claims(report, output)
    for problem in (*report.missing, *(() if strict else report.flags)):
        note(str(problem))
    messages.print(report.summary, markup=False)
    if refused := (*report.mismatches, *(report.flags if strict else ())):
        raise RefusedError(refused)
