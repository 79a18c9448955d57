"""The WSGI application of one release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import flask
from werkzeug.exceptions import HTTPException

from kclod.release import Release
from kclod.remote.reading import UnavailableError
from kclod.web import (
    built,
    citing,
    documents,
    downloads,
    drawn,
    interface,
    ontology,
    overview,
    publication,
    refusals,
    responses,
    sparql,
    terms,
)
from kclod.web.answering import store_unavailable
from kclod.web.limits import Limits
from kclod.web.responses import ProblemError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(
    release: Release, *, limits: Limits | None = None, public_url: str | None = None, store: str | None = None
) -> flask.Flask:
    """The site of a release. UsageError when its store cannot be opened.

    `store` is the address of a SPARQL server that holds the release (see `kclod.remote`), in place of the store in its
    folder.

    `public_url` is where the site is reached from outside (default: the base IRI of the data); pages link by local
    paths and never look at the Host header. Query workers start with the first query and end with the process, or by
    `close`.
    """
    app = flask.Flask("kclod.web", static_folder="static", template_folder="templates", root_path=_folder())
    app.url_map.merge_slashes = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    limits = limits or Limits()
    app.config["MAX_CONTENT_LENGTH"] = limits.max_query_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = limits.max_query_bytes
    publication.attach(app, publication.Publication.open(release, limits, public_url, store))
    for module in (built, overview, drawn, sparql, terms, ontology, downloads, citing, documents):
        app.register_blueprint(module.blueprint)
    app.register_error_handler(ProblemError, refusals.refused)
    app.register_error_handler(UnavailableError, lambda error: refusals.refused(store_unavailable(error)))
    app.register_error_handler(HTTPException, refusals.refused_by_framework)
    app.register_error_handler(Exception, refusals.failed)
    app.after_request(responses.finish)
    app.wsgi_app = _WithoutHost(app.wsgi_app)  # type: ignore[method-assign]  # Flask's documented way to wrap
    return app


def warm(app: flask.Flask) -> None:
    """Start the query workers and read what every page needs, so that the first visitor does not wait for it."""
    opened = publication.of(app)
    opened.pool.warm()
    opened.reader.classes()
    opened.reader.rules()
    opened.reader.predicates()
    for template in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(template)
    for language in interface.LANGUAGES:  # reads the catalogue, and what CLDR says of numbers and dates
        interface.word(language, "facts")
        interface.number(language, 1_000)
        interface.date(language, "2000-01-01")


def close(app: flask.Flask) -> None:
    """End the query workers of an app."""
    publication.of(app).pool.close()


class _WithoutHost:
    """Hides the Host header, which anybody can set, from everything behind it."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["HTTP_HOST"] = "localhost"
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        return self._inner(environ, start_response)


def _folder() -> str:
    return str(__file__).rpartition("/")[0]
