"""The verb export: what a release holds, in forms for use elsewhere."""

from __future__ import annotations

import os
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path

import click
from rich.status import Status

from kclod import described, dumps, quickstatements
from kclod.cli.frame import (
    FILE,
    FOLDER,
    OUT,
    RELEASES,
    main,
    messages,
    note,
    output,
    project_option,
    releases_option,
)
from kclod.dumps.signing import signer_of
from kclod.errors import Problem, UsageError
from kclod.project import Project
from kclod.release import current, load
from kclod.store import open_read_only


@main.group()
def export() -> None:
    """Write what a release holds in a form for use elsewhere."""


@export.command(name="quickstatements")
@click.option("--out", type=OUT, help="Where to write the commands.  [default: the terminal]")
@project_option
@releases_option
def export_quickstatements(*, out: Path | None, folder: Path, releases: Path | None) -> None:
    """Write commands for QuickStatements, to be looked through by a person before they are run.

    What becomes an item, a property, a qualifier and a reference, mappings/*.quickstatements.ttl declares. The summary
    on the error stream says what to look at and what was left out.
    """
    project = Project(folder)
    declarations = quickstatements.read_declarations(project.quickstatements_files, project.dataset.prefixes)
    if not declarations:
        fix = "declare it in mappings/NAME.quickstatements.ttl, see docs/quickstatements.md"
        raise UsageError(Problem("quickstatements.none", "no query for QuickStatements is declared", fix, str(folder)))
    release = current(releases or folder / RELEASES)
    store = open_read_only(release.store_path)
    batch = quickstatements.batch_of(declarations, store, release.site.base_iri)
    if out is None:
        sys.stdout.buffer.write(batch.text.encode())
    else:
        try:
            out.write_text(batch.text, "utf-8", newline="\n")
        except OSError as error:
            problem = Problem("file.unwritable", error.strerror or str(error), "name another place", str(out))
            raise UsageError(problem) from None
    for line in quickstatements.summary_of(batch, declarations, release.version):
        messages.print(line, markup=False)


@export.command(name="dumps")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--only", multiple=True, help="Only names that this pattern fits, such as '*.trig.gz'.  [default: all]")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes that write.  [default: all]"
)
@project_option
@releases_option
def export_dumps(*, target: Path | None, only: tuple[str, ...], jobs: int, folder: Path, releases: Path | None) -> None:
    """Write the dumps of the current release: every form, whole and by class and graph, plain and compressed.

    They go to the folder TARGET, with SHA256SUMS and with descriptions for catalogues and repositories (DCAT, RO-Crate,
    DataCite, CITATION.cff); without one they are kept beside the releases, where `kclod serve`
    gives them from, and would make them when they are asked for.
    """
    release = current(releases or folder / RELEASES)
    found = dumps.offered(release)
    patterns = only or ("*",)
    unknown = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in found)]
    if unknown:
        fix = f"such as {', '.join(list(found)[:3])}; see docs/dumps.md"
        raise UsageError(Problem("dumps.none", f"no dump has a name like {unknown[0]!r}", fix))
    wanted = [item for name, item in found.items() if any(fnmatchcase(name, pattern) for pattern in patterns)]
    try:
        if target is None:
            made = dumps.keep_all(release, wanted, note)
        else:
            made = dumps.write_all(release, target, wanted, jobs, note)
            described.write(release, made, target)
    except dumps.BusyError:
        raise UsageError(
            Problem("dumps.busy", "another dump is being made here", "try again when it is done")
        ) from None
    messages.print(f"{len(made)} dumps, {sum(dump.bytes for dump in made)} bytes", markup=False)


@export.command(name="nanopubs")
@click.argument("target", type=OUT)
@click.option("--prefix", help="What the trusty URIs begin with, ending in '/'.  [default: np/ below the base IRI]")
@click.option("--sign", "key", type=FILE, help="A private RSA key of yours to sign with.  [default: unsigned]")
@click.option("--signer", help="Your IRI, such as an ORCID, stated as creator of what is signed.")
@project_option
@releases_option
def export_nanopubs(
    *, target: Path, prefix: str | None, key: Path | None, signer: str | None, folder: Path, releases: Path | None
) -> None:
    """Write the claims of the current release as nanopublications to the TriG file TARGET.

    Each has a trusty URI, which its content decides. They are not published anywhere; sign them where you mean to.
    """
    if signer and not key:
        raise UsageError(Problem("nanopubs.signer", "--signer is of who signs", "name a key too: --sign KEY"))
    release = current(releases or folder / RELEASES)
    made, left_out = dumps.write_nanopubs(release, target, prefix, signer_of(key) if key else None, signer)
    if left_out:
        note(f"{len(left_out)} graphs are left out, as nothing is said of where they come from: {left_out[0]} …")
    messages.print(f"{made} nanopublications", markup=False)


_TOLD = 5
"""Addresses of one kind that are named on the screen."""


@export.command(name="site")
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path))
@project_option
@releases_option
@click.option("--release", "chosen", type=FOLDER, help="Export this release folder.  [default: the current one]")
@click.option(
    "--public-url", metavar="URL", help="Where the files will be reached.  [default: the base IRI of the data]"
)
@click.option("--processes", type=click.IntRange(1), help="Processes that write.  [default: one a processor]")
def export_site(
    *,
    out: Path,
    folder: Path,
    releases: Path | None,
    chosen: Path | None,
    public_url: str | None,
    processes: int | None,
) -> None:
    """Write the whole site into DIR as files, with rules by which web servers answer from them as `kclod serve` does.

    DIR is new, empty, or an earlier export, which is replaced in one step. docs/static.md tells how to put it online.
    """
    from kclod.site_files import export as export_files  # noqa: PLC0415  # the whole site to import
    from kclod.web.addresses_given import checked_url  # noqa: PLC0415  # flask to import

    started = time.monotonic()
    release = load(chosen) if chosen else current(releases or folder / RELEASES)
    with Status("", console=messages) as status:
        done = export_files(
            release,
            out,
            public_url=checked_url("export.public-url", public_url or release.site.base_iri),
            processes=processes,
            told=lambda finished, known: status.update(f"{finished} of {known} addresses"),
        )
    for what, addresses in (
        ("is no file: a part of its name is too long", done.too_long),
        ("was refused by the site", done.refused),
    ):
        for address in addresses[:_TOLD]:
            note(f"{address} {what}")
        if len(addresses) > _TOLD:
            note(f"… and {len(addresses) - _TOLD} more")
    messages.print(
        f"Release {release.version} in {time.monotonic() - started:.1f} s: {done.addresses} addresses, "
        f"{done.files} files, of which {done.kept} were there as they are, {done.bytes / 2**20:.1f} MiB",
        markup=False,
    )
    output.print(str(done.folder), markup=False)
