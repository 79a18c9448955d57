"""Makes derived dumps: one when it is asked for, kept beside the releases, or all of them into a folder.

Whatever stops the making of a dump, nothing half-made has its name.
"""

from __future__ import annotations

import fcntl
import gzip
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO

import zstandard

from kclod import rdf
from kclod.dumps.forms import TABULAR, Coding, Kind, Offered, Subset, base_name, offered, subsets
from kclod.dumps.keeping import DIGESTS, keep_digest, kept, kept_folder
from kclod.dumps.nanopubs import Publisher, Sign, nanopubs
from kclod.dumps.parts import take_apart
from kclod.dumps.tabular import write_tables
from kclod.dumps.write import write
from kclod.errors import Problem, RefusedError, UsageError
from kclod.integrity import digest
from kclod.release import Dump, Release, dump_name, load

SUMS = "SHA256SUMS"
_TEMPORARY = ".tmp-"
_GZIP_LEVEL, _ZSTD_LEVEL = 6, 9
_PIECE = 1 << 20
_IRI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


class BusyError(Exception):
    """Another dump is being made."""


def keep(release: Release, item: Offered) -> Dump:
    """The dump, made now unless it is there.

    BusyError: another one is being made. RefusedError: the data have no such form. UsageError: there is no place to
    keep it.
    """
    found = kept(release, item)
    if found is not None:
        return found
    folder = kept_folder(release)
    try:
        (folder / DIGESTS).mkdir(0o755, parents=True, exist_ok=True)
        with _alone(folder.parent):
            _forget_others(release)
            for step in _steps(release, item):
                if kept(release, step) is None:
                    for name in _make(release, step, folder):
                        with _renamed(folder / DIGESTS / name) as file:
                            file.write(keep_digest(folder, name))
    except OSError as error:
        raise _unwritable(error, "let the owner of the releases run: kclod export dumps", folder) from None
    made = kept(release, item)
    if made is None:
        raise UsageError(
            Problem("dumps.unwritable", "a dump was removed at once", "ask again", str(folder / item.name))
        )
    return made


def write_all(
    release: Release, folder: Path, wanted: Iterable[Offered], jobs: int, told: Callable[[str], None] = lambda _: None
) -> list[Dump]:
    """Write dumps into a folder, by several processes, and their digests for `sha256sum --check`.

    What RDF/XML cannot hold is left out, and `told` hears why. UsageError: the folder cannot be written.
    """
    items = list(wanted)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=folder) as scratch:
            work = Path(scratch)
            left_out = _make_all(release, items, work, jobs)
            for name, why in left_out.items():
                told(f"{name} is left out: {why}")
            dumps = [_moved(release, item, work, folder) for item in items if item.plain not in left_out]
        (folder / SUMS).write_text("".join(f"{dump.sha256}  {dump.name}\n" for dump in dumps), "ascii")
    except OSError as error:
        raise _unwritable(error, "check space and permissions", folder) from None
    return dumps


def keep_all(release: Release, wanted: Iterable[Offered], told: Callable[[str], None] = lambda _: None) -> list[Dump]:
    """Keep dumps where the site gives them from. Errors as those of `keep`; what RDF/XML cannot hold is told."""
    dumps = []
    for item in wanted:
        try:
            dumps.append(keep(release, item))
        except RefusedError as error:
            told(f"{item.name} is left out: {error.problems[0].message}")
    return dumps


def write_nanopubs(
    release: Release, target: Path, prefix: str | None = None, sign: Sign | None = None, signer: str | None = None
) -> tuple[int, list[str]]:
    """Write the claims as nanopublications to a file; how many, and the graphs of which no claim is made.

    UsageError: the file cannot be written, or the prefix or signer is no IRI.
    """
    prefix = prefix or f"{release.site.base_iri}np/"
    for iri in filter(None, (prefix, signer)):
        if not _IRI.fullmatch(iri):
            raise UsageError(Problem("nanopubs.iri", f"{iri!r} is no http(s) IRI", "name one"))
    if not prefix.endswith(("/", "#")):
        raise UsageError(Problem("nanopubs.prefix", f"{prefix!r} does not end in '/' or '#'", "add one"))
    made, left_out = 0, []
    claims = next((subset for subset in subsets(release.site) if subset.kind is Kind.CLAIMS), None)
    try:
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=target.parent) as scratch, _renamed(target) as file:
            work = Path(scratch)
            if claims is not None:
                _take_apart(release, work)
                dump = release.path / dump_name(release.site, rdf.N_QUADS)
                lines = work / base_name(release.site, claims)
                for found in nanopubs(dump, lines, release.site, Publisher(prefix, sign, signer)):
                    if isinstance(found, str):
                        left_out.append(found)
                    else:
                        file.write(found.trig)
                        made += 1
    except OSError as error:
        raise _unwritable(error, "check space and permissions", target) from None
    return made, left_out


def _make_all(release: Release, items: list[Offered], work: Path, jobs: int) -> dict[str, str]:
    """Make in a folder what the release does not hold; names of what cannot be had, with why."""
    steps = list(dict.fromkeys(step for item in items for step in _steps(release, item) if not step.within))
    if any(map(_is_lines, steps)):
        _take_apart(release, work)
    left_out: dict[str, str] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for coded in (False, True):
            stage = [s for s in steps if bool(s.coding) == coded and not _is_lines(s) and s.plain not in left_out]
            results = pool.map(
                _try, [str(release.path)] * len(stage), [step.name for step in stage], [work] * len(stage)
            )
            left_out |= {step.name: why for step, why in zip(stage, results, strict=True) if why}
    return left_out


def _try(release: str, name: str, work: Path) -> str:
    """Make one dump in a process of its own; why it cannot be, or nothing."""
    opened = load(Path(release))
    try:
        _make(opened, offered(opened)[name], work)
    except RefusedError as error:
        return error.problems[0].message
    return ""


def _moved(release: Release, item: Offered, work: Path, folder: Path) -> Dump:
    target = folder / item.name
    if item.within:
        shutil.copyfile(_source(release, item.name, work), work / item.name)
    (work / item.name).replace(target)
    target.chmod(0o644)
    return Dump(item.name, target, item.media_type, target.stat().st_size, digest(target))


def _steps(release: Release, item: Offered) -> list[Offered]:
    """What is made for it, in this order, itself the last."""
    everything = offered(release)
    parts = _classes(release) if item.subset.kind is Kind.TABLES else [item.subset]
    bases, plain = [everything[base_name(release.site, subset)] for subset in parts], everything[item.plain]
    return list(dict.fromkeys((*bases, item) if plain.within else (*bases, plain, item)))


def _classes(release: Release) -> list[Subset]:
    return [subset for subset in subsets(release.site) if subset.kind is Kind.CLASS]


def _is_lines(item: Offered) -> bool:
    return item.form is item.subset.base and not item.coding


def _make(release: Release, item: Offered, folder: Path) -> list[str]:
    """Make a file in a folder that has, as the release or itself, what it is made of; the names of what was made."""
    if item.coding:
        with _renamed(folder / item.name) as file, _source(release, item.plain, folder).open("rb") as plain:
            _compress(plain, item.coding, file)
    elif _is_lines(item):
        return _take_apart(release, folder)
    elif item.form in TABULAR:
        with _renamed(folder / item.name) as file:
            things = [(s, folder / base_name(release.site, s)) for s in _classes(release)]
            write_tables(release, item, things, file)
    else:
        with _renamed(folder / item.name) as file:
            write(
                _source(release, base_name(release.site, item.subset), folder), item.form, release.site.prefixes, file
            )
    return [item.name]


def _take_apart(release: Release, folder: Path) -> list[str]:
    """Make the line-based files of all subsets, in one pass; their names."""
    dump = release.path / dump_name(release.site, rdf.N_QUADS)
    names = {s: base_name(release.site, s) for s in subsets(release.site) if s.kind is not Kind.DATASET}
    with ExitStack() as stack:
        take_apart(dump, {s: stack.enter_context(_renamed(folder / name)) for s, name in names.items()})
    return list(names.values())


def _source(release: Release, name: str, folder: Path) -> Path:
    within = release.path / "dumps" / name
    return within if within.is_file() else folder / name


def _compress(plain: BinaryIO, coding: Coding, out: BinaryIO) -> None:
    """Compress without name and time, by fixed levels: equal bytes from equal ones by the same library."""
    if coding is Coding.GZIP:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=out, mtime=0) as packed:
            shutil.copyfileobj(plain, packed, _PIECE)
    else:
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
        compressor.copy_stream(plain, out, size=os.fstat(plain.fileno()).st_size)


@contextmanager
def _renamed(path: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole."""
    scratch = path.with_name(f"{_TEMPORARY}{secrets.token_hex(6)}")
    try:
        with scratch.open("xb") as file:
            yield file
            os.fchmod(file.fileno(), 0o444)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One dump is made at a time. BusyError when another is."""
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError from None
        yield


def _forget_others(release: Release) -> None:
    """Remove what is kept of releases that are gone, and what a killed process left."""
    folder = kept_folder(release)
    for other in folder.parent.iterdir():
        if other.is_dir() and not (release.path.parent / other.name).is_dir():
            shutil.rmtree(other)
    for left in folder.glob(f"{_TEMPORARY}*"):
        left.unlink()


def _unwritable(error: OSError, fix: str, folder: Path) -> UsageError:
    return UsageError(Problem("dumps.unwritable", f"cannot write dumps: {error.strerror or error}", fix, str(folder)))
