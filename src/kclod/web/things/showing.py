"""The page about a thing, put together: its contents, how to cite and reuse it, and what machines read in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flask
import pyoxigraph as ox

from kclod.layout import Fact
from kclod.rdf import RDF_FORMATS
from kclod.site import Site
from kclod.web import interface
from kclod.web.http.negotiation import HTML
from kclod.web.http.responses import ProblemError, local_path, negotiate
from kclod.web.pages import page as html_page
from kclod.web.plain import plain
from kclod.web.present import Presenter
from kclod.web.things.citation import Citation
from kclod.web.things.entity import BRIEF, Describer, Entity
from kclod.web.things.incoming import PAGE
from kclod.web.things.labels import LABEL_PROPERTIES
from kclod.web.things.naming import Naming
from kclod.web.things.reader import TYPE
from kclod.web.things.stated import claim_page, source_page
from kclod.web.things.statements import Group, Origin, origins_in
from kclod.web.things.structured import structured
from kclod.web.things.witness import CLAIMS
from kclod.web.versions.mementos import earlier

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w*-]+=(?:\"[^\"]*\"|[\w-]+))*)")
_ATTRIBUTE = re.compile(r"([\w*-]+)=(?:\"([^\"]*)\"|([\w-]+))")
_IRI = re.compile(r"<([^<>]*?)([A-Za-z_][A-Za-z0-9_-]*)>")
_TITLE, _SUMMARY = 120, 300


def naming(presenter: Presenter) -> Naming:
    """The names that this reader sees."""
    labels, language = presenter.publication.labels, presenter.language
    return Naming(
        presenter.publication.addresses.base_iri,
        labels.has,
        lambda iri: labels.of(iri, language).text,
        lambda iri: labels.of_term(iri, language).text,
    )


def show(
    node: ox.NamedNode,
    alternates: Sequence[tuple[str, str]],
    links: Sequence[str],
    arguments: Mapping[str, str],
    number: int,
) -> flask.Response:
    """The page about a thing, or one page of what links to it (`in=`) or of a declared fact (`fact=`).

    `alternates` are its data documents with their media types, `links` whole Link values that the page repeats,
    `arguments` what its address is made of. ProblemError 400 or 404 where a parameter asks for nothing there is.
    """
    presenter = Presenter.of_request()
    choice = negotiate((HTML,), alternates)
    publication, names, head = presenter.publication, naming(presenter), _Head(presenter, links)
    site = publication.release.site
    contents = Describer(publication.reader, publication.arranger, site.layout, names, site.schemes)
    shared: dict[str, object] = {
        "node": node,
        "title": plain(presenter.iri(node.value).text, _TITLE),
        "arguments": dict(arguments),
        "endpoint": "documents.page" if "path" in arguments else "documents.describe",
        "formats": [(f.title, href) for f, (href, _) in zip(RDF_FORMATS, alternates, strict=True)],
        "page": number,
        "size": PAGE,
        "type": TYPE,
        "brief_values": BRIEF,
        "most_claims": CLAIMS,
        "why": contents.derivation,
        "ask": lambda asked: _query_of(publication.release.site, node, asked),
        "head": head,
    }
    predicate, shape = flask.request.args.get("in"), flask.request.args.get("fact")
    if predicate or shape:
        group = _incoming(contents, node, predicate, number) if predicate else _declared(contents, node, shape, number)
        name, wanted = ("in", predicate) if predicate else ("fact", shape)
        shared["arguments"] = dict(arguments) | {name: wanted}
        return html_page("incoming.html", presenter, choice, links=[*links], group=group, of=arguments, **shared)
    entity = contents.entity(node)
    reader = publication.reader
    return html_page(
        "entity.html",
        presenter,
        choice,
        links=[*links],
        entity=entity,
        claim=claim_page(reader, contents, names, node),
        sources=source_page(reader, names, node, number),
        cited=_sources(entity),
        citation=citation(presenter, node),
        query=_query(publication.release.site, node),
        structured=_structured(presenter, entity, head.canonical),
        summary=_summary(presenter, entity),
        earlier=earlier(node, arguments["path"]) if "path" in arguments else (),
        **shared,
    )


def citation(presenter: Presenter, node: ox.NamedNode) -> Citation:
    """How to cite what this release says of a thing, in the reader's language."""
    site, version = presenter.publication.release.site, presenter.publication.release.version
    return Citation(
        node.value,
        presenter.iri(node.value).text,
        presenter.text(site.title).text,
        presenter.text(site.publisher).text or None,
        version,
        site.issued,
        presenter.language,
    )


class _Head:
    """What a page tells machines in its head: where it is, in which languages, and the links that its headers have."""

    def __init__(self, presenter: Presenter, links: Sequence[str]) -> None:
        self._public = presenter.publication.public_url
        self.canonical = self._absolute(flask.request.args.to_dict(flat=False))
        languages = {
            tag: self._absolute(flask.request.args.to_dict(flat=False) | {"lang": [tag]}) for tag in interface.LANGUAGES
        }
        rest = {name: values for name, values in flask.request.args.to_dict(flat=False).items() if name != "lang"}
        self.languages = languages | {"x-default": self._absolute(rest)}
        self.links = [attributes for text in links for attributes in _mirrored(text)]

    def _absolute(self, arguments: Mapping[str, Sequence[str]]) -> str:
        values: dict[str, object] = {**(flask.request.view_args or {}), **arguments}
        path = local_path(flask.request.endpoint or "", values)
        return f"{self._public}{path.removeprefix(flask.request.script_root).removeprefix('/')}"


def _mirrored(text: str) -> list[dict[str, str]]:
    """Link header values (RFC 8288, section 3) as the attributes of HTML link elements."""
    found = []
    for href, parameters in _LINK.findall(text):
        attributes = {name: quoted or token for name, quoted, token in _ATTRIBUTE.findall(parameters)}
        if "rel" in attributes and attributes.get("hreflang") is None:
            found.append({"href": href} | {name: attributes[name] for name in ("rel", "type") if name in attributes})
    return found


def _incoming(contents: Describer, node: ox.NamedNode, predicate: str, number: int) -> Group:
    try:
        group = contents.incoming_group(node, ox.NamedNode(predicate), number)
    except ValueError:
        raise ProblemError(400, "bad-parameter", "`in` is the IRI of a property") from None
    if not group.statements:
        raise ProblemError(404, "no-such-page", "nothing links here by this property, or the page is past the last")
    return group


def _declared(contents: Describer, node: ox.NamedNode, shape: str | None, number: int) -> Group:
    group = contents.declared_group(node, shape or "", number)
    if group is None or not group.statements:
        raise ProblemError(404, "no-such-page", "there is no such fact here, or the page is past the last")
    return group


@dataclass(frozen=True, slots=True)
class Cited:
    """A source of the page, with how many of its claims are behind what the page says."""

    source: ox.NamedNode
    claims: int


def _sources(entity: Entity) -> list[Cited]:
    claims: dict[str, Origin] = {o.graph.value: o for o in origins_in(entity.groups) if o.claim is not None}
    counts: dict[ox.NamedNode, int] = {}
    for origin in claims.values():
        if origin.claim is not None:
            counts[origin.claim.source] = counts.get(origin.claim.source, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0].value))
    return [Cited(source, claims_) for source, claims_ in ordered]


def _summary(presenter: Presenter, entity: Entity) -> str:
    """What a thing is, in one line for previews; its classes where nothing introduces it."""
    if entity.lead is not None:
        shown, _ = presenter.by_language(entity.lead.statements)
        return plain(" ".join(s.value.value for s in shown if isinstance(s.value, ox.Literal)), _SUMMARY)
    kinds = [s.value for s in entity.types if not s.inferred and isinstance(s.value, ox.NamedNode)]
    return plain(", ".join(presenter.term(kind.value).text for kind in kinds), _SUMMARY)


def _structured(presenter: Presenter, entity: Entity, canonical: str) -> str:
    site = presenter.publication.release.site
    dataset: dict[str, object] = {
        "@id": site.dataset_iri,
        "name": plain(presenter.text(site.title).text),
        "version": presenter.publication.release.version,
    }
    if site.licence:
        dataset["license"] = site.licence
    page: dict[str, object] = {"@id": canonical, "inLanguage": presenter.language}
    name = presenter.iri(entity.node.value).text
    return structured(entity, site.layout.schema_terms, name, page, dataset)


def _query(site: Site, node: ox.NamedNode) -> str:
    """What the release says of a thing and which claims say it, for the reader to go on from."""
    iri, provenance = node.value, site.graphs.get("provenance")
    source = "<http://www.w3.org/ns/prov#hadPrimarySource>"
    claims = [
        "  OPTIONAL {",
        f"    GRAPH ?claim {{ <{iri}> ?property ?value }}",
        f"    GRAPH <{provenance}> {{ ?claim {source} ?source }}",
        "  }",
    ]
    body = [f"  <{iri}> ?property ?value .", *(claims if provenance else ())]
    selected = "?property ?value ?claim ?source" if provenance else "?property ?value"
    return _shortened(site, [f"SELECT {selected} WHERE {{", *body, "}", "ORDER BY ?property ?value", "LIMIT 500"])


def _query_of(site: Site, node: ox.NamedNode, asked: Fact | ox.NamedNode) -> str:
    """The values of a declared fact, or of a property, with their labels."""
    path, only = (asked.path.sparql(), asked.only) if isinstance(asked, Fact) else (str(asked), ())
    body = [f"  <{node.value}> {path} ?value ."]
    if only:
        classes = " ".join(f"<{iri}>" for iri in only)
        body += [
            "  FILTER EXISTS {",
            f"    VALUES ?class {{ {classes} }}",
            "    { ?value a ?class } UNION { ?owner ?link ?value . ?owner a ?class }",
            "  }",
        ]
    body += [f"  OPTIONAL {{ ?value {' | '.join(map(str, LABEL_PROPERTIES[:3]))} ?label }}"]
    return _shortened(site, ["SELECT DISTINCT ?value ?label WHERE {", *body, "}", "LIMIT 500"])


def _shortened(site: Site, lines: Sequence[str]) -> str:
    """A query with the prefixes that it can use: of IRIs that are a prefix's namespace and a plain name."""
    prefixes = {namespace: prefix for prefix, namespace in site.prefixes.items()}
    used: dict[str, str] = {}

    def short(match: re.Match[str]) -> str:
        namespace, name = match.groups()
        if namespace not in prefixes:
            return match[0]
        used[prefixes[namespace]] = namespace
        return f"{prefixes[namespace]}:{name}"

    text = _IRI.sub(short, "\n".join(lines))
    return "\n".join([*(f"PREFIX {prefix}: <{used[prefix]}>" for prefix in sorted(used)), text])
