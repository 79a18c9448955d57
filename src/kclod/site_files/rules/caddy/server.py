"""What Caddy does with a request: what is refused or led elsewhere, and the files of each kind of address."""

from __future__ import annotations

from kclod.site_files.places import ERRORS
from kclod.site_files.rules import known
from kclod.site_files.rules.accept import NONE, SETS
from kclod.site_files.rules.caddy import choices, fields
from kclod.site_files.rules.caddy.text import Rules, literal, pattern, plain, var
from kclod.site_files.rules.known import Known

_HTML = "text/html; charset=utf-8"
_SERVE = ("precompressed gzip", "disable_canonical_uris")


def site_block(site: Known) -> Rules:
    """The directives inside the block of a site."""
    rules = Rules()
    always = rules.inner()
    for name, value in known.ALWAYS.items():
        always.do("header", rest=f'{name} "{value}"')
    _addresses(always, site)
    choices.parameters(always)
    choices.weights(always)
    choices.languages(always)
    _refuse(always)
    choices.profiles(always)
    choices.stem(always)
    for kind in ("h", "hr", "r", "hj", known.DESCRIBE):
        inside = always.inner()
        _negotiated(inside, site, kind)
        always.route(inside, _is(kind))
    for kind, write in (
        (known.CITE, _cite),
        (known.DATA, _data),
        (known.LINKSET, _linkset),
        (known.THING, _thing),
    ):
        inside = always.inner()
        write(inside, site)
        always.route(inside, _is(kind))
    _files(always, site)
    rules.block("route", always)
    errors, ordered = rules.inner(), rules.inner()
    _errors(ordered)
    errors.block("route", ordered)
    rules.block("handle_errors", errors)
    return rules


def _is(kind: str) -> str:
    return f"{var('kind')} == {literal(kind)}"


def _addresses(rules: Rules, site: Known) -> None:
    start = pattern(site.prefix)
    if site.prefix:
        rules.do("uri", rest=f"strip_prefix {site.prefix}")
    rules.set("at", "{http.request.uri.path}")
    paths = [(plain(path), kind) for path, kind in sorted(site.kinds.items())]
    shapes = [
        (f"~^/{known.INSIDE}", NONE), ("~^/page/", "h"), ("~^/data/", known.DATA), ("~^/linkset/", known.LINKSET),
        (f"~^/(?:{known.ASKED})(?:/|$)", known.SERVER),
    ]  # fmt: skip
    rules.map(var("at"), "kind", [*paths, *shapes], known.THING)
    query = "{http.request.uri.query}"
    rules.map(query, "narrowed", [(f"~(?:^|&){known.NARROWED}", known.SERVER), (r"~\.\.(?:/|%2[fF]|&|$)", NONE)])
    rules.set("kind", var("narrowed"), f"{var('narrowed')} != ''")
    documents = [("~^/page/(.+)$", "${1}"), (r"~^/(?:data|linkset)/(.+)\.[a-z]+$", "${1}")]
    rules.map(var("at"), "document", documents)
    optional = f"(?:{start})?" if site.prefix else ""
    rules.map("{http.request.orig_uri}", "raw", [
        (f"~^{optional}/(?:page|id)/([^?]*)", "${1}"),
        (rf"~^{optional}/(?:data|linkset)/([^?]*)\.[a-z]+(?:\?|$)", "${1}"),
        (f"~^{optional}/([^?]*)", "${1}"),
    ])  # fmt: skip
    rules.map(var("at"), "name", [("~^(.*/)$", "${1}index"), ("~^(.*)$", "${1}")])
    rules.map(var("at"), "extension", [(r"~\.([a-z0-9]+)$", "${1}")])
    rules.map(var("at"), "trimmed", [("~^(/.*[^/])/+$", "${1}")])
    rules.map("{http.request.orig_uri}", "unslashed", [(r"~^([^?]*[^/?])/+(\?.*)?$", "${1}${2}")])
    rules.map("{http.request.orig_uri}", "single", [(r"~^([^?]*?)//+(.*)$", "${1}/${2}")])
    rules.map(var("at"), "spelled", sorted((plain(path), site.prefix + to) for path, to in site.spelled.items()))
    rules.set("id", "")
    described = rules.file(f"/id/{var('document')}.html")
    rules.lines.append(f"vars {described} kclod_id id/")


def _refuse(rules: Rules) -> None:
    options = rules.inner()
    for name, value in known.OF_OPTIONS.items():
        options.do("header", rest=f'{name} "{value}"')
    options.do("header", rest=f'Allow "{known.ALLOW}"')
    options.do("respond", rest="204")
    rules.route(options, "{http.request.method} == 'OPTIONS'")
    other = "!({http.request.method} in ['GET', 'HEAD'])"
    rules.do("header", other, rest=f'Allow "{known.ALLOW}"')
    rules.do("error", other, rest="405")
    _redirect(rules, "308", var("single"), rules.when(f"{var('single')} != ''"))
    rules.set("query", "")
    rules.set("query", "?{http.request.uri.query}", "{http.request.uri.query} != ''")
    _redirect(rules, "308", f"{var('spelled')}{var('query')}", rules.when(f"{var('spelled')} != ''"))
    rules.do("error", _is(NONE), rest="404")
    rules.do("error", _is(known.SERVER), rest="501")
    gone = rules.file(f"/{ERRORS}/410{var('at')}.json")
    rules.lines.append(f"error {gone} 410")


def _redirect(rules: Rules, status: str, target: str, matcher: str) -> None:
    inside = rules.inner()
    inside.do("header", rest='Content-Type "text/plain; charset=utf-8"')
    inside.do("header", rest="Cache-Control no-cache")
    inside.do("header", rest=f"Location {target}")
    inside.do("respond", rest=status)
    rules.block(f"route {matcher.strip()}", inside)


def _serve(rules: Rules, *names: str) -> None:
    """Send the first of some files; 404 where none is there."""
    found = rules.file(*names)
    inside = rules.inner()
    inside.do("header", rest="?Cache-Control no-cache")
    inside.do("header", f"{var('link')} != ''", rest=f'Link "{var("link")}"')
    _vary(inside)
    inside.do("rewrite", rest="{http.matchers.file.relative}")
    served = inside.inner()
    served.lines += list(_SERVE)
    inside.block("file_server", served)
    rules.block(f"route {found}", inside)
    rules.do("error", rest="404")


def _vary(rules: Rules) -> None:
    """Vary as the variable has it, and the coding; at the end, as Caddy adds some of its own before."""
    rules.set("vary", f"{var('vary')}, ", f"{var('vary')} != ''")
    last = rules.inner()
    last.lines += [f'Vary "{var("vary")}Accept-Encoding"', "defer"]
    rules.block("header", last)


def _tries(stem: str) -> tuple[str, ...]:
    return f"{var('chosen')}{stem}", f"{var('accepted')}{stem}", stem


def _trimmed(rules: Rules) -> None:
    _redirect(rules, "308", var("unslashed"), rules.file(f"{var('trimmed')}.html"))


def _unless(rules: Rules, name: str, status: int) -> None:
    missing = rules.inner()
    found = rules.file(name)
    rules.set("there", "")
    rules.lines.append(f"vars {found} kclod_there yes")
    missing.do("error", rest=str(status))
    rules.route(missing, f"{var('there')} == ''")


def _negotiated(rules: Rules, site: Known, kind: str) -> None:
    if kind == known.DESCRIBE:
        rules.do("error", f"{var('arg_iri')} == ''", rest="400")
    _trimmed(rules)
    if kind != "r":
        _unless(rules, f"{var('stem')}.html", 404)
    offered = "hr" if kind == known.DESCRIBE else kind
    rules.largest("choice", choices.offers_of(offered), NONE)
    if kind == known.DESCRIBE:
        rules.set("choice", NONE, f"{var('arg__profile')} != ''")
        rules.set("choice", NONE, f"{var('arg_format')} != ''")
        for name in ("html", *known.FORMATS):
            rules.set("choice", name, f"{var('arg_format')} == {literal(name)}", f"{var('arg__profile')} == ''")
    rules.do("error", f"{var('choice')} == {literal(NONE)}", rest="406")
    fields.types(rules, {"html": _HTML, "json": "application/json"} | _rdf_types(site), "choice")
    fields.vary(rules, kind)
    rules.do("header", f"{var('choice')} in ['html', 'json']", rest=f"Content-Language {var('language')}")
    data = f"!({var('choice')} in ['html', 'json'])"
    rules.set("link", "")
    fields.fixed_links(rules, site)
    if kind == "h":
        page = f"{var('document')} != '' && {var('selected')} == ''"
        inside = rules.inner()
        fields.classes(inside, site)
        fields.links(inside, site, "/page/")
        rules.route(inside, page)
    if kind == "hr":
        rules.do("header", data, rest=f'Content-Location "{site.prefix}{var("at")}.{var("choice")}"')
    if kind == known.DESCRIBE:
        where = f"{site.prefix}/describe?iri={var('arg_iri')}&format={var('choice')}"
        rules.do("header", data, rest=f'Content-Location "{where}"')
        for name, tokens in known.POSSIBLE.items():
            rules.do(
                "header",
                f"{var('choice')} == {literal(name)}",
                rest=f"Content-Profile <{known.IRIS[tokens[0]]}>",
            )
    _serve(rules, *_tries(f"{var('stem')}.{var('choice')}"))


def _cite(rules: Rules, site: Known) -> None:
    rules.do("error", f"{var('arg_iri')} == ''", rest="400")
    rules.set("choice", NONE)
    for given, name in (("", "txt"), ("bib", "bib"), ("csl", "csl"), ("txt", "txt")):
        rules.set("choice", name, f"{var('arg_format')} == {literal(given)}")
    rules.do("error", f"{var('choice')} == {literal(NONE)}", rest="400")
    fields.types(rules, dict(site.types.get(known.CITE, {})), "choice")
    fields.vary(rules, known.CITE)
    rules.do("header", rest=f"Content-Language {var('language')}")
    rules.set("link", "")
    _serve(rules, *_tries(f"{var('stem')}.{var('choice')}"))


def _data(rules: Rules, site: Known) -> None:
    _unless(rules, var("at"), 404)
    choices.data(rules)
    rules.do("error", f"{var('choice')} == {literal(NONE)}", rest="406")
    fields.types(rules, _rdf_types(site), "extension")
    fields.vary(rules, known.DATA)
    rules.set("link", "")
    for name in known.FORMATS:
        inside = rules.inner()
        fields.data_links(inside, site, name)
        if inside.lines:
            this = (f"{var('extension')} == {literal(name)}", f"{var('selected')} == ''")
            rules.route(inside, *this)
    _serve(rules, var("file"))


def _linkset(rules: Rules, site: Known) -> None:
    types = dict(site.types.get(known.LINKSET, {}))
    fields.types(rules, types, "extension")
    rules.set("vary", "")
    rules.set("link", "")
    for name in types:
        inside = rules.inner()
        fields.links(inside, site, "/linkset/", extension=name)
        rules.route(inside, f"{var('extension')} == {literal(name)}")
    _serve(rules, var("at"))


def _thing(rules: Rules, site: Known) -> None:
    _trimmed(rules)
    _redirect(rules, "308", f"{site.prefix}{var('at')}/", rules.file(f"{var('at')}/index.html"))
    _unless(rules, f"{var('at')}.html", 404)
    choices.thing(rules, site)
    refused = f"{var('choice')} == {literal(NONE)}"
    alternates = ", ".join(
        f'<{site.prefix}/data/{var("raw")}.{f.name}>; rel=\\"alternate\\"; type=\\"{f.media_types[0]}\\"'
        for f in SETS["r"]
    )
    rules.do("header", refused, rest=f'Link "{alternates}"')
    rules.do("error", refused, rest="406")
    fields.vary(rules, known.THING)
    rules.do("header", rest=f'Vary "{var("vary")}"')
    _redirect(rules, "303", var("see"), "*")


def _files(rules: Rules, site: Known) -> None:
    """Plain files: of every kind that is left."""
    types: dict[str, str] = {}
    by_path: dict[str, str] = dict(site.odd)
    for kind in sorted(kind for kind in site.types if kind.startswith(known.FILE)):
        for extension, value in site.types[kind].items():
            if types.setdefault(extension, value) != value:
                paths = (p for p, k in site.kinds.items() if k == kind and p.endswith(f".{extension}"))
                by_path |= dict.fromkeys(paths, value)
    rules.map(var("at"), "given", [(r"~\.html$", "/_none"), ("~^/_", "/_none"), ("~^(.*)$", "${1}")])
    rules.map(var("extension"), "type", sorted(types.items()), "application/octet-stream")
    rules.map(var("at"), "own_type", sorted((plain(path), value) for path, value in by_path.items()))
    rules.set("type", var("own_type"), f"{var('own_type')} != ''")
    rules.do("header", rest=f'Content-Type "{var("type")}"')
    rules.map(var("at"), "vary", sorted((plain(p), v) for p, v in fields.worded_files(site).items()))
    rules.do("header", f"{var('vary')} != ''", rest=f"Content-Language {var('language')}")
    both = f"{var('vary')}.startsWith('Accept,')"
    chosen = f"{var('arg_lang')} != ''"
    rules.set("vary", "", chosen, f"!{both}")
    rules.set("vary", "Accept", chosen, both)
    lasting = f"{var('at')}.startsWith('{known.STATIC}') && !{var('at')}.startsWith('{known.STATIC}licences')"
    rules.do("header", lasting, rest='Cache-Control "public, max-age=31536000, immutable"')
    rules.set("choice", "")
    fields.fixed_links(rules, site)
    _serve(rules, *_tries(var("given")))


def _errors(rules: Rules) -> None:
    rules.do("header", rest="Cache-Control no-store")
    rules.set("vary", "Accept, Accept-Language")
    _vary(rules)
    rules.do("header", rest="-Content-Profile")
    rules.largest("choice", choices.offers_of("p"), NONE)
    rules.set("choice", "json", f"{var('choice')} == {literal(NONE)}")
    rules.set("code", "{http.error.status_code}")
    rules.set("code", f"406-{var('kind')}", "{http.error.status_code} == 406")
    rules.set("code", f"410{var('at')}", "{http.error.status_code} == 410")
    rules.do("header", rest="Content-Type application/problem+json")
    rules.do("header", f"{var('choice')} == 'html'", rest=f'Content-Type "{_HTML}"')
    for name in ("If-None-Match", "If-Modified-Since", "Range"):
        rules.do("request_header", rest=f"-{name}")
    stem = f"/{ERRORS}/{var('code')}.{var('choice')}"
    rules.lines.append(f"rewrite {rules.file(*_tries(stem), f'/{ERRORS}/404.json')} {{http.matchers.file.relative}}")
    served = rules.inner()
    served.lines += list(_SERVE)
    rules.block("file_server", served)


def _rdf_types(site: Known) -> dict[str, str]:
    found = site.types.get(known.DATA, {})
    return {name: found[name] for name in known.FORMATS if name in found}
