"""The verb `link`: links to outside registries, proposed from files or services, and reviewed."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

import click

from kclod.cli.frame import FILE, OUT, RELEASES, main, messages, note, output, project_option, releases_option
from kclod.errors import Problem, RefusedError, UsageError
from kclod.link import Record, check_records, read_links
from kclod.match import Entity, Index, Match
from kclod.match.entity import WITHDRAWN
from kclod.match.registries import read_registry
from kclod.project import Project
from kclod.proposals import online
from kclod.proposals.declared import Target, read_target
from kclod.proposals.mapping_set import read_set, write_set
from kclod.proposals.polite import Polite
from kclod.proposals.propose import Known, known_of, proposal_set, proposals
from kclod.proposals.review import Review
from kclod.proposals.things import linked_things, query_things
from kclod.records import ENTITIES, load_records
from kclod.registries import read_schemes
from kclod.release import current
from kclod.store import open_read_only

SHOWN = 20
"""Bad records of a registry that are printed one by one."""


@main.command()
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]…")
@click.option("--to", "name", help="The registry, as mappings/registries.yaml names it.", required=True)
@click.option("--service", help="Ask this Reconciliation service (API 0.2) instead of reading files.")
@click.option("--endpoint", help="Ask this SPARQL endpoint instead of reading files.")
@click.option(
    "--timeout", default=120.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for all requests."
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where answers of services are kept.  [default: kclod/link in the user's cache folder]",
)
@click.option("--out", type=OUT, help="Where proposals go.  [default: REGISTRY.proposals.sssom.tsv]")
@click.option("--least", default=0.2, show_default=True, type=click.FloatRange(0, 1), help="The least confidence.")
@click.option("--all", "everything", is_flag=True, help="Also for things that have a link to the registry.")
@click.option("--check", is_flag=True, help="Check the links that there are against the FILEs, and propose nothing.")
@click.option("--review", type=FILE, help="Walk through this file of proposals instead of making one.")
@click.option("--reviewer", help="Who reviews; asked for where it is not given.")
@project_option
@releases_option
def link(
    *,
    files: tuple[Path, ...],
    name: str,
    service: str | None,
    endpoint: str | None,
    timeout: float,
    cache: Path | None,
    out: Path | None,
    least: float,
    everything: bool,
    check: bool,
    review: Path | None,
    reviewer: str | None,
    folder: Path,
    releases: Path | None,
) -> None:
    """Propose links to a registry, from its FILEs or from a service, or review proposals.

    Things of the current release that have no link to the registry yet are looked for by all their names, with what is
    known beside them. Proposals are an SSSOM mapping set: confidence, reasons and doubts of each, nobody's decision.
    --review walks through them; what is accepted goes into the project's mapping set with the reviewer's name, and so
    does what is rejected, as a negative mapping that is never proposed again. --check reports the project's links to
    records that the FILEs say are withdrawn or ended, each with its successors: exit 1 where there are any.
    """
    project, today = Project(folder), datetime.now(UTC).date()
    target = read_target(project.root, name)
    if check:
        if not files or service or endpoint or review or out:
            raise click.UsageError("--check takes FILEs of the registry, and nothing else.")
        _check(project, files, target)
        return
    if review is not None:
        if files or service or endpoint or out:
            raise click.UsageError("--review takes no registry and no --out.")
        _walk(Review(review, target.links, reviewer or click.prompt("Reviewer")), today)
        return
    if (len(files) > 0) + (service is not None) + (endpoint is not None) != 1:
        raise click.UsageError("Give FILEs, --service or --endpoint, and one of them only.")
    out = out or Path(f"{name}.proposals.sssom.tsv")
    before = read_set(out) if out.is_file() else None
    known = known_of([read_set(target.links)] if target.links and target.links.is_file() else [], before)
    store = open_read_only(current(releases or folder / RELEASES).store_path)
    known = known.beside(linked_things(store, target.declared.namespace))
    every = query_things(store, target.declared.things, f"{name}.things")
    things = [thing for thing in every if everything or thing.id not in known.linked]
    if files:
        entities, version = _from_files(files, target), _version_of(files)
    else:
        polite = Polite(cache or _cache_folder(), timeout)
        ask = online.from_reconciliation if service else online.from_endpoint
        address = service or endpoint or ""
        entities, version = ask(things, address, target, polite), f"{address} on {today.isoformat()}"
    base_iri = project.dataset.base_iri
    made = proposals(
        things,
        _matched(entities, things, known, target),
        target,
        base_iri=base_iri,
        least=least,
        day=today,
    )
    decided = [row for row in before.rows if "reviewer_label" in row] if before else []
    found = proposal_set(made, target, base_iri, version, today)
    write_set(out, found.with_rows([*decided, *found.rows]))
    output.print(
        f"{len(made.rows)} proposals for {made.found} of {made.asked} things without a link to "
        f"{target.declared.title}, in {out}; `kclod link --to {name} --review {out}` walks through them",
        markup=False,
    )


def _check(project: Project, files: tuple[Path, ...], target: Target) -> None:
    """Tell of links to records that are withdrawn or ended; RefusedError names each with its successors."""
    schemes = read_schemes(project.dataset, project.ontology)
    scheme = next((scheme for scheme in schemes if scheme.name == target.name), None)
    if scheme is None:
        fix = f"name one of {', '.join(scheme.name for scheme in schemes)}, or declare it by pub:registry"
        message = f"{target.name} is no identifier scheme of the dataset"
        raise UsageError(Problem("linking.scheme", message, fix, str(project.dataset_file)))
    links = read_links(
        project.link_files,
        base_iri=project.dataset.base_iri,
        known={row["iri"] for row in load_records(project).rows[ENTITIES]},
        name_of={path: project.name_of(path) for path in project.link_files},
        schemes=schemes,
    )
    records = {
        scheme.value_of(entity.id) or entity.id: Record(
            entity.status, tuple(scheme.value_of(other) or other for other in entity.successors)
        )
        for entity in _read(files, target)
    }
    problems = check_records(links.read, scheme, records)
    if problems:
        raise RefusedError(problems)
    output.print(f"None of the links to {target.declared.title} leads to a record that was withdrawn or ended.")


def _from_files(files: tuple[Path, ...], target: Target) -> list[Entity]:
    start = time.perf_counter()
    entities = _read(files, target)
    valid = [entity for entity in entities if entity.status != WITHDRAWN]
    withdrawn = len(entities) - len(valid)
    note(
        f"{len(valid)} records read in {time.perf_counter() - start:.1f} s"
        + (f", beside {withdrawn} that are withdrawn and not proposed" if withdrawn else "")
    )
    return valid


def _read(files: tuple[Path, ...], target: Target) -> list[Entity]:
    """The records of a registry's files, withdrawn ones too; what cannot be read is told."""
    registry = read_registry(files, target.declared.tables)
    for problem in registry.problems[:SHOWN]:
        messages.print(f"kclod: {problem}", markup=False)
    if len(registry.problems) > SHOWN:
        note(f"{len(registry.problems)} records could not be read; the first {SHOWN} are listed")
    return list(registry.entities)


def _matched(entities: list[Entity], things: list[Entity], known: Known, target: Target) -> list[list[Match]]:
    """The matches of each thing, without those that have been decided on."""
    start = time.perf_counter()
    index = Index.of(entities)
    indexed = time.perf_counter()
    found = [
        [match for match in matches if (thing.id, target.declared.iri(match.entity.id)) not in known.pairs]
        for thing, matches in zip(things, index.match_many(things), strict=True)
    ]
    end = time.perf_counter()
    note(f"indexed in {indexed - start:.1f} s; {len(things)} things matched in {end - indexed:.1f} s")
    return found


def _version_of(files: tuple[Path, ...]) -> str:
    """Names and digests of a registry's files, the version that any file has."""
    digests = []
    for path in files:
        with path.open("rb") as file:
            digests.append(f"{path.name} sha256:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}")
    return ", ".join(digests)


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kclod" / "link"


def _walk(review: Review, today: date) -> None:
    """Show each open proposal, ask, and write what is decided."""
    if review.links is None:
        note("the registry has no mapping set: decisions stay in this file; write accepted ids into the records")
    elif not review.links.is_file():
        raise UsageError(
            Problem("linking.links", "there is no such mapping set", "make it with a header", str(review.links))
        )
    decided, every = review.counts()
    output.print(f"{every - decided} of {every} proposals are open.", markup=False)
    for place, row in review.open_rows():
        output.print(f"\n{row.get('subject_label', '')}  {row['subject_id']}", markup=False)
        output.print(f"  {row.get('object_label', '')}  {row['object_id']}  {row.get('confidence', '')}", markup=False)
        for part in row.get("comment", "").split("; "):
            output.print(f"    {part}", markup=False)
        keys = {choice[0]: choice for choice in (*review.choices(row), "skip", "quit")}
        shown = " ".join(f"[{choice[0]}]{choice[1:]}" for choice in keys.values())
        answer = click.prompt(f"  {shown}", type=click.Choice(list(keys)), show_choices=False)
        if answer == "q":
            break
        if answer != "s":
            review.decide(place, keys[answer], today)
    decided, every = review.counts()
    output.print(f"{every - decided} of {every} proposals are open.", markup=False)
