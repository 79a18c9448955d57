"""Things and the documents about them: 303 from one to the other, pages, data documents, descriptions by IRI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import flask
import pyoxigraph as ox

from kclod.rdf import RDF_FORMATS, Format
from kclod.web.addresses import spellings
from kclod.web.describe import describe as describe_data
from kclod.web.negotiation import HTML, offers_of
from kclod.web.publication import Publication, current
from kclod.web.responses import ProblemError, answer, link, local_path, negotiate
from kclod.web.showing import show
from kclod.web.writing import write

blueprint = flask.Blueprint("documents", __name__)
_BY_NAME = {f.name: f for f in RDF_FORMATS}
_OFFERS = (HTML, *offers_of(RDF_FORMATS))
_LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Found:
    node: ox.NamedNode
    path: str


@blueprint.get("/id/<path:path>")
def thing(path: str) -> flask.Response:
    """303 See Other from a thing to the document about it (Cool URIs for the Semantic Web, section 4.2)."""
    return _see_document(f"id/{path}")


@blueprint.get("/<path:path>")
def other_thing(path: str) -> flask.Response:
    """The same for what has an IRI elsewhere below the base: claims, graphs, links."""
    return _see_document(path)


@blueprint.get("/page/<path:path>")
def page(path: str) -> flask.Response:
    """The page about a thing."""
    found = _find(current(), path, documents=True)
    if found.path != path:
        return _redirect(local_path("documents.page", _arguments() | {"path": found.path}), 308)
    return _page(found.node, list(_alternates(found.path)), {"path": path})


@blueprint.get("/data/<path:name>")
def data(name: str) -> flask.Response:
    """The data document about a thing, in the format that the extension names."""
    path, _, extension = name.rpartition(".")
    fmt = _BY_NAME.get(extension)
    if fmt is None or not path:
        listed = ", ".join(f".{known}" for known in _BY_NAME)
        raise ProblemError(404, "unknown-format", f"a data document has one of the extensions {listed}")
    publication = current()
    found = _find(publication, path, documents=True)
    if found.path != path:
        return _redirect(local_path("documents.data", _arguments() | {"name": f"{found.path}.{extension}"}), 308)
    document = f"{publication.release.site.base_iri}data/{name}"
    links = [
        link(href, "alternate", media_type) for href, media_type in _alternates(path) if media_type != fmt.media_type
    ]
    return _data(found.node, fmt, fmt.media_type, document, links=links)


@blueprint.get("/describe")
def describe() -> flask.Response:
    """A page or data about any IRI that the data describes, by negotiation or `format=`; below the base a redirect."""
    publication = current()
    iri = flask.request.args.get("iri", "")
    if not iri:
        raise ProblemError(400, "missing-parameter", "say which thing: /describe?iri=…")
    name = flask.request.args.get("format")
    if name is not None and name not in (*_BY_NAME, "html"):
        raise ProblemError(400, "unknown-format", f"`format` is one of html, {', '.join(_BY_NAME)}")
    node = publication.reader.exists(iri)
    if node is None:
        raise _unknown(iri)
    address = publication.addresses.of(iri)
    if address is not None and name is None and not address.fragment:
        path = iri.removeprefix(publication.addresses.base_iri)
        return _redirect(local_path("documents.other_thing", {"path": path}), 303)
    alternates = [(flask.url_for(".describe", iri=iri, format=f.name), f.media_type) for f in RDF_FORMATS]
    choice = negotiate(_OFFERS, alternates) if name is None else None
    fmt = _BY_NAME.get(name or "") if choice is None else choice.offer.format
    if fmt is None:
        return _page(node, alternates, {"iri": iri})
    media_type = choice.media_type if choice else fmt.media_type
    document = f"{publication.public_url}describe"
    location = flask.url_for(".describe", iri=iri, format=fmt.name)
    return _data(node, fmt, media_type, document, links=[], location=location)


def _see_document(path: str) -> flask.Response:
    found = _find(current(), path, documents=False)
    choice = negotiate(_OFFERS, _alternates(found.path))
    fmt = choice.offer.format
    if fmt is None:
        kept = {"lang": flask.request.args["lang"]} if "lang" in flask.request.args else {}
        return _redirect(local_path("documents.page", {"path": found.path} | kept), 303)
    return _redirect(local_path("documents.data", {"name": f"{found.path}.{fmt.name}"}), 303)


def page_number() -> int:
    """The `page` parameter, from 1; a 400 when it is something else."""
    text = flask.request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _LAST_PAGE):
        raise ProblemError(400, "bad-parameter", "`page` is a whole number from 1")
    return int(text)


def _page(node: ox.NamedNode, alternates: list[tuple[str, str]], arguments: dict[str, str]) -> flask.Response:
    links = [link(href, "alternate", media_type) for href, media_type in alternates]
    links.append(link(node.value, "describes"))
    return show(node, alternates, links, arguments, page_number())


def _data(
    node: ox.NamedNode, fmt: Format, media_type: str, document: str, *, links: list[str], location: str | None = None
) -> flask.Response:
    publication, number = current(), page_number()
    described = describe_data(publication.reader, node, fmt, document, number)
    links = [*links, link(node.value, "describes")]
    if described.more:
        arguments = (flask.request.view_args or {}) | _arguments() | {"page": str(number + 1)}
        links.append(link(local_path(str(flask.request.endpoint), arguments), "next"))
    prefixes = publication.release.site.prefixes
    return answer(write(described.quads, fmt, prefixes), media_type, location=location, links=links)


def _find(publication: Publication, path: str, *, documents: bool) -> _Found:
    """The thing that a document path, or the path of an IRI, stands for; a 404 when the data has none."""
    addresses = publication.addresses
    candidates = addresses.candidates(path) if documents else (f"{addresses.base_iri}{s}" for s in spellings(path))
    for iri in candidates:
        node = publication.reader.exists(iri)
        address = addresses.of(iri)
        if node is not None and address is not None:
            return _Found(node, address.path)
    raise _unknown(f"{addresses.base_iri}{path}")


def _unknown(iri: str) -> ProblemError:
    return ProblemError(404, "unknown-thing", f"the data says nothing of {iri}", extra={"iri": iri})


def _alternates(path: str) -> Iterator[tuple[str, str]]:
    return ((flask.url_for("documents.data", name=f"{path}.{f.name}"), f.media_type) for f in RDF_FORMATS)


def _redirect(target: str, status: int) -> flask.Response:
    """303 See Other, or 308 where another spelling of the address is the one to use."""
    response = flask.Response(status=status, content_type="text/plain; charset=utf-8")
    response.headers["Location"] = target
    return response


def _arguments() -> dict[str, list[str]]:
    return flask.request.args.to_dict(flat=False)
