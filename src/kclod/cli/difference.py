"""The verb diff: what changed from one release to another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import click

from kclod.changes import Difference, added, compare, entity_changes, patch, removed, update
from kclod.cli.frame import RELEASES, main, messages, project_option, releases_option
from kclod.errors import Problem, UsageError
from kclod.history import find
from kclod.rdf import N_QUADS
from kclod.release import Release, dump_name
from kclod.store import Embedded, open_read_only
from kclod.web.interface import LANGUAGES
from kclod.web.things.labels import Labels
from kclod.web.versions.summary import summary
from kclod.web.versions.wording import Wording

_PIECE = 1_000
_FORMATS = ("text", "json", "patch", "update", "nquads")


@main.command()
@click.argument("before")
@click.argument("after")
@project_option
@releases_option
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="Words by thing, JSON, RDF Patch, SPARQL Update, or two files of N-Quads.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the words.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="With nquads: the folder for the two files."
)
def diff(
    *, before: str, after: str, folder: Path, releases: Path | None, form: str, lang: str, out: Path | None
) -> None:
    """Print what changed from release BEFORE to release AFTER: things, facts and links, from their dumps.

    A release is named by its version or the beginning of it, by `current`, or by the path of its folder. An update
    makes the dataset of BEFORE that of AFTER. The two files of nquads are removed.nq and added.nq.
    """
    root = releases or folder / RELEASES
    old, new = find(root, before), find(root, after)
    paths = old.path / dump_name(old.site, N_QUADS), new.path / dump_name(new.site, N_QUADS)
    difference = compare(*paths)
    if form == "nquads":
        _files(difference, out)
        return
    if out is not None:
        raise click.UsageError("--out can be used with --format nquads only.")
    if form == "patch":
        _write(patch(difference, _version_iri(old), _version_iri(new)))
    elif form == "update":
        _write(update(difference))
    else:
        entities = list(entity_changes(difference, new.site, *paths))
        labels = [Labels(Embedded(open_read_only(one.store_path)), one.site.prefixes) for one in (new, old)]
        wording = Wording(lang, labels)
        numbers = summary(difference, entities, new.site)
        if form == "text":
            _write(f"{line}\n" for line in wording.summary(old.version, new.version, numbers))
            _write(f"{line}\n" for entity in entities for line in ("", *wording.lines(entity)))
        else:
            told = {
                "before": old.version,
                "after": new.version,
                "things": {kind.value: number for kind, number in numbers.things.items()},
                "statements": {"added": numbers.added, "removed": numbers.removed},
                "links": {"added": numbers.links_added, "removed": numbers.links_removed},
                "changes": [wording.as_json(entity) for entity in entities],
            }
            _write([json.dumps(told, ensure_ascii=False, indent=1), "\n"])


def _version_iri(release: Release) -> str:
    return f"{release.site.base_iri}releases/{release.version}/"


def _files(difference: Difference, out: Path | None) -> None:
    if out is None:
        raise click.UsageError("--format nquads writes two files: name a folder with --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, lines in (("removed.nq", removed(difference)), ("added.nq", added(difference))):
            with (out / name).open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(lines)
    except OSError as error:
        message = error.strerror or str(error)
        raise UsageError(Problem("file.unwritable", message, "name another folder", str(out))) from None
    messages.print(f"removed.nq, added.nq in {out}", markup=False)


def _write(pieces: Iterable[str]) -> None:
    taken = iter(pieces)
    while some := list(islice(taken, _PIECE)):
        click.echo("".join(some).encode(), nl=False)
