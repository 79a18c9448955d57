"""Things and the documents about them: 303 from one to the other, pages, data documents, link sets, descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

import flask
import pyoxigraph as ox

from kclod.rdf import RDF_FORMATS, Format
from kclod.web.describe import describe as describe_data
from kclod.web.http import profiles, signposts
from kclod.web.http.addresses import spellings
from kclod.web.http.negotiation import Offer, offers_of
from kclod.web.http.profiles import Profile
from kclod.web.http.responses import ProblemError, answer, ascii_uri, link, local_path, negotiate, redirect
from kclod.web.http.table import TABLE
from kclod.web.publication import Publication, current
from kclod.web.things.showing import show
from kclod.web.versions import mementos
from kclod.web.writing import write, write_triples

blueprint = flask.Blueprint("documents", __name__)
_BY_NAME = {f.name: f for f in RDF_FORMATS}
_OFFERS = TABLE["documents.thing"].offers
_LINKSETS = {"json": signposts.LINKSET_JSON, "txt": signposts.LINKSET}
_LAST_PAGE = 1_000_000
_T = TypeVar("_T")


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
    """The page about a thing; `_profile=alt` leads to the list of all representations."""
    found = _document(path)
    if found.path != path:
        return redirect(local_path("documents.page", _arguments() | {"path": found.path}), 308)
    if profiles.asked() in profiles.LISTS:
        return redirect(local_path("documents.data", {"name": f"{path}.ttl", "_profile": "alt"}), 303)
    documents = _documents(path)
    links = [
        *profiles.alternates(documents, None, None),
        link(found.node.value, "describes"),
        *signposts.of_page(current(), found.node, documents),
        *_linksets(path),
        *mementos.links(f"page/{path}", found.node.value),
    ]
    return _page(found.node, documents, links, {"path": path})


@blueprint.get("/data/<path:name>")
def data(name: str) -> flask.Response:
    """The data document about a thing, in the format that the extension names, by the profile that is asked for."""
    path, fmt = _named(name, _BY_NAME)
    found = _document(path)
    if found.path != path:
        return redirect(local_path("documents.data", _arguments() | {"name": f"{found.path}.{fmt.name}"}), 308)
    publication, documents = current(), _documents(path)
    page_path = local_path("documents.page", {"path": path})
    if profiles.asked() in profiles.LISTS:
        return _listing(found.node, fmt, path)
    profile = profiles.of_request(fmt)
    links = [
        link(documents[fmt.name], "canonical", fmt.media_type, profile=profiles.available(fmt)[0].iri),
        *profiles.alternates(documents, fmt, profile),
        link(page_path, "alternate", "text/html"),
        *profiles.tokens(),
        *signposts.of_data(publication, found.node, page_path),
        *_linksets(path),
        *mementos.links(f"data/{name}", found.node.value),
    ]
    document = f"{publication.release.site.base_iri}data/{name}"
    return _data(found.node, fmt, fmt.media_type, profile, document, links=links)


@blueprint.get("/linkset/<path:name>")
def links(name: str) -> flask.Response:
    """All links of a thing's page and data documents as a link set (RFC 9264), by extension `json` or `txt`."""
    path, media_type = _named(name, _LINKSETS)
    extension = name.rpartition(".")[2]
    found = _document(path)
    if found.path != path:
        return redirect(local_path("documents.links", _arguments() | {"name": f"{found.path}.{extension}"}), 308)
    publication, documents = current(), _documents(path)
    page_path = local_path("documents.page", {"path": path})
    contexts = {
        page_path: [*profiles.alternates(documents, None, None), *signposts.of_page(publication, found.node, documents)]
    } | {
        documents[fmt.name]: [
            *signposts.of_data(publication, found.node, page_path),
            link(profiles.available(fmt)[0].iri, "profile"),
        ]
        for fmt in RDF_FORMATS
    }
    written = signposts.linkset_json(contexts) if extension == "json" else signposts.linkset(contexts)
    licence = publication.release.site.licence
    values = [link(found.node.value, "describes"), *([link(licence, "license")] if licence else ())]
    return answer(written, media_type, links=values)


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
    if node is None or publication.gone.declared(node):
        raise _unknown(iri)
    address = publication.addresses.of(iri)
    if address is not None and name is None and not address.fragment:
        return redirect(_thing_path(node), 303)
    documents = {f.name: flask.url_for(".describe", iri=iri, format=f.name) for f in RDF_FORMATS}
    fmt, media_type = (_BY_NAME.get(name), None) if name is not None else _choice(documents)
    values = [*profiles.alternates(documents, fmt, None), link(node.value, "describes")]
    if fmt is None:
        return _page(node, documents, values, {"iri": iri})
    profile = profiles.of_request(fmt)
    location = profiles.address(documents[fmt.name], fmt, profile)
    return _data(
        node, fmt, media_type or fmt.media_type, profile, _describe_iri(publication), links=values, location=location
    )


def _describe_iri(publication: Publication) -> str:
    return f"{publication.public_url}describe"


def _see_document(path: str) -> flask.Response:
    publication = current()
    found = _find(publication, [f"{publication.addresses.base_iri}{spelling}" for spelling in spellings(path)], path)
    if unquote(found.node.value.removeprefix(publication.addresses.base_iri)) != unquote(path):
        query = flask.request.query_string.decode("ascii", "replace")
        return redirect(_thing_path(found.node) + (f"?{query}" if query else ""), 308)
    fmt, _ = _choice(_documents(found.path))
    kept = {name: flask.request.args[name] for name in ("lang", "_profile") if name in flask.request.args}
    if fmt is None:
        kept.pop("_profile", None)
        return redirect(local_path("documents.page", {"path": found.path} | kept), 303)
    kept.pop("lang", None)
    profile = profiles.PLAIN if profiles.asked() in profiles.LISTS else profiles.of_request(fmt)
    if "_profile" not in kept and profile is not profiles.available(fmt)[0]:
        kept["_profile"] = profile.token
    return redirect(local_path("documents.data", {"name": f"{found.path}.{fmt.name}"} | kept), 303)


def _choice(documents: dict[str, str]) -> tuple[Format | None, str | None]:
    """The format (None for HTML) and media type by Accept, among those that have the profile that is asked for."""
    formats = profiles.formats()
    offers: tuple[Offer, ...] = _OFFERS if formats is None else offers_of(formats)
    choice = negotiate(offers, [(documents[f.name], f.media_type) for f in RDF_FORMATS])
    return choice.offer.format, choice.media_type


def _thing_path(node: ox.NamedNode) -> str:
    """The address on this site of a thing below the base: its own path, as a URI."""
    path = node.value.removeprefix(current().addresses.base_iri)
    return f"{flask.request.script_root}/{ascii_uri(path)}"


def _named(name: str, known: Mapping[str, _T]) -> tuple[str, _T]:
    """Path and what the extension stands for."""
    path, _, extension = name.rpartition(".")
    if extension not in known or not path:
        listed = ", ".join(f".{one}" for one in known)
        raise ProblemError(404, "unknown-format", f"such a document has one of the extensions {listed}")
    return path, known[extension]


def _listing(node: ox.NamedNode, fmt: Format, path: str) -> flask.Response:
    publication = current()

    def absolute(local: str) -> str:
        return publication.public_url + ascii_uri(local.removeprefix(flask.request.script_root).removeprefix("/"))

    documents = {name: absolute(href) for name, href in _documents(path).items()}
    triples = profiles.listing(node, absolute(local_path("documents.page", {"path": path})), documents)
    prefixes = dict(publication.release.site.prefixes) | {"altr": str(profiles.ALTR), "prof": str(profiles.PROF)}
    response = answer(
        write_triples(triples, fmt, prefixes), fmt.media_type, links=[link(profiles.LISTS[-1], "profile")]
    )
    response.headers["Content-Profile"] = f"<{profiles.LISTS[-1]}>"
    return response


def page_number() -> int:
    """The `page` parameter, from 1; a 400 when it is something else."""
    text = flask.request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _LAST_PAGE):
        raise ProblemError(400, "bad-parameter", "`page` is a whole number from 1")
    return int(text)


def _page(node: ox.NamedNode, documents: dict[str, str], links: list[str], arguments: dict[str, str]) -> flask.Response:
    alternates = [(documents[f.name], f.media_type) for f in RDF_FORMATS]
    return show(node, alternates, links, arguments, page_number())


def _data(
    node: ox.NamedNode,
    fmt: Format,
    media_type: str,
    profile: Profile,
    document: str,
    *,
    links: Sequence[str],
    location: str | None = None,
) -> flask.Response:
    publication, number = current(), page_number()
    described = describe_data(publication.reader, node, profile, document, number)
    links = [*links, link(profile.iri, "profile")]
    if described.more:
        arguments = (flask.request.view_args or {}) | _arguments() | {"page": str(number + 1)}
        links.append(link(local_path(str(flask.request.endpoint), arguments), "next"))
    prefixes = publication.release.site.prefixes
    response = answer(write(described.quads, fmt, prefixes), media_type, location=location, links=links)
    response.headers["Content-Profile"] = f"<{profile.iri}>"
    return response


def _document(path: str) -> _Found:
    """The thing that a document path stands for; a 404 or 410 when the data has none."""
    publication = current()
    return _find(publication, publication.addresses.candidates(path), f"id/{path}")


def _find(publication: Publication, candidates: Iterable[str], path: str) -> _Found:
    """The first of the IRIs that the data describes; a 404 or 410 that names the path's when there is none."""
    addresses = publication.addresses
    for iri in candidates:
        node = publication.reader.exists(iri)
        address = addresses.of(iri)
        if node is not None and address is not None and not publication.gone.declared(node):
            return _Found(node, address.path)
    things = [f"{addresses.base_iri}{prefix}{path.removeprefix('id/')}" for prefix in ("id/", "")]
    raise _unknown(next((iri for iri in things if publication.gone.of(iri)), f"{addresses.base_iri}{path}"))


def _unknown(iri: str) -> ProblemError:
    """410 for what was published once, with what has taken its place; else 404 with what is called alike."""
    publication = current()
    withdrawal = publication.gone.of(iri)
    if withdrawal is None:
        near = publication.near.to(iri)
        return ProblemError(
            404, "unknown-thing", f"the data says nothing of {iri}", extra={"iri": iri, "similar": list(near)}
        )
    when = f"; release {withdrawal.release} had it" if withdrawal.release else ""
    return ProblemError(
        410,
        "withdrawn",
        f"{iri} is no longer published{when}",
        extra={
            "iri": iri,
            "replaced_by": list(withdrawal.replacements),
            "reasons": withdrawal.reasons,
            "memento": mementos.address(publication.line, withdrawal.release, iri),
        },
        headers={"Link": ", ".join(link(one, "successor-version") for one in withdrawal.replacements)}
        if withdrawal.replacements
        else None,
    )


def _documents(path: str) -> dict[str, str]:
    """The addresses of the data documents by the names of their formats."""
    return {f.name: local_path("documents.data", {"name": f"{path}.{f.name}"}) for f in RDF_FORMATS}


def _linksets(path: str) -> list[str]:
    """The links to the link sets of a thing."""
    return [
        link(local_path("documents.links", {"name": f"{path}.{extension}"}), "linkset", media_type)
        for extension, media_type in _LINKSETS.items()
    ]


def _arguments() -> dict[str, list[str]]:
    return flask.request.args.to_dict(flat=False)
