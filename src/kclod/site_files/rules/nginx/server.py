"""The directives inside `server { }`: what is refused or led elsewhere, and the files of each kind of address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kclod.site_files.places import ERRORS
from kclod.site_files.rules import known
from kclod.site_files.rules.accept import NONE
from kclod.site_files.rules.known import Known
from kclod.site_files.rules.nginx.fields import variable
from kclod.site_files.rules.nginx.text import quoted, regex


def server(site: Known) -> Iterator[str]:
    """The directives inside `server { }`."""
    yield "# Written by `kclod export site`: include it in server { }, below `root`, the folder of the export."
    yield "merge_slashes off; absolute_redirect off; charset off; etag on; if_modified_since exact;"
    yield "gzip off; gzip_static on; gzip_vary on; autoindex off; default_type application/octet-stream;"
    # an internal redirect goes through all of this again: what was found is kept then
    yield 'uninitialized_variable_warn off; if ($uri ~ "^/_error/") { break; }'
    if site.prefix:
        yield f'rewrite "^{regex(site.prefix)}(/.*)$" $1;'
    yield f"set $kclod_prefix {quoted(site.prefix)};"
    yield "set $kclod_at $uri;"
    yield "set $kclod_method $request_method;"
    yield 'set $kclod_id "";'
    yield 'set $kclod_kept "$kclod_folder$kclod_accepted";'  # a redirect to the body of a refusal has no parameters
    yield 'if (-f "$document_root/id/$kclod_document.html") { set $kclod_id "id/"; }'
    for name, value in known.ALWAYS.items():
        yield f"add_header {name} {quoted(value)} always;"
    for name, source in (
        ("Vary", "vary"), ("Link", "link"), ("Content-Language", "content_language"),
        ("Content-Location", "content_location"), ("Content-Profile", "content_profile"), ("Cache-Control", "cache"),
        ("Allow", "allowed"), *((field, variable(field)) for field in known.OF_OPTIONS),
    ):  # fmt: skip
        yield f"add_header {name} $kclod_{source} always;"
    yield "if ($request_method = OPTIONS) { return 204; }"
    yield "if ($request_method !~ ^(GET|HEAD)$) { return 405; }"
    yield 'if ($kclod_single) { return 308 "$kclod_single"; }'
    yield 'if ($kclod_spelled) { return 308 "$kclod_spelled$is_args$args"; }'
    yield "if ($kclod_kind = none) { return 404; }"
    yield f"if ($kclod_kind = {known.SERVER}) {{ return 501; }}"
    yield f'if (-f "$document_root/{ERRORS}/410$kclod_at.json") {{ return 410; }}'
    yield 'rewrite ^ "/_kind/$kclod_kind$kclod_at" last;'
    for status in (400, 404, 405, 501):
        yield f"error_page {status} /_error/{status};"
    yield "error_page 406 /_error/406-$kclod_plain_kind;"
    yield "error_page 410 /_error/410$kclod_at;"
    yield from _locations(site)


def _locations(site: Known) -> Iterator[str]:
    html = 'types { "text/html; charset=utf-8" html; '
    rdf = " ".join(f"{quoted(value)} {name};" for name, value in _rdf_types(site).items())
    negotiated = f"{html}{rdf} application/json json; }}"
    for kind in ("h", "hr", "r", "hj"):
        yield from _location(f"{kind}/", [
            'if (-f "$document_root$kclod_trimmed.html") { return 308 "$kclod_unslashed"; }',
            *(['if (!-f "$document_root$kclod_stem.html") { return 404; }'] if kind != "r" else []),
            f"if ($kclod_choice_{kind} = {NONE}) {{ return 406; }}", negotiated,
            _tries(f"$kclod_stem.$kclod_choice_{kind}"),
        ])  # fmt: skip
    yield from _location(f"{known.DESCRIBE}/", [
        'if ($arg_iri = "") { return 400; }',
        'if (!-f "$document_root$kclod_stem.html") { return 404; }',
        f"if ($kclod_choice_describe = {NONE}) {{ return 406; }}", negotiated,
        _tries("$kclod_stem.$kclod_choice_describe"),
    ])  # fmt: skip
    yield from _location(f"{known.CITE}/", [
        'if ($arg_iri = "") { return 400; }',
        f"if ($kclod_choice_cite = {NONE}) {{ return 400; }}", _types(site.types.get(known.CITE, {})),
        _tries("$kclod_stem.$kclod_choice_cite"),
    ])  # fmt: skip
    yield from _location(f"{known.DATA}/", [
        f"if ($kclod_choice_data = {NONE}) {{ return 406; }}", f"types {{ {rdf} }}", "try_files $kclod_data_file =404;",
    ])  # fmt: skip
    yield from _location(f"{known.LINKSET}/", [_types(site.types.get(known.LINKSET, {})), "try_files $kclod_at =404;"])
    yield from _location(f"{known.THING}/", [
        'if (-f "$document_root$kclod_trimmed.html") { return 308 "$kclod_unslashed"; }',
        'if (-f "$document_root$kclod_at/index.html") { return 308 "$kclod_prefix$kclod_at/"; }',
        'if (!-f "$document_root$kclod_at.html") { return 404; }',
        f"if ($kclod_choice_thing = {NONE}) {{ return 406; }}",
        'types { } default_type "text/plain; charset=utf-8";',
        'return 303 "$kclod_see";',
    ])  # fmt: skip
    groups = sorted(kind for kind in site.types if kind.startswith(known.FILE))
    for kind in dict.fromkeys((f"{known.FILE}0", *groups)):
        yield from _location(f"{kind}/", [_types(site.types.get(kind, {})), _tries("$kclod_given")])
    for path, value in sorted(site.odd.items()):
        kind = site.kinds.get(path, f"{known.FILE}0")
        typed = f"types {{ }} default_type {quoted(value)};"
        yield f'location = "/_kind/{kind}{path}" {{ {typed} {_tries("$kclod_given")} }}'
    yield (
        'location ~ "^/_error/(?<kclod_code>.+)$" { internal; '
        'types { "text/html; charset=utf-8" html; application/problem+json json; } '
        f"try_files $kclod_folder/{ERRORS}/$kclod_code.$kclod_choice_error $kclod_accepted/{ERRORS}/$kclod_code."
        f"$kclod_choice_error /{ERRORS}/$kclod_code.$kclod_choice_error /{ERRORS}/404.json; }}"
    )


def _rdf_types(site: Known) -> Mapping[str, str]:
    found = site.types.get(known.DATA, {})
    return {name: found[name] for name in known.FORMATS if name in found}


def _types(types: Mapping[str, str]) -> str:
    by_value: dict[str, list[str]] = {}
    for extension, value in sorted(types.items()):
        by_value.setdefault(value, []).append(extension)
    return "types { " + " ".join(f"{quoted(v)} {' '.join(e)};" for v, e in by_value.items()) + " }"


def _tries(stem: str) -> str:
    return f"try_files $kclod_folder{stem} $kclod_accepted{stem} {stem} =404;"


def _location(path: str, lines: Iterable[str]) -> Iterator[str]:
    yield f'location ^~ "/_kind/{path}" {{'
    yield from (f"    {line}" for line in lines)
    yield "}"
