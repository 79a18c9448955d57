"""Citations to download: `/cite?iri=…&format=bib|csl|txt`."""

from __future__ import annotations

import flask

from kclod.web.http.responses import ProblemError, answer
from kclod.web.present import Presenter
from kclod.web.publication import current
from kclod.web.things.showing import citation

blueprint = flask.Blueprint("citing", __name__)
TYPES = {
    "bib": "application/x-bibtex",
    "csl": "application/vnd.citationstyles.csl+json",
    "txt": "text/plain",
}


@blueprint.get("/cite")
def cite() -> flask.Response:
    """How to cite what this release says of a thing, in the reader's language; 400 and 404 for what cannot be cited."""
    iri, name = flask.request.args.get("iri", ""), flask.request.args.get("format", "txt")
    if name not in TYPES:
        raise ProblemError(400, "unknown-format", f"`format` is one of {', '.join(TYPES)}")
    node = current().reader.exists(iri)
    if node is None:
        raise ProblemError(404, "unknown-thing", f"the data says nothing of {iri}", extra={"iri": iri})
    presenter = Presenter.of_request()
    cited = citation(presenter, node)
    body = cited.bibtex() if name == "bib" else cited.csl() if name == "csl" else f"{cited.text()}\n"
    return answer(body, TYPES[name], language=presenter.language)
