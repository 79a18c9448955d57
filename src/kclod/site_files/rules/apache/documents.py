"""Rules that find the file of a page, a data document, a plain file, or lead on from a thing."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.site_files.places import PROFILE, SELECTED, SELECTING
from kclod.site_files.rules import known
from kclod.site_files.rules.accept import SETS
from kclod.site_files.rules.apache.fields import told
from kclod.site_files.rules.apache.things import things
from kclod.site_files.rules.apache.weights import NOT_YET, escaped, folders, largest, offers_of
from kclod.site_files.rules.known import Known

_NAMING = tuple(name for name in SELECTING if name != "page")


def documents(site: Known) -> Iterator[str]:
    """What is at each address, from the most to the least special."""
    prefix, root = site.prefix, f"%{{DOCUMENT_ROOT}}{site.prefix}"
    yield from _parameters()
    yield from _profiles()
    # slashes at the end
    yield f"RewriteCond {root}/$1.html -f\nRewriteCond %{{THE_REQUEST}} ^\\S+\\s([^?\\s]*[^?\\s/])/+(\\?\\S*)?\\s"
    yield "RewriteRule ^(.+[^/])/+$ %1%2 [R=308,NE,END]"
    yield f"RewriteCond {root}/$1/index.html -f\nRewriteRule ^(.+[^/])$ {prefix}/$1/ [R=308,END]"
    yield from told(site)
    yield from _data(root)
    yield from _negotiated(site)
    # plain files
    for folder in folders():
        yield f"RewriteCond {root}/{folder}$0 -f\nRewriteRule ^.*(?<!\\.html)$ {folder}$0 [E=KCLOD_KIND:file,END]"
    # things
    yield f"RewriteCond {root}/$0.html !-f\nRewriteRule ^.*$ - [R=404,END]"
    yield from things(f"{prefix}/")


def _parameters() -> Iterator[str]:
    # parameters: one that names something, as it is spelled, and a number of a page
    yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)({'|'.join(_NAMING)})=[^&]"
    yield "RewriteRule ^ - [E=KCLOD_NAMING:%1]"
    yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)({'|'.join(_NAMING)})=[^&]+.*&(?:{'|'.join(_NAMING)})="
    yield "RewriteRule ^ - [R=404,END]"
    yield "RewriteCond %{QUERY_STRING} (?:^|&)page=(?!1(?:&|$))([0-9]+)(?:&|$)"
    yield "RewriteRule ^ - [E=KCLOD_PAGE:/page=%1]"
    yield f"RewriteCond %{{ENV:KCLOD_NAMING}}%{{ENV:KCLOD_PAGE}} .\nRewriteRule ^ - [E=KCLOD_BEFORE:{SELECTED}/]"


def _profiles() -> Iterator[str]:
    # the profile, by parameter or by field
    for token, iri in known.IRIS.items():
        loose = "".join(c if c.isalnum() else rf"(?:\{c}|%{ord(c):02x})" for c in iri)
        yield f"RewriteCond %{{QUERY_STRING}} (?:^|&)_profile=(?:{token}|{loose})(?:&|$) [NC]"
        yield f"RewriteRule ^ - [E=KCLOD_PROFILE:{token}]"
    yield f"{NOT_YET}KCLOD_PROFILE}} ^$"
    yield "RewriteCond %{QUERY_STRING} (?:^|&)_profile="
    yield "RewriteRule ^ - [E=KCLOD_PROFILE:none]"
    asked = "RewriteCond %{HTTP:Accept-Profile} !^$"
    yield "RewriteRule ^data/.*\\.([a-z]+)$ - [E=KCLOD_EXT:$1]"
    for name, tokens in known.POSSIBLE.items():
        of_one = f"{asked}\nRewriteCond %{{ENV:KCLOD_EXT}} ={name}"
        yield from largest("KCLOD_PROFILE", {t: f"kclod_q_profile_{t}" for t in tokens}, of_one)
    yield from largest(
        "KCLOD_PROFILE",
        {t: f"kclod_q_profile_{t}" for t in known.TOKENS},
        f"{asked}\nRewriteCond %{{ENV:KCLOD_EXT}} ^$",
    )
    yield f"{NOT_YET}KCLOD_PROFILE}} ^$\n{asked}\nRewriteRule ^ - [E=KCLOD_PROFILE:none]"


def _data(root: str) -> Iterator[str]:
    # data documents
    yield f"RewriteCond {root}/$0 !-f\nRewriteRule ^data/.*$ - [R=404,END]"
    for name, tokens in known.POSSIBLE.items():
        wanted = "|".join(("", *tokens))
        yield f"RewriteCond %{{ENV:KCLOD_PROFILE}} !^(?:{wanted})$"
        yield f"RewriteRule ^data/.*\\.{name}$ - [R=406,E=KCLOD_OFFERED:thing,END]"
        told = f"E=KCLOD_TOLD:{known.IRIS[tokens[0]]}"
        yield f"RewriteCond %{{ENV:KCLOD_PROFILE}}%{{ENV:KCLOD_PAGE}} ^(?:{tokens[0]})?$"
        yield f"RewriteRule ^data/.*\\.{name}$ $0 [{told},E=KCLOD_KIND:data,END]"
        for token in tokens[1:]:
            told = f"E=KCLOD_TOLD:{known.IRIS[token]}"
            yield f"RewriteCond %{{ENV:KCLOD_PROFILE}} ={token}"
            yield f"RewriteRule ^data/.*\\.{name}$ {PROFILE}/{token}/$0 [{told},E=KCLOD_KIND:data,END]"
        yield f"RewriteRule ^data/.*\\.{name}$ {SELECTED}/$0%{{ENV:KCLOD_PAGE}}.{name} [E=KCLOD_KIND:data,END]"


def _negotiated(site: Known) -> Iterator[str]:
    prefix, root = site.prefix, f"%{{DOCUMENT_ROOT}}{site.prefix}"
    # negotiated documents
    yield "RewriteRule ^page/.+$ - [E=KCLOD_OFFERED:h]"
    for path, kind in sorted(site.kinds.items()):
        if kind in SETS or kind == known.DESCRIBE:
            yield f"RewriteRule ^{escaped(path[1:])}$ - [E=KCLOD_OFFERED:{kind}]"
    yield "RewriteCond %{QUERY_STRING} (?:^|&)format=([a-z]+)\nRewriteRule ^(?:describe|cite)$ - [E=KCLOD_CHOICE:%1]"
    yield f"{NOT_YET}KCLOD_CHOICE}} ^$"
    yield "RewriteRule ^cite$ - [E=KCLOD_CHOICE:txt]"
    yield "RewriteRule ^cite$ - [E=KCLOD_OFFERED:cite]"
    for kind, offers in SETS.items():
        kinds = f"RewriteCond %{{ENV:KCLOD_OFFERED}} ^{'(?:hr|describe)' if kind == 'hr' else kind}$"
        yield from largest("KCLOD_CHOICE", offers_of(offers), kinds)
    yield "RewriteRule ^(?:.*/)?$ - [E=KCLOD_INDEX:index]"
    given = f"{NOT_YET}KCLOD_OFFERED}} !^$"
    where = "%{ENV:KCLOD_CHOICE}"
    for name in (*_NAMING, ""):
        this = f"RewriteCond %{{ENV:KCLOD_NAMING}} ={name}" if name else f"{NOT_YET}KCLOD_NAMING}} ^$"
        taken = f"\nRewriteCond %{{QUERY_STRING}} (?:^|&){name}=([^&]+)" if name else ""
        value = f"/{name}=%1" if name else ""
        stem = f"%{{ENV:KCLOD_BEFORE}}$0%{{ENV:KCLOD_INDEX}}{value}%{{ENV:KCLOD_PAGE}}"
        begin = f"{given}\n{this}{taken}"
        has = f"{begin}\nRewriteCond %{{ENV:KCLOD_OFFERED}} !^(?:r|cite)$"
        yield f"{has}\nRewriteCond {root}/{stem}.html !-f\nRewriteRule ^.*$ - [R=404,END]"
        yield f"{begin}\n{NOT_YET}KCLOD_CHOICE}} ^$\nRewriteRule ^ - [R=406,END]"
        located = "RewriteCond %{ENV:KCLOD_OFFERED} =hr\nRewriteCond %{ENV:KCLOD_CHOICE} !=html"
        yield f"{located}\nRewriteRule ^.*$ - [E=KCLOD_AT:{prefix}/$0.{where}]"
        for folder in folders():
            file, kind = f"{folder}{stem}.{where}", "E=KCLOD_KIND:%{ENV:KCLOD_OFFERED}"
            yield f"{begin}\nRewriteCond {root}/{file} -f\nRewriteRule ^.*$ {file} [{kind},B=%,QSD,END]"
    yield f"{given}\nRewriteRule ^ - [R=404,END]"
