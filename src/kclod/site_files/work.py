"""What one process of an export does: it opens the release once, and writes the files of the addresses it is given."""

from __future__ import annotations

import gzip
import hashlib
import html
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import flask

from kclod.errors import Problem, RefusedError
from kclod.rdf import RDF_FORMATS
from kclod.release import load
from kclod.site_files.asking import LEAST, Answer, ask, ask_both, streamed
from kclod.site_files.before import added, kept, of_digest, same_file, summand
from kclod.site_files.kinds import Map, Place, Representation, representations
from kclod.site_files.linking import Links, links_of
from kclod.site_files.places import ERRORS, PLAIN, Variant, file_of, languages, profile, query_of
from kclod.web import publication
from kclod.web.app import create_app
from kclod.web.http.profiles import available
from kclod.web.limits import Limits

_LOCAL = re.compile(r'="(/[^"]*)"')
_LINKED = re.compile(r"<(/[^>]*)>")
_FORMATS = {fmt.name: fmt for fmt in RDF_FORMATS}
_IN_PATH = "!$&'()*+,/:;=@"
_OK, _SEE_OTHER, _GONE = 200, 303, 410
_PATIENCE = 600.0
"""Seconds that a query of a page may take: nobody waits for it here, and what is left out is left out for ever."""
_LONGEST = 255
"""Bytes that a name may have in most file systems."""
_LEVEL = 6
"""Of gzip: 9 takes a quarter more time for four thousandths less."""
_STUB = (
    '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{to}</title>\n'
    '<link rel="canonical" href="{to}">\n<meta http-equiv="refresh" content="0; url={to}">\n'
    '<p><a href="{to}">{to}</a></p>\n</html>\n'
)
"""Where a host knows no rules, a thing's own address leads to its page like this; with rules, by 303."""


@dataclass
class Done:
    """What came of some addresses: where they lead, how much was written, what could not be, and Link fields."""

    leads: set[Place] = field(default_factory=set)
    files: int = 0
    kept: int = 0
    """Files, compressed forms not counted, that an earlier export had with the same bytes."""
    bytes: int = 0
    content: int = 0
    """The sum over the digests of the files (`before.summand`)."""
    too_long: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    links: list[Links] = field(default_factory=list)
    types: dict[tuple[str, str], str] = field(default_factory=dict)
    """Values of Content-Type by endpoint and extension of the file; without one, by endpoint and path of the file."""


class Work:
    """A folder that is written, and the application that is asked."""

    def __init__(self, release: Path, folder: Path, before: Path, public_url: str | None, stamp: int) -> None:
        """`stamp` is the time that files get, in seconds: what clients are told of when they were last modified.

        `before` is the folder of an earlier export, of which files with the same bytes are kept with their time; it
        need not be there.
        """
        limits = Limits(
            workers=1,
            ready_bytes=0,
            client_errors=1_000_000,
            client_seconds=1e9,
            deadline_seconds=_PATIENCE,
        )
        self.app: flask.Flask = create_app(load(release), limits=limits, public_url=public_url)
        self.published = publication.of(self.app)
        self.prefix = prefix_of(public_url)
        self._folder, self._before, self._stamp = folder, before, stamp
        self._map = Map(self.app, self.prefix)

    def stamp(self, seconds: int) -> None:
        """Set the time that files get."""
        self._stamp = seconds

    def place(self, href: str) -> Place | None:
        """What a local address leads to, without the prefix of the site."""
        return self._map.place(f"{self.prefix}{href}")

    def write(self, places: Iterable[Place]) -> Done:
        """Write all that there is at some addresses."""
        done = Done()
        for place in places:
            for representation in representations(place):
                if not representation.elsewhere:
                    self._write_variants(place, representation, done)
            if place.endpoint == "documents.page" and not place.selected:
                self._write_stubs(place.path.removeprefix("/page/"), done)
        return done

    def _write_variants(self, place: Place, representation: Representation, done: Done) -> None:
        name = file_of(place.path, place.selected, representation.extension)
        if place.endpoint == "downloads.file":
            self._copy(place, name, done)
            return
        written: dict[str, bytes] = {}
        for number, (variant, got) in enumerate(self._answers(place, representation)):
            if got.status == _GONE and place.endpoint == "documents.page":
                self._write_gone(place.path.removeprefix("/page/"), done)
                return
            if got.status != _OK:
                query = query_of(representation.query, variant.query, selected=place.selected)
                done.refused.append(f"{place.path}?{query}" if query else place.path)
                return
            if (not variant.language and not variant.query.startswith("lang=")) or not variant.folder:
                done.leads |= self._leads(got)
                done.links += links_of(self.published, self.prefix, place, representation, variant=variant, got=got)
                done.types.setdefault((place.endpoint, _typed(name)), got.fields.get("content-type", ""))
            if next((written[one] for one in variant.otherwise if one in written), None) == got.body:
                continue
            written[variant.folder] = got.body
            self._put(f"{variant.folder}{name}", got.body, done, compressed=got.compressed, number=number)

    def _answers(self, place: Place, representation: Representation) -> Iterator[tuple[Variant, Answer]]:
        variants = _variants(place, representation)
        if representation.worded:
            known: dict[str, tuple[Answer, Answer]] = {}
            for variant in variants:
                tag = variant.language or variant.query.removeprefix("lang=")
                if tag not in known:
                    known[tag] = ask_both(
                        self.app,
                        place.path,
                        representation.query,
                        language=tag,
                        accept=representation.accept,
                        selected=place.selected,
                    )
                yield variant, known[tag][not variant.language]
            return
        for variant in variants:
            query = query_of(representation.query, variant.query, selected=place.selected)
            yield variant, ask(self.app, place.path, query, language=variant.language, accept=representation.accept)

    def _leads(self, got: Answer) -> set[Place]:
        found = set(_LINKED.findall(got.fields.get("link", "")))
        if got.media_type == "text/html":
            found |= {html.unescape(href) for href in _LOCAL.findall(got.body.decode("utf-8"))}
        return {place for href in found if (place := self._map.place(href)) is not None}

    def _write_stubs(self, path: str, done: Done) -> None:
        for thing in (f"/id/{path}", f"/{path}"):
            got = ask(self.app, thing, accept="text/html")
            if got.status == _SEE_OTHER:
                body = _STUB.format(to=html.escape(got.fields["location"]))
                self._put(f"{thing[1:]}.html", body.encode(), done)

    def _write_gone(self, path: str, done: Done) -> None:
        """What is answered about a thing that was withdrawn, at its own address and at that of its page."""
        for address in (f"/id/{path}", f"/{path}", f"/page/{path}"):
            for variant in languages():
                got = ask(self.app, address, variant.query, language=variant.language, accept="text/html")
                if got.status != _GONE:
                    break
                self._put(f"{variant.folder}{ERRORS}/410{address}.html", got.body, done, compressed=True)
            else:
                self._put(f"{ERRORS}/410{address}.json", ask(self.app, address).body, done, compressed=True)

    def _copy(self, place: Place, name: str, done: Done) -> None:
        with streamed(self.app, place.path) as (status, fields, parts):
            if status != _OK:
                done.refused.append(place.path)
                return
            done.types.setdefault((place.endpoint, _typed(name)), fields.get("content-type", ""))
            self._put(name, parts, done)

    def put(self, name: str, body: bytes, done: Done, *, compressed: bool = True) -> None:
        """Write a file that is no answer of the application."""
        self._put(name, body, done, compressed=compressed and len(body) >= LEAST)

    def _put(
        self, name: str, body: bytes | Iterator[bytes], done: Done, *, compressed: bool = False, number: int = 0
    ) -> None:
        """Write a file. Those of one address get times of their own, as servers make tags of time and size."""
        if any(len(part.encode()) > _LONGEST - len(".gz") for part in name.split("/")):
            done.too_long.append(name)
            return
        done.files += 1
        self._put_form(name, body, done, number)
        if compressed and isinstance(body, bytes):
            packed = f"{name}.gz"
            if not self._kept(packed, body, done, packed=True):
                self._put_form(packed, gzip.compress(body, _LEVEL, mtime=0), done, number)

    def _put_form(self, name: str, body: bytes | Iterator[bytes], done: Done, number: int) -> None:
        if isinstance(body, bytes) and self._kept(name, body, done):
            done.kept += 1
            return
        path = self._folder / name
        digest = hashlib.sha256()
        size = _new(path, name, body, digest.update)
        if not isinstance(body, bytes) and same_file(self._before / name, path, digest.digest()):
            done.kept += 1
        else:
            os.utime(path, (self._stamp - number, self._stamp - number))
        done.bytes += size
        done.content = added(done.content, of_digest(name, digest.digest()))

    def _kept(self, name: str, body: bytes, done: Done, *, packed: bool = False) -> bool:
        path = self._folder / name
        try:
            content = kept(self._before / name, path, body, packed=packed)
        except FileExistsError:
            raise _taken(path, name) from None
        if content is None:
            return False
        done.bytes += len(content)
        done.content = added(done.content, summand(name, content))
        return True


def prefix_of(public_url: str | None) -> str:
    """The path below which the site is shown."""
    return urlsplit(public_url or "").path.rstrip("/")


def _new(path: Path, name: str, content: bytes | Iterator[bytes], told: Callable[[bytes], None]) -> int:
    """Write a file that must not be there; its size. What is written is told."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for part in (content,) if isinstance(content, bytes) else content:
                file.write(part)
                told(part)
            return file.tell()
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _taken(path, name) from None


def _taken(path: Path, name: str) -> RefusedError:
    fix = "two addresses would be one file or folder here: name one of the things otherwise"
    return RefusedError(Problem("site.same-file", f"{name} is taken", fix, str(path)))


def _variants(place: Place, representation: Representation) -> tuple[Variant, ...]:
    if representation.worded:
        return languages()
    if place.endpoint == "documents.data" and not place.selected:
        fmt = _FORMATS[place.path.rpartition(".")[2]]
        return (PLAIN, *(profile(one.token) for one in available(fmt)[1:]))
    return (PLAIN,)


def _typed(name: str) -> str:
    """By what the media type of a file is remembered."""
    last = name.rpartition("/")[2]
    return last.rpartition(".")[2] if "." in last else f"/{name}"


_work: Work | None = None


def begin(release: Path, folder: Path, before: Path, public_url: str | None, stamp: int) -> None:
    """Make this process ready."""
    global _work  # noqa: PLW0603 # what a process opens once
    _work = Work(release, folder, before, public_url, stamp)


def write(places: list[Place]) -> Done:
    """`Work.write` in this process."""
    if _work is None:
        raise RuntimeError("the process is not ready")
    return _work.write(places)


def page_of(path: str) -> str:
    """The local address of the page about the thing with a document path."""
    return f"/page/{quote(path, safe=_IN_PATH)}"
