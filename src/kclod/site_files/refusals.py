"""The bodies of refusals as files: by status, as problem details and as pages in every language.

What a running server says of one address in particular (what is called alike, what was asked wrongly) files cannot say.
"""

from __future__ import annotations

from collections.abc import Iterator

from kclod.site_files.places import ERRORS, LANG, Variant, languages
from kclod.site_files.work import Done, Work
from kclod.web.http.refusals import refused
from kclod.web.http.responses import ProblemError, not_acceptable
from kclod.web.http.table import TABLE
from kclod.web.interface import LANGUAGES

FILES_ONLY = "files-only"
"""The code by which the page of a refusal tells how to run a server."""
_SERVED = ("sparql", "lookup", "cite", "describe", "releases", "reconcile", *(f"reconcile/{t}" for t in LANGUAGES))
"""What pages link to that is no file or, without parameters, none: where no rules are known there is a page that says
so, whose script leads on to what is a file."""
_DETAILS = {
    400: ("bad-request", "the address is not well formed"),
    404: ("not-found", "there is nothing at this address"),
    405: ("method-not-allowed", "these are files: GET and HEAD are answered"),
    501: (
        FILES_ONLY,
        (
            "This copy of the site is a folder of files: pages and data are all here, but nothing is searched or "
            "queried. To query it, install the program, download the N-Quads dump and run:"
        ),
    ),
}
OFFERED = {
    "h": "overview.home",
    "hr": "ontology.page",
    "r": "wellknown.void",
    "hj": "downloads.listing",
    "describe": "documents.describe",
    "thing": "documents.thing",
}
"""Kinds of addresses by what there is to choose from, each with an endpoint that has that."""


def write(work: Work, done: Done) -> None:
    """Write them below `_errors/`, and `404.html` for hosts that look for that."""
    for name, error in _errors():
        for variant in languages():
            body = _told(work, error, variant, "text/html")
            details = _told(work, error, variant, "application/json")
            if not variant.folder.startswith(LANG):  # problem details have no links that keep the language
                work.put(f"{variant.folder}{ERRORS}/{name}.json", details, done)
            work.put(f"{variant.folder}{ERRORS}/{name}.html", body, done)
            if name == "404" and not variant.folder:
                work.put("404.html", body, done)
            if name == "501":
                for page in _SERVED:
                    work.put(f"{variant.folder}{page}.html", body, done)


def _told(work: Work, error: ProblemError, variant: Variant, accept: str) -> bytes:
    query = f"?{variant.query}" if variant.query else ""
    fields = {"Accept": accept} | ({"Accept-Language": variant.language} if variant.language else {})
    below = {"SCRIPT_NAME": work.prefix}
    with work.app.test_request_context(f"/{query}", headers=fields, environ_overrides=below):
        return refused(error).get_data()


def _errors() -> Iterator[tuple[str, ProblemError]]:
    for status, (code, detail) in _DETAILS.items():
        yield str(status), ProblemError(status, code, detail)
    for kind, endpoint in OFFERED.items():
        error = not_acceptable(TABLE[endpoint].offers)
        error.extra.pop("alternates", None)  # those of one address
        yield f"406-{kind}", error
