"""The verbs on a project: build, serve, evidence, explain, schema."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.status import Status

from kclod import pipeline
from kclod.cli.frame import FILE, FOLDER, RELEASES, main, messages, note, output, project_option, releases_option
from kclod.errors import Problem, RefusedError, UsageError
from kclod.evidence import check_evidence, locate, show_claims
from kclod.explanation import read_triple, show_explanation, trace
from kclod.project import Project, labels_of
from kclod.records import load_records
from kclod.release import Release, current, load, verify
from kclod.remote.asking import credentials
from kclod.remote.reading import Reading
from kclod.store import open_read_only
from kclod.web.addresses_given import checked_url
from kclod.web.limits import Limits


@main.command()
@project_option
@releases_option
@click.option("--anew", is_flag=True, help="Use nothing that the build before has left; the release is the same.")
def build(folder: Path, releases: Path | None, anew: bool) -> None:
    """Build the release of a project: records → map → link → reason → validate → release.

    Record files that have not changed since the build before are not mapped again, and where only these have changed,
    the other stages look at what they touch. Nothing is published when a stage refuses the data; the current release
    stays as it was.
    """
    started = time.monotonic()
    with progress() as announce:
        release = pipeline.build(Project(folder), releases or folder / RELEASES, announce, note, anew=anew)
    messages.print(f"Release {release.version} in {time.monotonic() - started:.1f} s: {summary(release)}", markup=False)
    output.print(str(release.path), markup=False)


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
@click.option("--store", metavar="URL", help="Read from this SPARQL server, where `kclod publish` put the release.")
@click.option(
    "--host",
    envvar=("KCLOD_SERVE_HOST", "HOST"),
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on.  [env: HOST]",
)
@click.option(
    "--port",
    envvar=("KCLOD_SERVE_PORT", "PORT"),
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port.  [env: PORT]",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Where the site is reached from outside, by a proxy.  [default: the base IRI of the data]",
)
@click.option(
    "--prefix",
    metavar="PATH",
    help="Path below which a proxy shows the site, passed on or taken away.  [default: that of --public-url]",
)
@click.option(
    "--deadline", default=5.0, show_default=True, type=click.FloatRange(0.05), help="Seconds that a query may take."
)
@click.option("--workers", type=click.IntRange(1), help="Query processes.  [default: one a processor]")
@click.option("--memory", default=1024, show_default=True, type=click.IntRange(64), help="MiB that a query may take.")
@click.option(
    "--max-rows",
    default=1_000_000,
    show_default=True,
    type=click.IntRange(1),
    help="Rows of a result; more is refused.",
)
@click.option(
    "--max-result", default=64, show_default=True, type=click.IntRange(1), help="MiB of a result; more is refused."
)
@click.option(
    "--memory-store",
    default=1024,
    show_default=True,
    type=click.IntRange(0),
    help="MiB that the store may take in memory; a larger one is read from disk.",
)
@click.option("--cache", default=64, show_default=True, type=click.IntRange(0), help="MiB of answers that are kept.")
@click.option(
    "--ready", default=64, show_default=True, type=click.IntRange(0), help="MiB of pages and data that are kept ready."
)
@click.option(
    "--client-queries", default=8, show_default=True, type=click.IntRange(1), help="Queries of one client at a time."
)
@click.option(
    "--client-seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Query seconds that one client may use a minute.",
)
@click.option(
    "--client-errors",
    default=60,
    show_default=True,
    type=click.IntRange(1),
    help="Failing requests of one client a minute.",
)
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Believe X-Forwarded-For from this address or network; repeatable.",
)
@click.option(
    "--log-queries", is_flag=True, help="Write a line of JSON for each query to standard error, without who asked."
)
@click.option(
    "--metrics",
    "metrics_readers",
    multiple=True,
    metavar="ADDRESS",
    help="Let this address or network read /metrics; repeatable.  [default: this machine]",
)
@click.option(
    "--allow-service", "services", multiple=True, metavar="URL", help="Let SERVICE ask this endpoint; repeatable."
)
def serve(
    *,
    folder: Path,
    releases: Path | None,
    chosen: Path | None,
    data: tuple[Path, ...],
    base_iri: str | None,
    store: str | None,
    host: str,
    port: int,
    public_url: str | None,
    prefix: str | None,
    deadline: float,
    workers: int | None,
    memory: int,
    max_rows: int,
    max_result: int,
    memory_store: int,
    cache: int,
    ready: int,
    client_queries: int,
    client_seconds: float,
    client_errors: int,
    proxies: tuple[str, ...],
    metrics_readers: tuple[str, ...],
    services: tuple[str, ...],
    log_queries: bool,
) -> None:
    """Serve a release: pages, SPARQL endpoint at /sparql, dumps.

    Serves the project's current release (run `kclod build` first), and moves to another one when a build or `kclod
    rollback` has made that the current one; no request fails. With --release one release, which is verified first; with
    --data any RDF files as they are; with --store the release that this server holds, whose folder must be among the
    releases.
    """
    from kclod.web.serve import serve as run_server  # noqa: PLC0415  # a server to import, which only this verb should cost

    limits = Limits(
        deadline_seconds=deadline,
        memory_bytes=memory * 2**20,
        max_rows=max_rows,
        max_result_bytes=max_result * 2**20,
        store_bytes=memory_store * 2**20,
        cache_bytes=cache * 2**20,
        ready_bytes=ready * 2**20,
        client_queries=client_queries,
        client_seconds=client_seconds,
        client_errors=client_errors,
        trusted_proxies=proxies,
        services=services,
    )
    if workers:
        limits = replace(limits, workers=workers)
    if metrics_readers:
        limits = replace(limits, metrics_readers=metrics_readers)

    if public_url is not None:
        public_url = checked_url("serve.public-url", public_url)
    if prefix is not None and not re.fullmatch(r"(/[^/?#]+)*/?", prefix):
        raise UsageError(Problem("serve.prefix", f"{prefix!r} is no path", "give one such as /data"))

    def run(release: Release, store: str | None = None, follow: Path | None = None) -> None:
        def answering(address: str) -> None:
            messages.print(f"Serving {address} (Ctrl-C stops)", markup=False)

        run_server(
            release,
            host=host,
            port=port,
            limits=limits,
            public_url=public_url,
            prefix=prefix,
            announce=answering,
            log_queries=log_queries,
            store=store,
            follow=follow,
        )

    if data:
        if store:
            raise click.UsageError("--store cannot be used together with --data.")
        with tempfile.TemporaryDirectory(prefix="kclod-") as scratch:
            files = {str(path): path for path in data}
            title = ", ".join(path.name for path in data)
            base = base_iri or f"http://{host}:{port}/"
            release = pipeline.publish_files(files, Path(scratch), base_iri=base, title=title)
            run(release)
        return
    root = releases or folder / RELEASES
    if chosen:
        release = load(chosen)
        if problems := verify(release.path):
            raise RefusedError(problems)
        store = store.replace("{release}", release.version) if store else None
        if store:
            Reading.open(store, credentials(), release.version)
        run(release, store)
    elif store:
        release, address = published_release(root, store)
        run(release, *((store, root) if "{release}" in store else (address,)))
    else:
        run(current(root), None, root)


def published_release(releases: Path, store: str) -> tuple[Release, str]:
    """The release that a server holds, from the folder of releases, and the server's address.

    An address with `{release}` in it is that of the current release. UsageError when the server holds no release, or
    one whose folder is not there.
    """
    if "{release}" in store:
        release = current(releases)
        store = store.replace("{release}", release.version)
    else:
        version = Reading.open(store, credentials()).published.release
        if not (releases / version).is_dir():
            message = f"the store holds the release {version}, whose folder is not here"
            fix = "copy that folder here, or run `kclod publish` with a release that is"
            raise UsageError(Problem("store.other-release", message, fix, str(releases)))
        release = load(releases / version)
    Reading.open(store, credentials(), release.version)
    return release, store


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
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write to.")
def records(folder: Path, out: Path) -> None:
    """Write the rows that a project's mappings read, as JSON files under the names by which mappings call them.

    With these, `kclod map mappings/*.rml.ttl --sources OUT` maps what a build maps.
    """
    files = load_records(Project(folder)).to_files()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        message = error.strerror or str(error)
        raise UsageError(Problem("file.unwritable", message, "name another folder", str(out))) from None
    messages.print(f"{', '.join(files)} in {out}", markup=False)


@main.command()
@project_option
def schema(folder: Path) -> None:
    """Print the JSON Schema of a project's record files, for editors."""
    sys.stdout.buffer.write(load_records(Project(folder)).reader.schema())


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
