"""The verb export: what a release holds, in forms for use elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kclod import quickstatements
from kclod.cli.frame import OUT, RELEASES, main, messages, project_option, releases_option
from kclod.errors import Problem, UsageError
from kclod.project import Project
from kclod.release import current
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
