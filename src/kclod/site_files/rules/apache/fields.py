"""Header fields of answers, and media types of files."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.site_files.places import ACCEPT, LANG, PROFILE, SELECTED
from kclod.site_files.rules import known
from kclod.site_files.rules.apache.weights import escaped, links
from kclod.site_files.rules.known import Known
from kclod.web.http.responses import ACCEPT_DATETIME
from kclod.web.http.table import TABLE


def told(site: Known) -> Iterator[str]:
    """What Link says of the document: its path as it was spelled, and `id/` where its IRI has that."""
    start = f"^\\S+\\s{site.prefix}"
    yield f"RewriteCond %{{THE_REQUEST}} {start}/page/([^?\\s]+)\nRewriteRule ^page/ - [E=KCLOD_RAW:%1]"
    yield f"RewriteCond %{{THE_REQUEST}} {start}/(?:data|linkset)/([^?\\s]+)\\.[a-z]+[?\\s]"
    yield "RewriteRule ^(?:data|linkset)/ - [E=KCLOD_RAW:%1]"
    root = f"%{{DOCUMENT_ROOT}}{site.prefix}"
    yield "RewriteRule ^ - [E=KCLOD_ID:]"  # what is not set would be written as (null)
    yield f"RewriteCond {root}/id/$1.html -f\nRewriteRule ^page/(.+)$ - [E=KCLOD_ID:id/]"
    yield f"RewriteCond {root}/id/$1.html -f\nRewriteRule ^(?:data|linkset)/(.+)\\.[a-z]+$ - [E=KCLOD_ID:id/]"
    for kind, (number, _) in links(site).items():
        address, _, folder = kind.partition(" ")
        token = folder.removeprefix(f"{PROFILE}/").rstrip("/")
        if address.startswith("/data/"):
            extension = address.rpartition(".")[2]
            if token:
                yield f"RewriteCond %{{ENV:KCLOD_PROFILE}} ={token}"
            yield f"RewriteRule ^data/.*\\.{extension}$ - [E=KCLOD_LINK:{number}]"
        elif address.startswith("/linkset/"):
            yield f"RewriteRule ^linkset/.*\\.{address.rpartition('.')[2]}$ - [E=KCLOD_LINK:{number}]"
        elif "{raw}" in address:
            yield f"RewriteRule ^page/ - [E=KCLOD_LINK:{number}]"
        else:
            yield f"RewriteRule ^{escaped(address[1:])}$ - [E=KCLOD_LINK:{number}]"


def types(site: Known) -> Iterator[str]:
    """The media types of files."""
    seen: dict[str, str] = {"html": "text/html; charset=utf-8"}
    for kind in (known.DATA, f"{known.FILE}0", "", known.CITE):
        for extension, value in site.types.get(kind, {}).items():
            seen.setdefault(extension, value)
    for extension, value in sorted(seen.items()):
        yield f'AddType "{value}" .{extension}'
    for kind, folder in ((known.LINKSET, "linkset"), (known.CITE, f"{SELECTED}/cite")):
        for extension, value in site.types.get(kind, {}).items():
            pattern = f"/{folder}/.*[.]{extension}$"
            yield f"<If \"%{{REQUEST_URI}} =~ m#{pattern}#\">\nForceType '{value}'\n</If>"
    for path, value in sorted(site.odd.items()):
        yield f"<If \"%{{REQUEST_URI}} == '{site.prefix}{path}'\">\nForceType '{value}'\n</If>"
    for path, kind in sorted(site.kinds.items()):
        extension = path.rpartition(".")[2]
        other = site.types.get(kind, {}).get(extension, "")
        if kind.startswith(known.FILE) and other not in ("", seen.get(extension)):
            yield f'<If "%{{REQUEST_URI}} =~ m#^{site.prefix}(?:/{ACCEPT}/..|/{LANG}/..)?{path}$#">'
            yield f"ForceType '{other}'\n</If>"


def headers(site: Known) -> Iterator[str]:
    """Fields by what the rules have found: a rewritten request has that under names with REDIRECT_ before them."""
    kinds = {"h": "overview.home", "hr": "ontology.page", "r": "wellknown.void", "hj": "downloads.listing"}
    kinds |= {known.DATA: "documents.data", known.DESCRIBE: "documents.describe", known.CITE: "citing.cite"}
    for before in ("REDIRECT_", ""):
        for number, text in links(site).values():
            filled = text.replace("%", "%%").replace('"', '\\"').replace("{types}", "")
            for gap, variable in (("{raw}", "RAW"), ("{id}", "ID")):
                filled = filled.replace(gap, f"%{{{before}KCLOD_{variable}}}e")
            yield f"Header set Link \"{filled}\" \"expr=reqenv('{before}KCLOD_LINK') == '{number}'\""
        for kind, endpoint in kinds.items():
            fields = ", ".join(name for name in TABLE[endpoint].vary if name != ACCEPT_DATETIME)
            yield f"Header merge Vary \"{fields}\" \"expr=reqenv('{before}KCLOD_KIND') == '{kind}'\""
        yield f'Header set Content-Profile "<%{{{before}KCLOD_TOLD}}e>" env={before}KCLOD_TOLD'
        yield f'Header set Content-Location "%{{{before}KCLOD_AT}}e" env={before}KCLOD_AT'
    yield 'Header always merge Vary "Accept, Accept-Profile" "expr=%{REQUEST_STATUS} == 303"'
    yield 'Header always merge Vary "Accept, Accept-Language" "expr=%{REQUEST_STATUS} -ge 400"'
    yield 'Header set Cache-Control no-cache\nHeader always set Cache-Control no-store "expr=%{REQUEST_STATUS} -ge 400"'
    yield f'Header always set Allow "{known.ALLOW}" "expr=%{{REQUEST_STATUS}} == 405 || %{{REQUEST_STATUS}} == 204"'
    html = "expr=%{CONTENT_TYPE} =~ m#^text/html#"
    yield f'Header set Content-Language "expr=%{{reqenv:REDIRECT_KCLOD_LANG}}" "{html}"'
