"""The table of negotiation: for every kind of resource, what an answer is chosen by and what it then has.

The site takes its offers from here, `docs/negotiation.md` and the tests are made from it, and a route without a row
fails them. A request is answered so, whatever the kind:

- GET, HEAD and OPTIONS, and nothing else (405 with Allow) but POST of a query. HEAD has the headers of GET.
- By extension or parameter: the representation that is named, whatever the Accept fields say.
- By Accept (RFC 9110, section 12.5.1), Accept-Language (12.5.4) and Accept-Profile: the best of `offers`; 406 with the
  list of what there is when none is acceptable. A language is never a reason for 406.
- A refusal is problem details (RFC 9457) or, for who prefers it, a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kclod.rdf import JSON_LD, N_QUADS, RDF_FORMATS, RESULT_FORMATS, TRIG
from kclod.web.http.negotiation import HTML, Offer, offers_of

_RDF = offers_of(RDF_FORMATS)
STREAMED = (TRIG, N_QUADS, JSON_LD)
"""The formats of the event stream, whose members are named graphs."""
_MEMENTO = ("original", "timegate", "timemap")
_PAGE_LINKS = (
    *("alternate", "author", "cite-as", "collection", "describedby", "describes", "license", "linkset", "type"),
    *_MEMENTO,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of resource.

    `status` is that of a request that can be answered. `offers` are the media types to choose from by Accept, the
    first where nothing is preferred; none where the address decides. `vary` names the fields that decide, `fixed` the
    parameters that decide instead, each with the field that it takes out of `vary` (RFC 9110, section 12.5.5).
    `located` tells whether the answer has a Content-Location (8.7), `tagged` whether it has an ETag and Last-Modified
    (8.8) and so answers conditions, `links` the relations of its Link field (RFC 8288). `posted` is whether it can be
    asked by POST.
    """

    kind: str
    address: str
    status: int = 200
    offers: tuple[Offer, ...] = ()
    extensions: tuple[str, ...] = ()
    vary: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict, hash=False)
    located: bool = False
    tagged: bool = True
    links: tuple[str, ...] = ()
    posted: bool = False


_PAGE = {"offers": (HTML,), "vary": ("Accept", "Accept-Language"), "fixed": {"lang": "Accept-Language"}}
_WORDED = {"vary": ("Accept-Language",), "fixed": {"lang": "Accept-Language"}}
_THING = Row(
    "thing",
    "/id/X, and /X for what is not below /id/",
    status=303,
    offers=(HTML, *_RDF),
    vary=("Accept", "Accept-Profile"),
    fixed={"_profile": "Accept-Profile"},
    tagged=False,
)
_EXTENSIONS = tuple(fmt.name for fmt in RDF_FORMATS)
_ONTOLOGY = Row(
    "ontology",
    "/ontology, and below it the version IRI",
    offers=(HTML, *_RDF),
    vary=("Accept", "Accept-Language"),
    fixed={"lang": "Accept-Language"},
    located=True,
    links=("alternate",),
)

TABLE: Mapping[str, Row] = {
    "documents.thing": _THING,
    "documents.other_thing": _THING,
    "documents.page": Row(
        "page",
        "/page/X",
        offers=(HTML,),
        vary=("Accept", "Accept-Datetime", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
        links=_PAGE_LINKS,
    ),
    "documents.data": Row(
        "data document",
        "/data/X.EXT",
        extensions=_EXTENSIONS,
        vary=("Accept-Datetime", "Accept-Profile"),
        fixed={"_profile": "Accept-Profile"},
        links=(
            *("alternate", "canonical", "collection", "describes", "license", "linkset", "profile", "type"),
            *_MEMENTO,
        ),
    ),
    "documents.links": Row("link set", "/linkset/X", extensions=("json", "txt"), links=("describes", "license")),
    "documents.describe": Row(
        "any IRI",
        "/describe?iri=IRI",
        offers=(HTML, *_RDF),
        vary=("Accept", "Accept-Language", "Accept-Profile"),
        fixed={"lang": "Accept-Language", "_profile": "Accept-Profile", "format": "Accept"},
        located=True,
        links=("alternate", "describes"),
    ),
    "ontology.page": _ONTOLOGY,
    "ontology.version": _ONTOLOGY,
    "ontology.data": Row("ontology document", "/ontology.EXT", extensions=_EXTENSIONS),
    "wellknown.void": Row("dataset", "/.well-known/void", offers=_RDF, vary=("Accept",), links=("describes",)),
    "overview.home": Row("home", "/", **_PAGE),  # type: ignore[arg-type]  # keywords of several types
    "overview.browse": Row("list", "/browse", **_PAGE),  # type: ignore[arg-type]  # keywords of several types
    "search.search": Row(
        "search",
        "/search?q=WORDS",
        offers=(HTML, Offer("application/json")),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
    ),
    "search.as_json": Row("search as JSON", "/search.json?q=WORDS", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "search.suggest": Row("suggestions", "/search/suggest?q=WORDS", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "search.description": Row("OpenSearch description", "/opensearch.xml", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "lookups.lookup": Row(
        "look-up",
        "/lookup?scheme=SCHEME&id=ID",
        offers=(HTML, Offer("application/json")),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
    ),
    "lookups.by": Row(
        "look-up by path",
        "/id/by/SCHEME/ID",
        status=303,
        offers=(HTML, Offer("application/json")),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
        tagged=False,
    ),
    "reconciling.ask": Row(
        "reconciliation service",
        "/reconcile, and below it /LANG",
        offers=(Offer("application/json"), HTML),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
        posted=True,
    ),
    "reconciling.post": Row("reconciliation by POST", "/reconcile", tagged=False, posted=True, **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "reconciling.suggest": Row("reconciliation: suggestions", "/reconcile/suggest/entity?prefix=WORDS", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "reconciling.flyout": Row("reconciliation: flyout", "/reconcile/flyout/entity?id=ID", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "reconciling.properties": Row("reconciliation: properties", "/reconcile/properties?type=ID", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "reconciling.preview": Row("reconciliation: preview", "/reconcile/preview?id=ID", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "reconciling.view": Row("reconciliation: view", "/reconcile/view?id=ID", status=303, tagged=False, **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "measuring.metrics": Row("metrics", "/metrics", vary=("Accept",), tagged=False),
    "drawn.picture": Row("picture", "/pictures/NAME", **_PAGE),  # type: ignore[arg-type]  # keywords of several types
    "citing.cite": Row("citation", "/cite?iri=IRI", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "terms.listing": Row("terms", "/sparql/terms.json", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "terms.labels": Row("labels by POST", "/sparql/labels", tagged=False, posted=True),
    "overview.robots": Row("robots", "/robots.txt", tagged=False),
    "sitemap.whole": Row("sitemap", "/sitemap.xml"),
    "sitemap.part": Row("sitemap", "/sitemap/NUMBER.xml"),
    "overview.health": Row("health", "/health", tagged=False),
    "overview.live": Row("health", "/health/live", tagged=False),
    "releases.listing": Row(
        "releases",
        "/releases",
        offers=(HTML, *_RDF),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
    ),
    "releases.release": Row(
        "release",
        "/releases/VERSION/",
        offers=(HTML, *_RDF),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
    ),
    "releases.without_slash": Row("release", "/releases/VERSION", status=308, tagged=False),
    "releases.manifest": Row("manifest", "/releases/VERSION/manifest.json"),
    "releases.changes": Row(
        "what changed",
        "/releases/VERSION/changes",
        offers=(HTML, Offer("application/json")),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
    ),
    "releases.changes_as": Row("what changed", "/releases/VERSION/changes", extensions=("patch", "ru")),
    "releases.quads": Row("what changed", "/releases/VERSION/added.nq, /releases/VERSION/removed.nq"),
    "releases.feed": Row("feed of releases", "/releases.atom", **_WORDED),  # type: ignore[arg-type]  # keywords of several types
    "mementos.timegate": Row("time gate", "/timegate/DOCUMENT", status=302, vary=("Accept-Datetime",), tagged=False),
    "mementos.timemap": Row("time map", "/timemap/DOCUMENT", links=_MEMENTO[:2]),
    "ldes.stream": Row("event stream", "/ldes", offers=offers_of(STREAMED), vary=("Accept",)),
    "ldes.node": Row("node of the event stream", "/ldes/VERSION", offers=offers_of(STREAMED), vary=("Accept",)),
    "downloads.listing": Row(
        "list of dumps",
        "/dumps/",
        offers=(HTML, Offer("application/json")),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
        links=("cite-as", "describedby", "item", "license", "type"),
    ),
    "downloads.without_slash": Row("list of dumps", "/dumps", status=308, tagged=False),
    "downloads.file": Row("dump", "/dumps/NAME"),
    "sparql.ask": Row(
        "endpoint",
        "/sparql",
        offers=(*_RDF, HTML),
        vary=("Accept", "Accept-Language"),
        fixed={"lang": "Accept-Language"},
        posted=True,
    ),
    "sparql.post": Row("query by POST", "/sparql", tagged=True, posted=True),
    "static": Row("file of the interface", "/static/NAME"),
    "built.file": Row("bundle of the interface", "/static/built/NAME", vary=("Accept-Encoding",)),
}
"""The rows by endpoint. `QUERY` is that of the endpoint when it is asked a query."""

QUERY = Row(
    "query",
    "/sparql?query=QUERY",
    offers=(*offers_of(RESULT_FORMATS), HTML),
    vary=("Accept", "Prefer"),
    fixed={"format": "Accept", "stream": "Prefer"},
    posted=True,
)


def varies(endpoint: str | None, arguments: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that decide the answer at an address with these parameters; none for an endpoint without a row."""
    row = TABLE.get(endpoint or "")
    if endpoint == "sparql.ask" and "query" in arguments:
        row = QUERY
    if row is None:
        return ()
    taken = {name for parameter, name in row.fixed.items() if parameter in arguments}
    return tuple(name for name in row.vary if name not in taken)
