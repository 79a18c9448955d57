"""Rules for Apache 2.4 in a `.htaccess`, and those for the folder of a persistent identifier at w3id.org.

Weights of offers become environment variables (mod_setenvif), which expressions compare as text. What a `.htaccess`
cannot do is left out: the classes of a thing in Link, and tags that are those of the server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kclod.site_files.places import ACCEPT, ERRORS, LANG, PROFILE, SELECTED, SELECTING
from kclod.site_files.rules import accept, known
from kclod.site_files.rules.accept import SETS, Named
from kclod.site_files.rules.known import Known
from kclod.web.http.responses import ACCEPT_DATETIME
from kclod.web.http.table import TABLE
from kclod.web.interface import LANGUAGES

_NOT_YET = "RewriteCond %{ENV:"
_NAMING = tuple(name for name in SELECTING if name != "page")
_STATUSES = (400, 404, 405, 406, 410, 501)


def apache(site: Known) -> dict[str, str]:
    """The file for the folder of the export, and that for w3id.org."""
    return {
        ".htaccess": "\n".join(_whole(site)) + "\n",
        "_rules/w3id.org/.htaccess": "\n".join(_w3id(site)) + "\n",
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
    yield from _types(site)
    yield from _weights(SETS)
    for tag in LANGUAGES:
        yield from _weighed("Accept-Language", f"kclod_q_lang_{tag}", accept.language_patterns(tag), absent="0000")
    for token, iri in known.IRIS.items():
        yield from _weighed("Accept-Profile", f"kclod_q_profile_{token}", accept.profile_patterns(iri), absent="0000")
    for status in _STATUSES:
        yield f"ErrorDocument {status} {prefix}/{ERRORS}/{status}"
    yield "RewriteEngine On"
    yield f"RewriteBase {prefix}/"
    yield from _refusals(site)
    yield from _rules(site)
    yield from _headers(site)


def _links(site: Known) -> dict[str, tuple[int, str]]:
    """The usual Link of each kind of document, with a number."""
    usual = {kind: text for kind, text in site.links.usual().items() if "{iri}" not in text}
    return {kind: (number, text) for number, (kind, text) in enumerate(sorted(usual.items()))}


def _types(site: Known) -> Iterator[str]:
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
        value = site.types.get(kind, {}).get(extension)
        if kind.startswith(known.FILE) and value and value != seen.get(extension):
            yield f'<If "%{{REQUEST_URI}} =~ m#^{site.prefix}(?:/{ACCEPT}/..|/{LANG}/..)?{path}$#">'
            yield f"ForceType '{value}'\n</If>"


def _weighed(field: str, name: str, patterns: Iterable[tuple[str, str]], absent: str = "1000") -> Iterator[str]:
    """The last that matches counts here, so that the most special comes last."""
    yield f'SetEnvIf {field} "^" {name}=0000'
    yield f'SetEnvIf {field} "^$" {name}={absent}'
    for pattern, digits in reversed(list(patterns)):
        plain = digits.replace("{", "").replace("}", "")
        yield f'SetEnvIfNoCase {field} "{pattern}" {name}={plain}'


def _weights(sets: dict[str, tuple[Named, ...]]) -> Iterator[str]:
    seen: set[str] = set()
    for offer in (offer for offers in sets.values() for offer in offers):
        if offer.key not in seen:
            seen.add(offer.key)
            yield from _weighed("Accept", f"kclod_q_{offer.key}", offer.patterns())


def _largest(name: str, weights: dict[str, str], only: str = "") -> Iterator[str]:
    """Rules that set a variable to the first of some names whose weight is the largest, and none that is 0."""
    for one, variable in weights.items():
        others = " && ".join(
            f"reqenv('{variable}') >= reqenv('{other}')" for other in weights.values() if other != variable
        )
        yield f"{_NOT_YET}{name}}} ^$"
        if only:
            yield only
        yield f"RewriteCond expr \"reqenv('{variable}') > '0000'{' && ' + others if others else ''}\""
        yield f"RewriteRule ^ - [E={name}:{one}]"


def _offers(offers: Iterable[Named]) -> dict[str, str]:
    return {offer.name: f"kclod_q_{offer.key}" for offer in offers}


def _refusals(site: Known) -> Iterator[str]:
    prefix = site.prefix
    yield from _largest("KCLOD_P", _offers(SETS["p"]))
    default = LANGUAGES[0]
    yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)lang=({'|'.join(LANGUAGES)})(?:&|$)"
    yield "RewriteRule ^ - [E=KCLOD_LANG:%1,E=KCLOD_CHOSEN:%1]"
    yield from _largest("KCLOD_LANG", {tag: f"kclod_q_lang_{tag}" for tag in LANGUAGES})
    yield f"{_NOT_YET}KCLOD_LANG}} ^$\nRewriteRule ^ - [E=KCLOD_LANG:{default}]"
    # what an ErrorDocument leads to: the body in the language and form that are wanted
    yield "RewriteCond %{ENV:REDIRECT_STATUS} !^$"
    yield f"RewriteRule ^{ERRORS}/(.*)$ - [E=KCLOD_CODE:$1]"
    yield f"RewriteCond %{{ENV:REDIRECT_KCLOD_OFFERED}} !^$\nRewriteRule ^{ERRORS}/406$ - [E=KCLOD_CODE:406-%{{ENV:REDIRECT_KCLOD_OFFERED}}]"
    for folder in _folders():
        file = f"{folder}{ERRORS}/%{{ENV:KCLOD_CODE}}.html"
        yield "RewriteCond %{ENV:KCLOD_CODE} !^$\nRewriteCond %{ENV:KCLOD_P} =html"
        yield f"RewriteCond %{{DOCUMENT_ROOT}}{prefix}/{file} -f\nRewriteRule ^ {file} [END]"
    yield f"RewriteCond %{{ENV:KCLOD_CODE}} !^$\nRewriteRule ^ {ERRORS}/%{{ENV:KCLOD_CODE}}.json [END]"
    yield "RewriteCond %{ENV:REDIRECT_STATUS} !^$\nRewriteRule ^ - [END]"
    yield "RewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,END]"
    yield "RewriteCond %{REQUEST_METHOD} !^(?:GET|HEAD)$\nRewriteRule ^ - [R=405,END]"
    yield (
        r"RewriteCond %{THE_REQUEST} ^\S+\s([^?\s]*?)//+([^?\s]*)(\?\S*)?\s" + "\nRewriteRule ^ %1/%2%3 [R=308,NE,END]"
    )
    yield f"RewriteRule ^{known.INSIDE} - [R=404,END]"
    yield rf"RewriteCond %{{QUERY_STRING}} (?:^|&){known.NARROWED}" + "\nRewriteRule ^ - [R=501,END]"
    yield r"RewriteCond %{QUERY_STRING} \.\.(?:/|%2[fF]|&|$)" + "\nRewriteRule ^ - [R=404,END]"
    server = "|".join(sorted(path[1:] for path, kind in site.kinds.items() if kind == known.SERVER))
    yield f"RewriteRule ^(?:{server}|(?:sparql|reconcile|lookup|id/by|releases|timegate|timemap|ldes)(?:/.*)?)$ - [R=501,END]"
    yield f"RewriteCond %{{DOCUMENT_ROOT}}{prefix}/{ERRORS}/410/$1.json -f\nRewriteRule ^(.+)$ - [R=410,END]"
    for apart, to in sorted(site.spelled.items())[:1000]:  # each is looked at in turn
        pattern = "".join(c if c.isalnum() or c in "/-_" or not c.isascii() else f"\\{c}" for c in apart[1:])
        yield f"RewriteRule ^{pattern}$ {prefix}{to.replace('%', chr(92) + '%')} [R=308,NE,END]"


def _rules(site: Known) -> Iterator[str]:
    prefix, root = site.prefix, f"%{{DOCUMENT_ROOT}}{site.prefix}"
    # parameters: one that names something, as it is spelled, and a number of a page
    yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)({'|'.join(_NAMING)})=[^&]"
    yield "RewriteRule ^ - [E=KCLOD_NAMING:%1]"
    yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)({'|'.join(_NAMING)})=[^&]+.*&(?:{'|'.join(_NAMING)})="
    yield "RewriteRule ^ - [R=404,END]"
    yield "RewriteCond %{QUERY_STRING} (?:^|&)page=(?!1(?:&|$))([0-9]+)(?:&|$)"
    yield "RewriteRule ^ - [E=KCLOD_PAGE:/page=%1]"
    yield f"RewriteCond %{{ENV:KCLOD_NAMING}}%{{ENV:KCLOD_PAGE}} .\nRewriteRule ^ - [E=KCLOD_BEFORE:{SELECTED}/]"
    # slashes at the end
    yield f"RewriteCond {root}/$1.html -f\nRewriteCond %{{THE_REQUEST}} ^\\S+\\s([^?\\s]*[^?\\s/])/+(\\?\\S*)?\\s"
    yield "RewriteRule ^(.+[^/])/+$ %1%2 [R=308,NE,END]"
    yield f"RewriteCond {root}/$1/index.html -f\nRewriteRule ^(.+[^/])$ {prefix}/$1/ [R=308,END]"
    # the profile, by parameter or by field
    for token, iri in known.IRIS.items():
        loose = "".join(c if c.isalnum() else rf"(?:\{c}|%{ord(c):02x})" for c in iri)
        yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)_profile=(?:{token}|{loose})(?:&|$) [NC]"
        yield f"RewriteRule ^ - [E=KCLOD_PROFILE:{token}]"
    yield f"{_NOT_YET}KCLOD_PROFILE}} ^$\nRewriteCond %{{QUERY_STRING}} (?:^|&)_profile=\nRewriteRule ^ - [E=KCLOD_PROFILE:none]"
    asked = "RewriteCond %{HTTP:Accept-Profile} !^$"
    yield "RewriteRule ^data/.*\\.([a-z]+)$ - [E=KCLOD_EXT:$1]"
    for name, tokens in known.POSSIBLE.items():
        of_one = f"{asked}\nRewriteCond %{{ENV:KCLOD_EXT}} ={name}"
        yield from _largest("KCLOD_PROFILE", {t: f"kclod_q_profile_{t}" for t in tokens}, of_one)
    yield from _largest(
        "KCLOD_PROFILE",
        {t: f"kclod_q_profile_{t}" for t in known.TOKENS},
        f"{asked}\nRewriteCond %{{ENV:KCLOD_EXT}} ^$",
    )
    yield f"{_NOT_YET}KCLOD_PROFILE}} ^$\n{asked}\nRewriteRule ^ - [E=KCLOD_PROFILE:none]"
    yield from _told(site)
    # data documents
    yield f"RewriteCond {root}/$0 !-f\nRewriteRule ^data/.*$ - [R=404,END]"
    for name, tokens in known.POSSIBLE.items():
        wanted = "|".join(("", *tokens))
        yield f"RewriteCond %{{ENV:KCLOD_PROFILE}} !^(?:{wanted})$\nRewriteRule ^data/.*\\.{name}$ - [R=406,E=KCLOD_OFFERED:thing,END]"
        told = f"E=KCLOD_TOLD:{known.IRIS[tokens[0]]}"
        yield f"RewriteCond %{{ENV:KCLOD_PROFILE}}%{{ENV:KCLOD_PAGE}} ^(?:{tokens[0]})?$\nRewriteRule ^data/.*\\.{name}$ $0 [{told},E=KCLOD_KIND:data,END]"
        for token in tokens[1:]:
            told = f"E=KCLOD_TOLD:{known.IRIS[token]}"
            yield f"RewriteCond %{{ENV:KCLOD_PROFILE}} ={token}\nRewriteRule ^data/.*\\.{name}$ {PROFILE}/{token}/$0 [{told},E=KCLOD_KIND:data,END]"
        yield f"RewriteRule ^data/.*\\.{name}$ {SELECTED}/$0%{{ENV:KCLOD_PAGE}}.{name} [E=KCLOD_KIND:data,END]"
    # negotiated documents
    yield "RewriteRule ^page/.+$ - [E=KCLOD_OFFERED:h]"
    for path, kind in sorted(site.kinds.items()):
        if kind in SETS or kind == known.DESCRIBE:
            yield f"RewriteRule ^{_escaped(path[1:])}$ - [E=KCLOD_OFFERED:{kind}]"
    yield "RewriteCond %{QUERY_STRING} (?:^|&)format=([a-z]+)\nRewriteRule ^(?:describe|cite)$ - [E=KCLOD_CHOICE:%1]"
    yield f"{_NOT_YET}KCLOD_CHOICE}} ^$\nRewriteRule ^cite$ - [E=KCLOD_CHOICE:txt]\nRewriteRule ^cite$ - [E=KCLOD_OFFERED:cite]"
    for kind, offers in SETS.items():
        kinds = f"RewriteCond %{{ENV:KCLOD_OFFERED}} ^{'(?:hr|describe)' if kind == 'hr' else kind}$"
        yield from _largest("KCLOD_CHOICE", _offers(offers), kinds)
    yield "RewriteRule ^(?:.*/)?$ - [E=KCLOD_INDEX:index]"
    given = f"{_NOT_YET}KCLOD_OFFERED}} !^$"
    where = "%{ENV:KCLOD_CHOICE}"
    for name in (*_NAMING, ""):
        this = f"RewriteCond %{{ENV:KCLOD_NAMING}} ={name}" if name else f"{_NOT_YET}KCLOD_NAMING}} ^$"
        taken = f"\nRewriteCond %{{QUERY_STRING}} (?:^|&){name}=([^&]+)" if name else ""
        value = f"/{name}=%1" if name else ""
        stem = f"%{{ENV:KCLOD_BEFORE}}$0%{{ENV:KCLOD_INDEX}}{value}%{{ENV:KCLOD_PAGE}}"
        begin = f"{given}\n{this}{taken}"
        has = f"{begin}\nRewriteCond %{{ENV:KCLOD_OFFERED}} !^(?:r|cite)$"
        yield f"{has}\nRewriteCond {root}/{stem}.html !-f\nRewriteRule ^.*$ - [R=404,END]"
        yield f"{begin}\n{_NOT_YET}KCLOD_CHOICE}} ^$\nRewriteRule ^ - [R=406,END]"
        located = "RewriteCond %{ENV:KCLOD_OFFERED} =hr\nRewriteCond %{ENV:KCLOD_CHOICE} !=html"
        yield f"{located}\nRewriteRule ^.*$ - [E=KCLOD_AT:{prefix}/$0.{where}]"
        for folder in _folders():
            file, kind = f"{folder}{stem}.{where}", "E=KCLOD_KIND:%{ENV:KCLOD_OFFERED}"
            yield f"{begin}\nRewriteCond {root}/{file} -f\nRewriteRule ^.*$ {file} [{kind},B=%,QSD,END]"
    yield f"{given}\nRewriteRule ^ - [R=404,END]"
    # plain files
    for folder in _folders():
        yield f"RewriteCond {root}/{folder}$0 -f\nRewriteRule ^.*(?<!\\.html)$ {folder}$0 [E=KCLOD_KIND:file,END]"
    # things
    yield f"RewriteCond {root}/$0.html !-f\nRewriteRule ^.*$ - [R=404,END]"
    yield from _things(f"{prefix}/")


def _told(site: Known) -> Iterator[str]:
    """What Link says of the document: its path as it was spelled, and `id/` where its IRI has that."""
    start = f"^\\S+\\s{site.prefix}"
    yield f"RewriteCond %{{THE_REQUEST}} {start}/page/([^?\\s]+)\nRewriteRule ^page/ - [E=KCLOD_RAW:%1]"
    yield f"RewriteCond %{{THE_REQUEST}} {start}/(?:data|linkset)/([^?\\s]+)\\.[a-z]+[?\\s]"
    yield "RewriteRule ^(?:data|linkset)/ - [E=KCLOD_RAW:%1]"
    root = f"%{{DOCUMENT_ROOT}}{site.prefix}"
    yield "RewriteRule ^ - [E=KCLOD_ID:]"  # what is not set would be written as (null)
    yield f"RewriteCond {root}/id/$1.html -f\nRewriteRule ^page/(.+)$ - [E=KCLOD_ID:id/]"
    yield f"RewriteCond {root}/id/$1.html -f\nRewriteRule ^(?:data|linkset)/(.+)\\.[a-z]+$ - [E=KCLOD_ID:id/]"
    for kind, (number, _) in _links(site).items():
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
            yield f"RewriteRule ^{_escaped(address[1:])}$ - [E=KCLOD_LINK:{number}]"


def _folders() -> tuple[str, ...]:
    """Where an answer may be, the most special first."""
    return f"{LANG}/%{{ENV:KCLOD_CHOSEN}}/", f"{ACCEPT}/%{{ENV:KCLOD_LANG}}/", ""


def _escaped(path: str) -> str:
    return "".join(c if c.isalnum() or c in "/-_" else f"\\{c}" for c in path)


def _things(target: str) -> Iterator[str]:
    """303 from a thing to its page or data document below a target."""
    plain = "RewriteCond %{ENV:KCLOD_PROFILE} ^$"
    yield from _largest("KCLOD_SEE", _offers(SETS["hr"]), plain)
    for token in known.TOKENS:
        able = [offer for offer in SETS["r"] if token in known.POSSIBLE[offer.name]]
        yield from _largest("KCLOD_SEE", _offers(able), f"RewriteCond %{{ENV:KCLOD_PROFILE}} ={token}")
        for name, tokens in known.POSSIBLE.items():
            if token in tokens[1:]:
                yield f"RewriteCond %{{ENV:KCLOD_PROFILE}}/%{{ENV:KCLOD_SEE}} ={token}/{name}"
                yield f"RewriteRule ^ - [E=KCLOD_MORE:_profile={token}]"
    yield f"{_NOT_YET}KCLOD_SEE}} ^$\nRewriteRule ^ - [R=406,E=KCLOD_OFFERED:thing,END]"
    path = r"RewriteCond %{THE_REQUEST} ^\S+\s"
    start = _escaped(target.partition("//")[2].partition("/")[2] if "//" in target else target.strip("/"))
    begin = rf"/(?:{start}/)?(?:id/)?([^?\s]*)" if start else r"/(?:id/)?([^?\s]*)"
    page = "RewriteCond %{ENV:KCLOD_SEE} =html"
    yield f"{page}\nRewriteCond %{{QUERY_STRING}} (?:^|&)lang=([^&]+)\nRewriteRule ^ - [E=KCLOD_MORE:lang=%1]"
    some, none = "RewriteCond %{ENV:KCLOD_MORE} .", "RewriteCond %{ENV:KCLOD_MORE} ^$"
    for conditions, document in ((f"{page}\n", "page/%1"), ("", "data/%1.%{ENV:KCLOD_SEE}")):
        yield f"{conditions}{some}\n{path}{begin}\nRewriteRule ^ {target}{document}?%{{ENV:KCLOD_MORE}} [R=303,NE,END]"
        yield f"{conditions}{none}\n{path}{begin}\nRewriteRule ^ {target}{document} [R=303,NE,QSD,END]"


def _headers(site: Known) -> Iterator[str]:
    """Fields by what the rules have found: a rewritten request has that under names with REDIRECT_ before them."""
    kinds = {"h": "overview.home", "hr": "ontology.page", "r": "wellknown.void", "hj": "downloads.listing"}
    kinds |= {known.DATA: "documents.data", known.DESCRIBE: "documents.describe", known.CITE: "citing.cite"}
    for before in ("REDIRECT_", ""):
        for number, text in _links(site).values():
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


def _w3id(site: Known) -> Iterator[str]:
    yield "# For the folder of this data at w3id.org (https://github.com/perma-id/w3id.org); written by `kclod export site`."
    yield "# Things are negotiated here, so that the site itself may be on a host that knows no rules."
    yield from _weights({"hr": SETS["hr"]})
    yield "RewriteEngine On"
    yield from _largest("KCLOD_SEE", _offers(SETS["hr"]))
    yield "Header always merge Vary Accept"
    target = site.public_url
    page, data = "RewriteCond %{ENV:KCLOD_SEE} =html", "RewriteCond %{ENV:KCLOD_SEE} ."
    yield f"{page}\nRewriteRule ^id/(.+)$ {target}page/$1 [R=303,END]"
    yield f"{data}\nRewriteRule ^id/(.+)$ {target}data/$1.%{{ENV:KCLOD_SEE}} [R=303,END]"
    yield "RewriteRule ^id/ - [R=406,END]"
    yield f"RewriteRule ^ontology$ {target}ontology [R=303,END]"
    yield f"RewriteRule ^(.*)$ {target}$1 [R=302,END]"
