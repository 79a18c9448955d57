"""A Linked Data Event Stream of what changed: a member for each thing that a release added, changed or removed.

The root node leads to a node for each release (TREE relations by time); those never change again. A member is a named
graph with what the default graph of that release says of the thing; of one that was removed there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import flask
import pyoxigraph as ox

from kclod.changes import Kind, TooManyChangesError
from kclod.errors import UsageError
from kclod.history import Edition
from kclod.rdf import DEFAULT_GRAPH, TRIG, split_line, triples_from
from kclod.sorted_dump import SortedLines
from kclod.vocab import DCT, PROV, RDF, XSD, Namespace
from kclod.web.documents import page_number
from kclod.web.http.responses import ProblemError, answer, ascii_uri, negotiate
from kclod.web.http.table import TABLE
from kclod.web.publication import Publication, current
from kclod.web.versions.catalogue import version_iri
from kclod.web.writing import write

blueprint = flask.Blueprint("ldes", __name__)
LDES, TREE = Namespace("https://w3id.org/ldes#"), Namespace("https://w3id.org/tree#")
AS = Namespace("https://www.w3.org/ns/activitystreams#")
_KINDS = {Kind.ADDED: AS["Create"], Kind.CHANGED: AS["Update"], Kind.REMOVED: AS["Delete"]}
_SIZE = 250
"""Members of one page."""
_POLLING = 3600
"""Seconds between looks of a client, as it is told."""
_PREFIXES = {"ldes": str(LDES), "tree": str(TREE), "as": str(AS), "dcterms": str(DCT), "prov": str(PROV)}


@blueprint.get("/ldes")
def stream() -> flask.Response:
    """The stream and its root node: its paths, and a relation to the node of each release."""
    choice = negotiate(TABLE["ldes.stream"].offers)
    publication = current()
    here, stream_ = _node(publication), _stream(publication)
    said: list[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]] = [
        (stream_, RDF["type"], LDES["EventStream"]),
        (stream_, DCT["isVersionOf"], ox.NamedNode(publication.release.site.dataset_iri)),
        (stream_, LDES["timestampPath"], PROV["generatedAtTime"]),
        (stream_, LDES["versionOfPath"], DCT["isVersionOf"]),
        (stream_, LDES["versionCreateObject"], AS["Create"]),
        (stream_, LDES["versionUpdateObject"], AS["Update"]),
        (stream_, LDES["versionDeleteObject"], AS["Delete"]),
        (stream_, LDES["pollingInterval"], ox.Literal(_POLLING)),
        (stream_, TREE["view"], here),
        (here, RDF["type"], TREE["Node"]),
    ]
    if licence := publication.release.site.licence:
        said.append((stream_, DCT["license"], ox.NamedNode(licence)))
    for one in publication.line:
        for kind, name in (("GreaterThanOrEqualToRelation", "from"), ("LessThanOrEqualToRelation", "until")):
            relation = ox.NamedNode(f"{here.value}#{name}-{one.version}")
            said += [
                (here, TREE["relation"], relation),
                (relation, RDF["type"], TREE[kind]),
                (relation, TREE["node"], _node(publication, one)),
                (relation, TREE["path"], PROV["generatedAtTime"]),
                (relation, TREE["value"], _moment(one)),
            ]
    quads = [ox.Quad(*triple, DEFAULT_GRAPH) for triple in said]
    return answer(write(quads, choice.offer.format or TRIG, _PREFIXES), choice.media_type)


@blueprint.get("/ldes/<version>")
def node(version: str) -> flask.Response:
    """What one release changed, some hundred members a page; the pages of a release never change."""
    publication, number = current(), page_number()
    edition = next((one for one in publication.line if one.version == version), None)
    if edition is None:
        raise ProblemError(404, "unknown-release", f"there is no release {version!r}")
    choice = negotiate(TABLE["ldes.node"].offers)
    changed = _changed(publication, version)
    pages = max(-(-len(changed) // _SIZE), 1)
    if number > pages:
        raise ProblemError(404, "no-such-page", "the page is past the last")
    some = changed[(number - 1) * _SIZE : number * _SIZE]
    here = _node(publication, edition, number)
    quads = [
        ox.Quad(here, RDF["type"], TREE["Node"], DEFAULT_GRAPH),
        ox.Quad(here, LDES["immutable"], ox.Literal(True), DEFAULT_GRAPH),
        *_members(publication, edition, some),
    ]
    if number < pages:
        relation = ox.NamedNode(f"{here.value}#next")
        quads += [
            ox.Quad(here, TREE["relation"], relation, DEFAULT_GRAPH),
            ox.Quad(relation, RDF["type"], TREE["Relation"], DEFAULT_GRAPH),
            ox.Quad(relation, TREE["node"], _node(publication, edition, number + 1), DEFAULT_GRAPH),
        ]
    prefixes = _PREFIXES | dict(publication.release.site.prefixes)
    return answer(write(quads, choice.offer.format or TRIG, prefixes), choice.media_type)


def _changed(publication: Publication, version: str) -> list[tuple[str, Kind]]:
    """The things of which the default graph says something else, in order; of the first release all."""
    try:
        entities = publication.differences.to(version).entities
    except TooManyChangesError:
        raise ProblemError(503, "too-many-changes", "this release changed more than the stream tells") from None
    except UsageError as error:
        raise ProblemError(503, "release-unreadable", error.problems[0].message) from None
    told = ("stated", "links", "inferred")
    return [
        (entity.iri, entity.kind)
        for entity in entities
        if not entity.iri.startswith("_:") and any(fact.role in told and not fact.graph for fact in entity.facts)
    ]


def _members(publication: Publication, edition: Edition, changed: list[tuple[str, Kind]]) -> Iterator[ox.Quad]:
    stream_, moment = _stream(publication), _moment(edition)
    place = version_iri(publication, edition.version)
    if edition.dump is None:
        return
    with closing(SortedLines(edition.dump)) as lines:
        for iri, kind in changed:
            member, thing = ox.NamedNode(f"{place}changes#{ascii_uri(iri).replace('#', '%23')}"), ox.NamedNode(iri)
            statements = [split_line(line) for line in lines.starting(f"<{iri}> ")]
            said = triples_from(statement for statement, graph in statements if not graph)
            became = _KINDS[kind if said else Kind.REMOVED]
            yield ox.Quad(stream_, TREE["member"], member, DEFAULT_GRAPH)
            yield ox.Quad(member, RDF["type"], became, DEFAULT_GRAPH)
            yield ox.Quad(member, DCT["isVersionOf"], thing, DEFAULT_GRAPH)
            yield ox.Quad(member, PROV["generatedAtTime"], moment, DEFAULT_GRAPH)
            for triple in said:
                yield ox.Quad(triple.subject, triple.predicate, triple.object, member)


def _stream(publication: Publication) -> ox.NamedNode:
    return ox.NamedNode(f"{publication.public_url}ldes#stream")


def _node(publication: Publication, edition: Edition | None = None, number: int = 1) -> ox.NamedNode:
    if edition is None:
        return ox.NamedNode(f"{publication.public_url}ldes")
    query = f"?page={number}" if number > 1 else ""
    return ox.NamedNode(f"{publication.public_url}ldes/{edition.version}{query}")


def _moment(edition: Edition) -> ox.Literal:
    return ox.Literal(edition.published.isoformat().replace("+00:00", "Z"), datatype=XSD["dateTime"])
