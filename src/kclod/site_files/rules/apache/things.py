"""From things to documents about them, on the site and from w3id.org."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from kclod.site_files.rules import known
from kclod.site_files.rules.accept import SETS
from kclod.site_files.rules.apache.weights import NOT_YET, escaped, largest, offers_of, weights
from kclod.site_files.rules.known import Known


def things(target: str) -> Iterator[str]:
    """303 from a thing to its page or data document below a target."""
    plain = "RewriteCond %{ENV:KCLOD_PROFILE} ^$"
    yield from largest("KCLOD_SEE", offers_of(SETS["hr"]), plain)
    for token in known.TOKENS:
        able = [offer for offer in SETS["r"] if token in known.POSSIBLE[offer.name]]
        yield from largest("KCLOD_SEE", offers_of(able), f"RewriteCond %{{ENV:KCLOD_PROFILE}} ={token}")
        for name, tokens in known.POSSIBLE.items():
            if token in tokens[1:]:
                yield f"RewriteCond %{{ENV:KCLOD_PROFILE}}/%{{ENV:KCLOD_SEE}} ={token}/{name}"
                yield f"RewriteRule ^ - [E=KCLOD_MORE:_profile={token}]"
    yield f"{NOT_YET}KCLOD_SEE}} ^$\nRewriteRule ^ - [R=406,E=KCLOD_OFFERED:thing,END]"
    path = r"RewriteCond %{THE_REQUEST} ^\S+\s"
    start = escaped(target.partition("//")[2].partition("/")[2] if "//" in target else target.strip("/"))
    begin = rf"/(?:{start}/)?(?:id/)?([^?\s]*)" if start else r"/(?:id/)?([^?\s]*)"
    page = "RewriteCond %{ENV:KCLOD_SEE} =html"
    yield f"{page}\nRewriteCond %{{QUERY_STRING}} (?:^|&)lang=([^&]+)\nRewriteRule ^ - [E=KCLOD_MORE:lang=%1]"
    some, none = "RewriteCond %{ENV:KCLOD_MORE} .", "RewriteCond %{ENV:KCLOD_MORE} ^$"
    for conditions, document in ((f"{page}\n", "page/%1"), ("", "data/%1.%{ENV:KCLOD_SEE}")):
        yield f"{conditions}{some}\n{path}{begin}\nRewriteRule ^ {target}{document}?%{{ENV:KCLOD_MORE}} [R=303,NE,END]"
        yield f"{conditions}{none}\n{path}{begin}\nRewriteRule ^ {target}{document} [R=303,NE,QSD,END]"


def w3id(site: Known) -> Iterator[str]:
    """The file for the folder of the data at w3id.org."""
    yield "# For the folder of this data at w3id.org (github.com/perma-id/w3id.org); written by `kclod export site`."
    yield "# Things are negotiated here, so that the site itself may be on a host that knows no rules."
    yield from weights({"hr": SETS["hr"]})
    yield "RewriteEngine On"
    yield from largest("KCLOD_SEE", offers_of(SETS["hr"]))
    yield "Header always merge Vary Accept"
    yield 'Header always set Access-Control-Allow-Origin "*"'
    target = site.public_url
    page, data = "RewriteCond %{ENV:KCLOD_SEE} =html", "RewriteCond %{ENV:KCLOD_SEE} ."
    # paths as they were spelled: Apache would escape them otherwise than the site does
    start = rf"RewriteCond %{{THE_REQUEST}} ^\S+\s{escaped(urlsplit(site.base_iri).path)}"
    documents = sorted(path[1:] for path, kind in site.kinds.items() if kind == "hr")
    for document in documents:
        yield f"{page}\nRewriteRule ^{escaped(document)}$ {target}{document} [R=303,END]"
        yield f"{data}\nRewriteRule ^{escaped(document)}$ {target}{document}.%{{ENV:KCLOD_SEE}} [R=303,END]"
        yield f"RewriteRule ^{escaped(document)}$ - [R=406,END]"
    plain = {"page", "data", "linkset", *(path[1:].partition("/")[0] for path in site.kinds)}
    first = "|".join(escaped(name) for name in sorted(plain - {"", "id"}))
    yield f"{start}([^?\\s]*)\nRewriteRule ^(?:(?:{first}|{known.ASKED})(?:/|$)|$) {target}%1 [R=302,NE,END]"
    thing = rf"{start}(?:id/)?([^?\s]+)"
    yield f"{page}\n{thing}\nRewriteRule ^ {target}page/%1 [R=303,NE,END]"
    yield f"{data}\n{thing}\nRewriteRule ^ {target}data/%1.%{{ENV:KCLOD_SEE}} [R=303,NE,END]"
    yield "RewriteRule ^ - [R=406,END]"
