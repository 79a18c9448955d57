"""Measures requests, and tells the metrics to those who may read them."""

from __future__ import annotations

import time

import flask
from prometheus_client.exposition import choose_encoder

from kclod.web.http.clients import address_of
from kclod.web.http.responses import ProblemError
from kclod.web.publication import current

blueprint = flask.Blueprint("measuring", __name__)
_OPEN_METRICS = "application/openmetrics-text"


def begin() -> None:
    """Before a request."""
    flask.g.began = time.monotonic()


def end(response: flask.Response) -> flask.Response:
    """After it, whatever became of it."""
    began = flask.g.get("began")
    if began is not None:
        kind = flask.request.endpoint or "nothing"
        current().metrics.request(kind, response.status_code, time.monotonic() - began)
    return response


@blueprint.get("/metrics")
def metrics() -> flask.Response:
    """The metrics in the text format of Prometheus, or as OpenMetrics by Accept; 403 for others than its readers.

    A request that came through a proxy has that one's address, so that it is refused unless the proxy is trusted.
    """
    flask.g.private = True
    publication, headers = current(), flask.request.headers
    peer, forwarded = flask.request.remote_addr or "", headers.get("X-Forwarded-For")
    address = address_of(peer, forwarded, publication.proxies)
    through_others = "Forwarded" in headers or "Via" in headers or forwarded is not None
    if through_others and address == address_of(peer, None, ()):
        address = None
    if address is None or not any(address in network for network in publication.metrics.readers):
        raise ProblemError(403, "not-a-reader", "`kclod serve --metrics ADDRESS` says who may read the metrics")
    wanted = _OPEN_METRICS if _OPEN_METRICS in headers.get("Accept", "") else ""  # its parameters may be anything
    encode, media_type = choose_encoder(wanted)
    response = flask.Response(encode(publication.metrics.registry), content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    flask.g.negotiated = True
    return response
