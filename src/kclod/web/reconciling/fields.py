"""The fields of a request: read exactly, or refused."""

from __future__ import annotations

from urllib.parse import parse_qsl

import flask

from kclod.web.http.responses import ProblemError

ASKS = ("queries", "extend")
"""The fields that ask for something: a query batch, or values."""
_PARAMETERS = 20


def no_jsonp() -> None:
    """JSONP would have a page of another site run what is sent (section 3.3 leaves it to the service)."""
    if "callback" in flask.request.args:
        detail = "JSONP is not supported: leave out `callback`; every origin may ask by CORS"
        raise ProblemError(400, "jsonp-refused", detail)


def fields_of(text: str) -> dict[str, str]:
    """URL-encoded fields. ProblemError for what is not UTF-8, and for queries that come twice."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS)
    except UnicodeDecodeError:
        raise ProblemError(400, "not-utf-8", "the percent-encoded parameters are not UTF-8") from None
    except ValueError:
        raise ProblemError(400, "bad-parameter", f"there are more than {_PARAMETERS} fields") from None
    names = [name for name, _ in pairs]
    for name in ASKS:
        if names.count(name) > 1:
            raise ProblemError(400, "duplicate-parameter", f"`{name}` may be given once")
    return dict(pairs)


def number(name: str, usual: int, most: int) -> int:
    """A parameter that is a whole number. ProblemError for anything else."""
    text = flask.request.args.get(name, str(usual)) or str(usual)
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= most):
        raise ProblemError(400, "bad-parameter", f"`{name}` is a whole number of at most {most}")
    return int(text)
