"""Header fields of what Caddy sends."""

from __future__ import annotations

from itertools import product

from kclod.site_files.places import PROFILE
from kclod.site_files.rules import known
from kclod.site_files.rules.caddy.text import Rules, literal, pattern, plain, var
from kclod.site_files.rules.known import Known
from kclod.web.http.responses import ACCEPT_DATETIME
from kclod.web.http.table import TABLE

_GAPS = {"{raw}": "raw", "{id}": "id", "{types}": "types", "{iri}": "arg_iri"}


def vary(rules: Rules, kind: str) -> None:
    """What the answer of a kind of address depends on, by the parameters that the request has."""
    row = TABLE[known.ENDPOINTS[kind]]
    parameters = tuple(row.fixed)
    for given in product((False, True), repeat=len(parameters)):
        taken = {row.fixed[name] for name, has in zip(parameters, given, strict=True) if has}
        fields = [field for field in row.vary if field not in taken and field != ACCEPT_DATETIME]
        when = [f"{var(f'arg_{name}')} {'!=' if has else '=='} ''" for name, has in zip(parameters, given, strict=True)]
        rules.set("vary", ", ".join(fields), *when)


def types(rules: Rules, found: dict[str, str], extension: str) -> None:
    """The media type by the extension that a variable holds."""
    rules.map(var(extension), "type", sorted(found.items()), "application/octet-stream")
    rules.do("header", rest=f'Content-Type "{var("type")}"')


def classes(rules: Rules, site: Known) -> None:
    """The classes of the thing that a page is about."""
    rules.map(var("document"), "types", sorted((plain(d), t) for d, t in site.links.types.items()))


def links(rules: Rules, site: Known, start: str, *, extension: str = "", folder: str = "", when: str = "") -> None:
    """Link of the documents of a kind: the usual one, or that of a document."""
    usual = site.links.usual()
    kind = f"{start}{{raw}}{'.' if extension else ''}{extension} {folder}".strip()
    if kind not in usual:
        return
    conditions = [when] if when else []
    rules.set("link", _filled(usual[kind]), *conditions)
    others = site.links.others(kind)
    if others:
        rules.map(var("document"), "other", sorted((plain(d), _filled(text)) for d, text in others.items()))
        rules.set("link", var("other"), *conditions, f"{var('other')} != ''")


def data_links(rules: Rules, site: Known, name: str) -> None:
    """Link of data documents in a format, by profile."""
    for place, token in enumerate(known.POSSIBLE[name]):
        choice = token if place else "default"
        folder = f"{PROFILE}/{token}/" if place else ""
        chosen = f"{var('choice')} == {literal(choice)}"
        links(rules, site, "/data/", extension=name, folder=folder, when=chosen)


def fixed_links(rules: Rules, site: Known) -> None:
    """Link of addresses that are one of a kind."""
    found = []
    for kind, text in sorted(site.links.usual().items()):
        if "{raw}" not in kind:
            path, _, extension = kind.partition(" ")
            found.append((rf"~^{pattern(path)}\|{extension or '[a-z]*'}$", text))
    rules.map(f"{var('at')}|{var('choice')}", "link", [(kind, _numbered(n)) for n, (kind, _) in enumerate(found)])
    for number, (_, text) in enumerate(found):
        rules.set("link", _filled(text), f"{var('link')} == {literal(_numbered(number))}")


def _numbered(number: int) -> str:
    return f"link {number}"


def _filled(text: str) -> str:
    for gap, name in _GAPS.items():
        text = text.replace(gap, var(name))
    return text


def worded_files(site: Known) -> dict[str, str]:
    """Plain files whose words are translated, by path, with what they depend on."""
    found = {}
    for path, kind in site.kinds.items():
        if kind.startswith(known.FILE):
            fields = known.worded(path)
            if fields:
                found[path] = fields
    return found
