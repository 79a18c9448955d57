"""What is refused or spelled otherwise, and the bodies of refusals."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.site_files.places import ERRORS
from kclod.site_files.rules import known
from kclod.site_files.rules.accept import SETS
from kclod.site_files.rules.apache.weights import NOT_YET, folders, largest, offers_of
from kclod.site_files.rules.known import Known
from kclod.web.interface import LANGUAGES


def refusals(site: Known) -> Iterator[str]:
    """What is refused or led elsewhere before anything is looked for."""
    prefix = site.prefix
    yield from largest("KCLOD_P", offers_of(SETS["p"]))
    default = LANGUAGES[0]
    yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)lang=({'|'.join(LANGUAGES)})(?:&|$)"
    yield "RewriteRule ^ - [E=KCLOD_LANG:%1,E=KCLOD_CHOSEN:%1]"
    yield from largest("KCLOD_LANG", {tag: f"kclod_q_lang_{tag}" for tag in LANGUAGES})
    yield f"{NOT_YET}KCLOD_LANG}} ^$\nRewriteRule ^ - [E=KCLOD_LANG:{default}]"
    # what an ErrorDocument leads to: the body in the language and form that are wanted
    yield "RewriteCond %{ENV:REDIRECT_STATUS} !^$"
    yield f"RewriteRule ^{ERRORS}/(.*)$ - [E=KCLOD_CODE:$1]"
    yield "RewriteCond %{ENV:REDIRECT_KCLOD_OFFERED} !^$"
    yield f"RewriteRule ^{ERRORS}/406$ - [E=KCLOD_CODE:406-%{{ENV:REDIRECT_KCLOD_OFFERED}}]"
    for folder in folders():
        file = f"{folder}{ERRORS}/%{{ENV:KCLOD_CODE}}.html"
        yield "RewriteCond %{ENV:KCLOD_CODE} !^$\nRewriteCond %{ENV:KCLOD_P} =html"
        yield f"RewriteCond %{{DOCUMENT_ROOT}}{prefix}/{file} -f\nRewriteRule ^ {file} [END]"
    for folder in folders():
        file = f"{folder}{ERRORS}/%{{ENV:KCLOD_CODE}}.json"
        yield "RewriteCond %{ENV:KCLOD_CODE} !^$"
        yield f"RewriteCond %{{DOCUMENT_ROOT}}{prefix}/{file} -f\nRewriteRule ^ {file} [END]"
    yield "RewriteCond %{ENV:REDIRECT_STATUS} !^$\nRewriteRule ^ - [END]"
    yield "RewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,END]"
    yield "RewriteCond %{REQUEST_METHOD} !^(?:GET|HEAD)$\nRewriteRule ^ - [R=405,END]"
    yield (
        r"RewriteCond %{THE_REQUEST} ^\S+\s([^?\s]*?)//+([^?\s]*)(\?\S*)?\s" + "\nRewriteRule ^ %1/%2%3 [R=308,NE,END]"
    )
    yield f"RewriteRule ^{known.INSIDE} - [R=404,END]"
    yield rf"RewriteCond %{{QUERY_STRING}} (?:^|&){known.NARROWED}" + "\nRewriteRule ^ - [R=501,END]"
    yield "RewriteCond %{QUERY_STRING} !(?:^|&)iri=[^&]\nRewriteRule ^(?:describe|cite)$ - [R=400,END]"
    yield r"RewriteCond %{QUERY_STRING} \.\.(?:/|%2[fF]|&|$)" + "\nRewriteRule ^ - [R=404,END]"
    server = "|".join(sorted(path[1:] for path, kind in site.kinds.items() if kind == known.SERVER))
    yield f"RewriteRule ^(?:{server}|(?:{known.ASKED})(?:/.*)?)$ - [R=501,END]"
    yield f"RewriteCond %{{DOCUMENT_ROOT}}{prefix}/{ERRORS}/410/$1.json -f\nRewriteRule ^(.+)$ - [R=410,END]"
    for apart, to in sorted(site.spelled.items())[:1000]:  # each is looked at in turn
        pattern = "".join(c if c.isalnum() or c in "/-_" or not c.isascii() else f"\\{c}" for c in apart[1:])
        yield f"RewriteRule ^{pattern}$ {prefix}{to.replace('%', chr(92) + '%')} [R=308,NE,END]"
