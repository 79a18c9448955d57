"""Where a visit starts: the home page, lists of a class's members, health, and what robots are asked."""

from __future__ import annotations

from itertools import islice

import flask
import pyoxigraph as ox

from kclod.vocab import RDFS, SKOS
from kclod.web.documents import page_number
from kclod.web.facets import PREFIX, Facets, narrow
from kclod.web.http.negotiation import HTML
from kclod.web.http.responses import ProblemError, negotiate
from kclod.web.pages import page
from kclod.web.present import Presenter
from kclod.web.publication import Publication, current
from kclod.web.searching import ABOUT_TERMS
from kclod.web.things.labels import folded

blueprint = flask.Blueprint("overview", __name__)
_SORTED = 5_000
_PAGE = 100


@blueprint.get("/")
def home() -> flask.Response:
    """What this is, how much of what there is, the parts that the content declares, and queries to try."""
    choice = negotiate((HTML,))
    presenter = Presenter.of_request()
    publication = presenter.publication
    found = publication.reader.classes()
    counts = [(iri, n) for iri, n in found.items() if not iri.startswith(ABOUT_TERMS)]  # on the ontology's page
    named = [(iri, n) for iri, n in counts if publication.labels.has(iri)]
    chosen = [(iri, found[iri]) for iri in publication.release.site.classes if iri in found]
    about = publication.release.site.dataset_iri
    return page(
        "home.html",
        presenter,
        choice,
        classes=chosen or named or counts,
        pictures=publication.release.site.pictures,
        counts=publication.release.manifest.get("counts"),
        about=presenter.href(about) if publication.reader.exists(about) else None,
    )


@blueprint.get("/browse")
def browse() -> flask.Response:
    """The members of a class, narrowed by facets, by name if they are not too many; without a class, the classes."""
    choice = negotiate((HTML,))
    presenter = Presenter.of_request()
    publication, number = presenter.publication, page_number()
    class_iri = flask.request.args.get("class")
    classes = publication.reader.classes()
    if class_iri is None:
        first = [iri for iri in publication.release.site.classes if iri in classes]
        return page("classes.html", presenter, choice, classes=classes, first=first, about_terms=ABOUT_TERMS)
    if class_iri not in classes:
        raise ProblemError(404, "unknown-class", f"nothing in the data is of the class {class_iri}")
    narrowed = narrow(_facets(publication), class_iri, flask.request.args)
    total, start = classes[class_iri] if narrowed is None else len(narrowed.members), (number - 1) * _PAGE
    if start >= total and number > 1:
        raise ProblemError(404, "no-such-page", "the page is past the last")
    found = publication.reader.members(class_iri) if narrowed is None else map(ox.NamedNode, narrowed.members)
    if total <= _SORTED:
        names = publication.labels
        found = iter(sorted(found, key=lambda m: folded(names.of(m.value, presenter.language).text)))
    members = list(islice(found, start, start + _PAGE))
    return page(
        "browse.html",
        presenter,
        choice,
        class_iri=class_iri,
        members=members,
        texts={member.value: _text(member, presenter) for member in members},
        dates={member.value: publication.arranger.date(member) for member in members},
        kinds={member.value: _kind(member, class_iri, publication) for member in members},
        whole=classes[class_iri],
        total=total,
        narrowed=narrowed,
        page=number,
        size=_PAGE,
    )


@blueprint.get("/health")
def health() -> flask.Response:
    """Readiness: 200 when pages and queries can be answered, 503 otherwise."""
    publication = current()
    ailment = publication.ailment()
    response = flask.jsonify(status=ailment or "ok", release=publication.release.version)
    response.status_code = 503 if ailment else 200
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/health/live")
def live() -> flask.Response:
    """Liveness: the process answers."""
    response = flask.jsonify(status="ok")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/robots.txt")
def robots() -> flask.Response:
    """Pages may be crawled; queries, narrowed lists and lists of incoming links have no end and are not for robots."""
    prefix = flask.request.script_root
    lines = [
        "User-agent: *",
        *(f"Disallow: {prefix}{path}" for path in ("/search", "/sparql?", "/*?*in=", f"/browse?*{PREFIX}")),
        f"Sitemap: {current().public_url}sitemap.xml",
    ]
    return flask.Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _facets(publication: Publication) -> Facets:
    found: Facets = flask.current_app.extensions.setdefault("kclod.facets", Facets(publication))
    return found


def _kind(member: ox.NamedNode, class_iri: str, publication: Publication) -> str | None:
    """The most special class of a thing, where it is another than that of the list."""
    kinds = (kind.value for kind in publication.arranger.kinds(member))
    return next((kind for kind in kinds if kind != class_iri), None)


def _text(member: ox.NamedNode, presenter: Presenter) -> object:
    """A line that says what a thing is: its definition, where it has one."""
    for predicate in (SKOS["definition"], RDFS["comment"]):
        quads = islice(
            presenter.publication.reader.store.quads_for_pattern(member, predicate, None, ox.DefaultGraph()), 20
        )
        texts = {q.object.language or "": q.object.value for q in quads if isinstance(q.object, ox.Literal)}
        if texts:
            return presenter.text(texts)
    return None
