"""What the query editor knows of the data: prefixes, classes and properties that occur, and what things are called."""

from __future__ import annotations

import json

import flask
import pyoxigraph as ox

from kclod.web import interface
from kclod.web.drawn import cell_data
from kclod.web.http.responses import ProblemError, answer
from kclod.web.present import Presenter
from kclod.web.publication import current

blueprint = flask.Blueprint("terms", __name__)
_MOST = 500
"""Labels that one request may ask for."""


@blueprint.get("/sparql/terms.json")
def listing() -> flask.Response:
    """Prefixes, classes (with the number of their members) and properties, with labels in the reader's language."""
    presenter = Presenter.of_request()
    kept: dict[tuple[str, str], str] = flask.current_app.extensions.setdefault("kclod.terms", {})
    key = (presenter.language, presenter.url("overview.home"))
    if key not in kept:
        publication = current()
        found = {
            "prefixes": publication.release.site.prefixes,
            "classes": [_term(presenter, iri) | {"count": n} for iri, n in publication.reader.classes().items()],
            "properties": [_term(presenter, node.value) for node in publication.reader.predicates()],
            "queries": [
                {
                    "text": query.text,
                    "headings": {name: presenter.text(texts).text for name, texts in query.headings.items()},
                    "picture": query.picture and {"kind": query.picture.kind.value, "parts": query.picture.parts},
                }
                for query in publication.release.site.queries
                if query.picture or query.headings
            ],
            "words": interface.words(presenter.language, "draw.") | interface.words(presenter.language, "editor."),
        }
        kept[key] = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return answer(kept[key], "application/json", language=presenter.language)


@blueprint.post("/sparql/labels")
def labels() -> flask.Response:
    """What IRIs (a JSON list of at most 500) are called in the reader's language, and where they are described here."""
    presenter = Presenter.of_request()
    asked = flask.request.get_json(silent=True)
    if not isinstance(asked, list) or len(asked) > _MOST or not all(isinstance(iri, str) for iri in asked):
        raise ProblemError(400, "bad-labels", f"send a JSON list of at most {_MOST} IRIs")
    found = {}
    for iri in asked:
        try:
            node = ox.NamedNode(iri)
        except ValueError:
            continue
        found[iri] = cell_data(presenter, node)
    response = flask.jsonify(found)
    response.headers["Cache-Control"] = "no-store"
    return response


def _term(presenter: Presenter, iri: str) -> dict[str, object]:
    view = presenter.term(iri)
    return {"iri": iri, "label": view.text, "compact": presenter.publication.labels.compact(iri)}
