"""Digests of files, and whether a folder holds exactly the files that were listed."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Set
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import zstandard

from kclod.errors import Problem

_MEDIA_TYPES = {
    ".ttl": "text/turtle",
    ".nq": "application/n-quads",
    ".nt": "application/n-triples",
    ".trig": "application/trig",
    ".rdf": "application/rdf+xml",
    ".jsonld": "application/ld+json",
    ".json": "application/json",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".html": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
}
"""Written out, because Python's `mimetypes` reads the tables of the machine and so differs between machines."""

_TOOLS = ("kclod", "owlready2", "pyoxigraph", "pyshacl", "rdflib", "regex")
_PIECE, _WINDOW = 1 << 20, 1 << 27
_AGAIN = "build the release again, or copy it again from where it came"


@dataclass(frozen=True)
class InputEntry:
    """A file that something was made from: its name, size in bytes and SHA-256 in hexadecimal."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class FileEntry(InputEntry):
    """A file of a folder: its path below the folder, with `/`, and its media type too."""

    media_type: str


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def package_versions() -> dict[str, str]:
    """The versions of the packages that can change what a release holds."""
    return {name: metadata.version(name) for name in _TOOLS}


def digest_of_code(package: Path) -> str:
    """SHA-256 over the names and digests of the Python files of a package."""
    files = sorted(package.rglob("*.py"), key=lambda p: p.relative_to(package).as_posix())
    return text_digest("".join(f"{p.relative_to(package).as_posix()} {digest(p)}\n" for p in files))


def media_type_of(path: str) -> str:
    """The media type that a file's extension stands for; `application/octet-stream` for an unknown one."""
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")


def input_entry(name: str, path: Path) -> InputEntry:
    """The entry of an input called `name`. OSError when it cannot be read."""
    return InputEntry(path=name, bytes=path.stat().st_size, sha256=digest(path))


def file_entry(folder: Path, path: Path) -> FileEntry:
    """The entry of a file below `folder`. OSError when it cannot be read."""
    relative = path.relative_to(folder).as_posix()
    return FileEntry(path=relative, bytes=path.stat().st_size, sha256=digest(path), media_type=media_type_of(relative))


def problems_of_files(folder: Path, entries: Iterable[FileEntry], *, unlisted: Set[str]) -> list[Problem]:
    """Each way in which the files below `folder` differ from the entries, ordered by path; empty when there is none.

    `unlisted` names files that may be there without an entry. Links are refused, and so are paths that lead out of the
    folder: neither is followed.
    """
    problems: list[Problem] = []
    listed = {entry.path: entry for entry in entries}
    found = _files_below(folder)
    for path, entry in listed.items():
        place = folder / path
        if not is_below(path):
            problems.append(_problem("unsafe-path", "the list names a path outside of the folder", folder, path))
        elif path not in found:
            problems.append(_problem("missing-file", "is listed and not there", folder, path))
        elif place.is_symlink():
            continue  # reported with the files that are found
        elif (size := place.stat().st_size) != entry.bytes:
            problems.append(_problem("damaged-file", f"has {size} bytes, listed are {entry.bytes}", folder, path))
        elif digest(place) != entry.sha256:
            problems.append(_problem("damaged-file", "its SHA-256 is not the one listed", folder, path))
    for path in found:
        if (folder / path).is_symlink():
            problems.append(_problem("symlink", "is a link, and a release has none", folder, path))
        elif path not in listed and path not in unlisted:
            problems.append(_problem("unlisted-file", "is there and not listed", folder, path))
    problems += _writable(folder)
    return sorted(problems, key=lambda p: (p.file or "", p.rule))


def problems_of_compressed(folder: Path, entries: Iterable[FileEntry]) -> list[Problem]:
    """Whether each `X.gz` and `X.zst` unpacks to the listed `X`: no more of it than X is long, whatever it claims."""
    listed = {entry.path: entry for entry in entries}
    problems = []
    for path, entry in listed.items():
        name, suffix = path.rpartition(".")[::2]
        if suffix not in _PACKED or not is_below(path) or not (folder / path).is_file():
            continue
        plain = listed.get(name)
        if plain is None:
            problems.append(_problem("compressed-file", "the file that it unpacks to is not listed", folder, path))
        elif not _unpacks_to(folder / entry.path, plain):
            problems.append(_problem("compressed-file", f"does not unpack to {plain.path}", folder, path))
    return problems


def _unzstd(packed: BinaryIO) -> BinaryIO:
    """All frames of a file; one that asks for a window beyond the usual is an error (RFC 8878, section 3.1.1.1.2)."""
    return zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(packed, read_across_frames=True)


def _gunzip(packed: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=packed))


_PACKED = {"gz": _gunzip, "zst": _unzstd}


def _unpacks_to(path: Path, plain: FileEntry) -> bool:
    sha256, left = hashlib.sha256(), plain.bytes
    try:
        with path.open("rb") as packed, _PACKED[path.suffix[1:]](packed) as file:
            while piece := file.read(min(_PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    return False
                sha256.update(piece)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return False
    return left == 0 and sha256.hexdigest() == plain.sha256


def problems_of_inputs(folder: Path, entries: Iterable[InputEntry]) -> list[Problem]:
    """Each input that is not below the folder as it is listed; the list names paths below it."""
    problems = []
    for entry in entries:
        place = folder / entry.path
        if not is_below(entry.path) or not place.is_file():
            found = "is not there"
        elif digest(place) != entry.sha256:
            found = "is another than the release was made from"
        else:
            continue
        fix = "take the inputs of that time from version control"
        problems.append(Problem("release.input", found, fix, str(place)))
    return problems


def is_below(path: str) -> bool:
    """Whether a listed path, joined to a folder, names something below it, as far as names tell."""
    parts = path.split("/")
    return bool(path) and not any(part in ("", ".", "..") or "\0" in part for part in parts) and "\\" not in path


def first_links(folder: Path, paths: Iterable[str]) -> list[str]:
    """The first of the paths below a folder that is a symlink or leads through one; none where all are plain."""
    checked: dict[Path, bool] = {}
    for path in paths:
        place = folder
        for part in path.split("/"):
            place = place / part
            if place not in checked:
                checked[place] = place.is_symlink()
            if checked[place]:
                return [path]
    return []


def _writable(folder: Path) -> list[Problem]:
    """What everybody may change: files and folders with the write permission of others."""
    below = (Path(parent) / name for parent, folders, files in os.walk(folder) for name in (*folders, *files))
    return [
        Problem("release.writable", "everybody may write it", f"chmod -R o-w {folder}", str(place))
        for place in (folder, *below)
        if not place.is_symlink() and place.stat().st_mode & 0o002
    ]


def _files_below(folder: Path) -> set[str]:
    """Paths of all that is not a folder, and of links to folders, without following any link."""
    found: set[str] = set()
    for parent, folders, files in os.walk(folder):
        below = Path(parent)
        links = [name for name in folders if (below / name).is_symlink()]
        found.update((below / name).relative_to(folder).as_posix() for name in [*files, *links])
    return found


def _problem(rule: str, message: str, folder: Path, path: str) -> Problem:
    return Problem(f"release.{rule}", message, _AGAIN, str(folder / path))
