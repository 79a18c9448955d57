"""The WSGI application of one release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import flask
from werkzeug.exceptions import HTTPException

from kclod.history import Edition
from kclod.release import Release
from kclod.remote.reading import UnavailableError
from kclod.web import (
    built,
    citing,
    documents,
    downloads,
    drawn,
    interface,
    lookups,
    ontology,
    overview,
    publication,
    search,
    sitemap,
    terms,
    wellknown,
)
from kclod.web.engine import measuring
from kclod.web.http import refusals, responses, spelling
from kclod.web.http.front import Front
from kclod.web.http.responses import ProblemError
from kclod.web.limits import Limits
from kclod.web.present import LanguageConverter
from kclod.web.protocol import sparql
from kclod.web.protocol.answering import store_unavailable
from kclod.web.reconciling import routes as reconciling
from kclod.web.versions import ldes, mementos
from kclod.web.versions import pages as releases
from kclod.web.versions.archive import PLACE, Archive

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def create_app(
    release: Release,
    *,
    limits: Limits | None = None,
    public_url: str | None = None,
    prefix: str | None = None,
    store: str | None = None,
    before: flask.Flask | None = None,
    within: flask.Flask | None = None,
) -> flask.Flask:
    """The site of a release. UsageError when its store cannot be opened.

    `before` is the application whose place this one takes: what clients have had and what was counted goes on.
    `within` is that of the release that is served, for an earlier one below its `/releases/VERSION/`.

    `store` is the address of a SPARQL server that holds the release (see `kclod.remote`), in place of the store in its
    folder.

    `public_url` is where the site is reached from outside (default: the base IRI of the data); pages link by local
    paths and never look at the Host header. `prefix` is the path below which a proxy shows the site, such as `/data`,
    whether the proxy passes it on or takes it away; by default the path of `public_url`. Query workers start with the
    first query and end with the process, or by `close`.
    """
    app = flask.Flask("kclod.web", static_folder="static", template_folder="templates", root_path=_folder())
    app.url_map.merge_slashes = False
    app.url_map.converters["language"] = LanguageConverter
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    limits = limits or Limits()
    app.config["MAX_CONTENT_LENGTH"] = limits.max_query_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = limits.max_query_bytes
    known, around = (publication.of(other) if other is not None else None for other in (before, within))
    publication.attach(
        app, publication.Publication.open(release, limits, public_url, store, before=known, within=around)
    )
    if known is None and around is None:
        publication.of(app).counted()
    for module in (
        built,
        overview,
        sitemap,
        search,
        lookups,
        reconciling,
        drawn,
        sparql,
        terms,
        measuring,
        ontology,
        downloads,
        citing,
        wellknown,
        releases,
        mementos,
        ldes,
        documents,
    ):
        app.register_blueprint(module.blueprint)
    app.register_error_handler(ProblemError, refusals.refused)
    app.register_error_handler(UnavailableError, lambda error: refusals.refused(store_unavailable(error)))
    app.register_error_handler(HTTPException, refusals.refused_by_framework)
    app.register_error_handler(Exception, refusals.failed)
    app.before_request(measuring.begin)
    app.before_request(spelling.one_spelling)
    app.after_request(measuring.end)
    app.after_request(responses.finish)
    below = (urlsplit(public_url).path if prefix is None and public_url else prefix or "").rstrip("/")
    opened = publication.of(app)
    mounted = _Mounted(app.wsgi_app, below)
    front = Front(mounted, limits.ready_bytes, opened.shares, opened.proxies, "/sparql", answered=opened.metrics.ready)
    app.wsgi_app = front  # type: ignore[method-assign]  # Flask's documented way to wrap
    if within is None:
        app.wsgi_app = app.extensions[_ARCHIVE] = _archive(app, front, below)  # type: ignore[method-assign]  # as above
    return app


_ARCHIVE = "kclod.archive"


def _archive(app: flask.Flask, front: WSGIApplication, prefix: str) -> Archive:
    """The earlier releases beside the one of an app."""
    opened = publication.of(app)
    line = {one.version: one for one in opened.line}
    limits = replace(
        opened.limits,
        workers=1,
        queue=min(opened.limits.queue, 4),
        followers=min(opened.limits.followers, 4),
        store_bytes=0,
        cache_bytes=min(opened.limits.cache_bytes, _SMALL),
        ready_bytes=min(opened.limits.ready_bytes, _SMALL),
    )

    def make(edition: Edition) -> flask.Flask:
        place = f"releases/{edition.version}"
        public_url = f"{opened.public_url}{place}/"
        return create_app(edition.load(), limits=limits, public_url=public_url, prefix=f"{prefix}/{place}", within=app)

    return Archive(front, line, opened.release.version, prefix=prefix, make=make, close=close)


def turn_to(app: flask.Flask) -> None:
    """From now on it is this app that is served."""
    publication.of(app).counted()


def warm(app: flask.Flask) -> None:
    """Start the query workers and read what every page needs, so that the first visitor does not wait for it."""
    opened = publication.of(app)
    opened.pool.warm()
    opened.reader.classes()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    app.test_client().get("/")
    opened.reader.rules()
    opened.reader.predicates()
    opened.reconciliation.service()
    for template in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(template)
    for language in interface.LANGUAGES:  # reads the catalogue, and what CLDR says of numbers and dates
        interface.word(language, "facts")
        interface.number(language, 1_000)
        interface.date(language, "2000-01-01")


def close(app: flask.Flask) -> None:
    """End the query workers of an app, and of the earlier releases beside it."""
    if (archive := app.extensions.get(_ARCHIVE)) is not None:
        archive.close()
    publication.of(app).pool.close()


class _Mounted:
    """Puts the site below a path prefix, and hides the Host header, which anybody can set, from everything behind it.

    A request that has the prefix in its path comes from a proxy that passes it on, one without from a proxy that takes
    it away: links have it in both cases.
    """

    def __init__(self, inner: WSGIApplication, prefix: str) -> None:
        self._inner, self._prefix = inner, prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["HTTP_HOST"] = "localhost"
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        place = environ.get(PLACE)
        if place is not None:  # the prefix is taken away already
            environ["SCRIPT_NAME"] = self._prefix if self._prefix.endswith(place) else f"{self._prefix}{place}"
        elif self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            path = environ.get("PATH_INFO", "")
            if path == self._prefix or path.startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        return self._inner(environ, start_response)


_SMALL = 8 << 20
"""Bytes of answers that an earlier release keeps."""


def _folder() -> str:
    return str(__file__).rpartition("/")[0]
