"""The verbs on releases that are there: verify, releases, rollback."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kclod.cli.frame import FOLDER, RELEASES, main, messages, output, project_option, releases_option
from kclod.dumps import problems_of_kept
from kclod.errors import RefusedError
from kclod.history import editions, find, roll_back
from kclod.release import load, pointed, problems_of_store, read_log
from kclod.release import verify as problems_of


@main.command()
@click.argument("release", type=FOLDER, required=False)
@project_option
@releases_option
@click.option("--inputs", type=FOLDER, help="Look also whether the files of this project are those it was made from.")
@click.option("--quick", is_flag=True, help="Do not compare the store with the dump, which takes most of the time.")
def verify(*, release: Path | None, folder: Path, releases: Path | None, inputs: Path | None, quick: bool) -> None:
    """Check a release folder, by default the current one, against the digests that it lists, and its store.

    Finds damaged, missing, added and linked files, compressed dumps that unpack to something else, a version that is
    not that of the inputs and tools listed, what everybody may write, derived dumps that are kept and damaged, and a
    store or counts that differ from the dump. Exit 1 when something is wrong.
    """
    path = release or find(releases or folder / RELEASES, "current").path
    problems = problems_of(path.resolve(), inputs)
    if not problems:
        opened = load(path)
        problems = [*problems_of_kept(opened), *(() if quick else problems_of_store(opened))]
    if problems:
        raise RefusedError(problems)
    messages.print(f"{path.resolve().name} is whole", markup=False)


@main.command(name="releases")
@project_option
@releases_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def releases_(*, folder: Path, releases: Path | None, as_json: bool) -> None:
    """List the releases, the oldest first: version, dates, how much each holds, and which is the current one.

    A release was published when releases/publications.log says so; a date with ~ is of its files, as no line names it.
    With --json each has all lines that name it.
    """
    root = releases or folder / RELEASES
    now, acts = pointed(root), read_log(root)
    rows = []
    for one in editions(root):
        counts = one.counts
        rows.append(
            {
                "version": one.version,
                "issued": one.load().site.issued,
                "published": one.published.isoformat().replace("+00:00", "Z"),
                "recorded": one.recorded,
                "log": [{"at": str(act).split()[0], "act": act.kind} for act in acts if act.version == one.version],
                "quads": counts.quads,
                "default_graph_triples": counts.default_graph_triples,
                "named_graphs": counts.named_graphs,
                "current": one.version == now,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    numbers = ("quads", "default_graph_triples", "named_graphs")
    cells = [["", "version", "issued", "published", "quads", "default graph", "named graphs"]]
    for row in rows:
        told = (str(row["version"]), str(row["issued"] or ""), f"{row['published']}{'' if row['recorded'] else ' ~'}")
        cells.append(["→" if row["current"] else "", *told, *(f"{row[name]:,}" for name in numbers)])
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        texts = [cell.ljust(width) for cell, width in zip(line[:4], widths[:4], strict=True)]
        texts += [cell.rjust(width) for cell, width in zip(line[4:], widths[4:], strict=True)]
        click.echo("  ".join(texts).rstrip())


@main.command()
@click.argument("version", required=False)
@project_option
@releases_option
def rollback(*, version: str | None, folder: Path, releases: Path | None) -> None:
    """Make another release the current one: the one made before it, or VERSION (its beginning will do).

    It is verified first. A server that runs moves to it without failing a request. Going forward again is the same:
    name the newer version, or build.
    """
    chosen = roll_back(releases or folder / RELEASES, version)
    messages.print(f"The current release is {chosen.version}", markup=False)
    output.print(str(chosen.path), markup=False)
