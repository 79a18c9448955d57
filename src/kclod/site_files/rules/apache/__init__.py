"""Rules for Apache 2.4 in a `.htaccess`, and those for the folder of a persistent identifier at w3id.org.

Weights of offers become environment variables (mod_setenvif), which expressions compare as text. What a `.htaccess`
cannot do is left out: the classes of a thing in Link, and tags that are those of the server.
"""

from __future__ import annotations

from collections.abc import Iterator

from kclod.site_files.places import ERRORS
from kclod.site_files.rules import accept, known
from kclod.site_files.rules.accept import SETS
from kclod.site_files.rules.apache.documents import documents
from kclod.site_files.rules.apache.fields import headers, types
from kclod.site_files.rules.apache.refusals import refusals
from kclod.site_files.rules.apache.things import w3id
from kclod.site_files.rules.apache.weights import weighed, weights
from kclod.site_files.rules.known import Known
from kclod.web.interface import LANGUAGES

_STATUSES = (400, 404, 405, 406, 410, 501)


def apache(site: Known) -> dict[str, str]:
    """The file for the folder of the export, and that for w3id.org."""
    return {
        ".htaccess": "\n".join(_whole(site)) + "\n",
        "_rules/w3id.org/.htaccess": "\n".join(w3id(site)) + "\n",
    }


def _whole(site: Known) -> Iterator[str]:
    prefix = site.prefix
    yield "# Written by `kclod export site`. Apache 2.4 with rewrite, headers, setenvif and mime; AllowOverride All."
    yield "Options -Indexes -MultiViews"
    yield "DirectoryIndex disabled"
    yield "<IfModule mod_dir.c>\nDirectorySlash Off\n</IfModule>"
    yield "AddDefaultCharset Off\nFileETag MTime Size"
    for name, value in known.ALWAYS.items():
        yield f'Header always set {name} "{value}"'
    yield from types(site)
    yield from weights(SETS)
    for tag in LANGUAGES:
        yield from weighed("Accept-Language", f"kclod_q_lang_{tag}", accept.language_patterns(tag), absent="0000")
    for token, iri in known.IRIS.items():
        yield from weighed("Accept-Profile", f"kclod_q_profile_{token}", accept.profile_patterns(iri), absent="0000")
    for status in _STATUSES:
        yield f"ErrorDocument {status} {prefix}/{ERRORS}/{status}"
    yield "RewriteEngine On"
    yield f"RewriteBase {prefix}/"
    yield from refusals(site)
    yield from documents(site)
    yield from headers(site)
