"""Writes the site of a release as a folder: asks for all addresses, follows what they lead to, and adds the rules."""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from pydantic import TypeAdapter

from kclod.dumps import BusyError, keep_all, offered
from kclod.errors import Problem, UsageError
from kclod.release import Release
from kclod.site_files import refusals, rules, work
from kclod.site_files.before import MARK, added, made_from, unchanged, written_sum
from kclod.site_files.kinds import Place
from kclod.site_files.linking import Gathered
from kclod.site_files.names import name_index
from kclod.site_files.work import Done, Work
from kclod.web import built
from kclod.web.app import close
from kclod.web.publication import of

_CHUNK = 16
_WAITING = 4
"""Addresses that are given to a process at a time, and how many such lots wait for each."""


@dataclass(frozen=True)
class Export:
    """What was written: files (compressed forms not counted) and those of them that
    were there with the same bytes, bytes of all but the mark, addresses that are no file and why."""

    folder: Path
    addresses: int
    files: int
    kept: int
    bytes: int
    too_long: tuple[str, ...]
    refused: tuple[str, ...]


def export(
    release: Release,
    folder: Path,
    *,
    public_url: str | None = None,
    processes: int | None = None,
    told: Callable[[int, int], None] = lambda _done, _known: None,
) -> Export:
    """Write the site into a folder that is not there, is empty, or holds an earlier export, which is then replaced.

    `public_url` is that of `kclod serve`. `told` gets the number of addresses that are done and that are known.
    UsageError where the folder holds something else or cannot be written; RefusedError where two addresses would be
    one file.
    """
    wanted = made_from(release, public_url or release.site.base_iri)
    if (mark := unchanged(folder, wanted)) is not None:
        counts = {name: TypeAdapter(int).validate_python(mark[name]) for name in ("addresses", "files", "bytes")}
        left = TypeAdapter(tuple[str, ...]).validate_python
        return Export(
            folder,
            counts["addresses"],
            counts["files"],
            counts["files"],
            counts["bytes"],
            left(mark["too_long"]),
            left(mark["refused"]),
        )
    with _beside(folder) as new:
        with suppress(UsageError, BusyError):  # where they cannot be kept, each is asked for, and what fails is told
            keep_all(release, offered(release).values())
        mine = Work(release.path, new, folder, public_url, 0)
        try:
            stamp = int(of(mine.app).modified.timestamp())
            mine.stamp(stamp)
            total, gathered = Done(), Gathered()
            arguments = (release.path, new, folder.absolute(), public_url, stamp)
            addresses = _write_all(
                mine, arguments, processes or os.cpu_count() or 1, total=total, gathered=gathered, told=told
            )
            for name, body in name_index(mine).items():
                mine.put(name, body, total)
            refusals.write(mine, total)
            for name, text in rules.written(mine, total, gathered, addresses).items():
                mine.put(name, text.encode(), total, compressed=False)
            mine.put(".nojekyll", b"", total, compressed=False)
            mark = {
                "made_from": wanted,
                "addresses": len(addresses),
                "files": total.files + 1,
                "bytes": total.bytes,
                "content": written_sum(total.content),
                "too_long": sorted(total.too_long),
                "refused": sorted(total.refused),
            }
            written = total.bytes
            mine.put(MARK, (json.dumps(mark, indent=1) + "\n").encode(), total, compressed=False)
        finally:
            close(mine.app)
    return Export(
        folder,
        len(addresses),
        total.files,
        total.kept,
        written,
        tuple(sorted(total.too_long)),
        tuple(sorted(total.refused)),
    )


def _write_all(
    mine: Work,
    arguments: tuple[Path, Path, Path, str | None, int],
    processes: int,
    *,
    total: Done,
    gathered: Gathered,
    told: Callable[[int, int], None],
) -> set[Place]:
    """Ask for what the site begins with and for all that it leads to; the addresses."""
    known = set(_first(mine))
    open_: list[Place] = sorted(known)
    running: dict[Future[Done], int] = {}
    finished = 0
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, work.begin, arguments) as pool:
        try:
            while open_ or running:
                while open_ and len(running) < _WAITING * processes:
                    chunk, open_ = _next(open_)
                    running[pool.submit(work.write, chunk)] = len(chunk)
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ready:
                    finished += running.pop(future)
                    done = future.result()
                    new = done.leads - known
                    known |= new
                    open_ += sorted(new)
                    gathered.add(done.links)
                    _add(total, done)
                told(finished, len(known))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return known


def _next(places: list[Place]) -> tuple[list[Place], list[Place]]:
    """What a process is given, and what is left; all dumps at once, as one is made at a time."""
    dumps = [place for place in places if place.endpoint == "downloads.file"]
    if dumps:
        return dumps, [place for place in places if place.endpoint != "downloads.file"]
    return places[:_CHUNK], places[_CHUNK:]


def _add(total: Done, done: Done) -> None:
    total.files += done.files
    total.kept += done.kept
    total.bytes += done.bytes
    total.content = added(total.content, done.content)
    total.too_long += done.too_long
    total.refused += done.refused
    for key, value in done.types.items():
        total.types.setdefault(key, value)


def _first(mine: Work) -> Iterator[Place]:
    """Where to begin: the fixed addresses, and the page of each thing that the store has something about."""
    fixed = ["/", "/browse", "/search", "/ontology", "/dumps/", "/dumps/SHA256SUMS", "/.well-known/void"]
    fixed += ["/robots.txt", "/sitemap.xml", "/opensearch.xml", "/sparql/terms.json", "/static/icon.svg"]
    fixed += [f"/static/built/{name}" for name in built.names()]
    with mine.app.test_request_context("/"):
        paths = sorted(_documents(mine))
    for href in (*fixed, *(work.page_of(path) for path in paths)):
        place = mine.place(href)
        if place is not None:
            yield place


def _documents(mine: Work) -> set[str]:
    published = mine.published
    found: set[str] = set()
    for quad in published.reader.store.quads_for_pattern(None, None, None, None):
        for node in (quad.subject, quad.graph_name):
            if isinstance(node, ox.NamedNode):
                address = published.addresses.of(node.value)
                if address is not None and not address.fragment and address.path not in found:
                    found.add(address.path)
    return found


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A new folder beside the one to be written, which has its place afterwards if all went well."""
    folder = folder.absolute()
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(Problem("site.folder", "this is no folder", "name another place", str(folder)))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        fix = "name an empty folder, one that is not there, or one with an earlier export"
        raise UsageError(Problem("site.folder", "the folder holds something else", fix, str(folder)))
    new = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    old = folder.with_name(f"{new.name}.old")
    try:
        new.mkdir(parents=True)
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        message = error.strerror or str(error)
        raise UsageError(Problem("file.unwritable", message, "make room, or name another place", str(folder))) from None
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for rest in (new, old):
            shutil.rmtree(rest, ignore_errors=True)
