"""Maps that give the header fields of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kclod.site_files.places import PROFILE
from kclod.site_files.rules import known
from kclod.site_files.rules.accept import SETS
from kclod.site_files.rules.known import Known
from kclod.site_files.rules.nginx.text import key, map_of, quoted, regex
from kclod.web.http.responses import ACCEPT_DATETIME
from kclod.web.http.table import TABLE, Row

_PARAMETERS = {"lang": "Accept-Language", "_profile": "Accept-Profile", "format": "Accept"}


def fields(site: Known) -> Iterator[str]:
    """The header fields of answers."""
    described_at = "$kclod_prefix/describe?iri=$arg_iri&format=$kclod_y"
    yield from map_of("$status", "fine", ['default "";', '"~^2" 1;', '"~^304" 1;'])
    for parameter in _PARAMETERS:
        yield from map_of(f"$arg_{parameter}", f"has_{parameter}", ["default 1;", '"" 0;'])
    yield from map_of('"$status|$kclod_kind|$kclod_has_lang|$kclod_has__profile|$kclod_has_format"', "vary", [
        'default "";', '"~^[45]" "Accept, Accept-Language";', *_varying(),
    ])  # fmt: skip
    told = {"h": 1, "hr": 1, "hj": 1, known.CITE: 1, known.DESCRIBE: 1}
    told_files = r'"~^(?:2..|304)\|file[0-9]+\|$" $kclod_file_language;'
    yield from map_of("$kclod_file_vary", "file_language", ['default "";', '"~Accept-Language" $kclod_language;'])
    worded = '"~^(?:2..|304)\\|(?:' + "|".join(told) + ')\\|(?:html|json|bib|csl|txt)$" $kclod_language;'
    yield from map_of('"$status|$kclod_kind|$kclod_choice"', "content_language", [
        'default "";', worded, told_files,
    ])  # fmt: skip
    yield from map_of("$kclod_kind", "choice", [
        'default "";', *(f"{name} $kclod_choice_{name};" for name in ("h", "hr", "r", "hj")),
        "describe $kclod_choice_describe;", "cite $kclod_choice_cite;", "thing $kclod_choice_thing;",
    ])  # fmt: skip
    yield from map_of('"$status|$kclod_kind|$kclod_choice"', "content_location", [
        'default "";',
        r'"~^(?:2..|304)\|hr\|(?!html)(?<kclod_x>[a-z]+)$" "$kclod_prefix$kclod_at.$kclod_x";',
        r'"~^(?:2..|304)\|describe\|(?!html)(?<kclod_y>[a-z]+)$" "' + f'{described_at}";',
    ])  # fmt: skip
    profiles = (
        f'"~^(?:2..|304)\\|{known.DATA}\\|{name}/{token if place else "default"}$" {quoted(f"<{known.IRIS[token]}>")};'
        for name, tokens in known.POSSIBLE.items()
        for place, token in enumerate(tokens)
    )
    described = (
        f'"~^(?:2..|304)\\|{known.DESCRIBE}\\|{name}\\|" {quoted(f"<{known.IRIS[tokens[0]]}>")};'
        for name, tokens in known.POSSIBLE.items()
    )
    yield from map_of(
        '"$status|$kclod_kind|$kclod_profiled"', "content_profile", ['default "";', *profiles, *described],
    )  # fmt: skip
    yield from map_of("$kclod_kind", "profiled", [
        'default "$kclod_extension/$kclod_choice_data";', f'{known.DESCRIBE} "$kclod_choice_describe|";',
    ])  # fmt: skip
    yield from map_of('"$status|$kclod_at"', "cache", [
        "default no-cache;", '"~^[45]" no-store;',
        f'"~^(?:2..|304)\\|{known.STATIC}licences" no-cache;',
        f'"~^(?:2..|304)\\|{known.STATIC}" "public, max-age=31536000, immutable";',
    ])  # fmt: skip
    yield from map_of("$kclod_method", "allow", ['default "";', "OPTIONS 1;", '"~^(?!GET$|HEAD$|OPTIONS$)" 1;'])
    yield from map_of("$kclod_allow", "allowed", ['default "";', f'1 "{known.ALLOW}";'])
    for field, value in known.OF_OPTIONS.items():
        yield from map_of("$kclod_method", variable(field), ['default "";', f"OPTIONS {quoted(value)};"])
    yield from _links(site)


def variable(field: str) -> str:
    """The name of the variable of a field."""
    return field.lower().replace("-", "_")


def _varying() -> Iterator[str]:
    for kind, endpoint in known.ENDPOINTS.items():
        row = TABLE[endpoint]
        for has in range(8):
            arguments = [name for place, name in enumerate(_PARAMETERS) if has >> (2 - place) & 1]
            fields = _of(row, arguments)
            code = "|".join(str(has >> (2 - place) & 1) for place in range(3))
            yield f'"~^[23]..\\|{kind}\\|{code.replace("|", chr(92) + "|")}$" "{", ".join(fields)}";'
    yield r'"~^[23]..\|file[0-9]+\|0" $kclod_file_vary;'
    yield r'"~^[23]..\|file[0-9]+\|1" $kclod_file_vary_but;'


def _of(row: Row, arguments: Iterable[str]) -> list[str]:
    taken = {row.fixed[name] for name in arguments if name in row.fixed}
    return [field for field in row.vary if field not in taken and field != ACCEPT_DATETIME]  # one release has no past


def _links(site: Known) -> Iterator[str]:
    usual = site.links.usual()
    worded = [path for path, kind in site.kinds.items() if kind.startswith("file") and known.worded(path)]
    yield from map_of("$kclod_at", "file_vary", [
        'default "";', *(f'{key(path)} "{known.worded(path)}";' for path in sorted(worded)),
    ])  # fmt: skip
    yield from map_of("$kclod_file_vary", "file_vary_but", ['default "";', '"~^Accept," Accept;'])
    shaped = {kind: text for kind, text in usual.items() if "{raw}" in kind}
    types = _numbered(site.links.types)
    yield from map_of(
        "$kclod_document", "types_number", ['default "";', *(f"{key(d)} {n};" for d, n in types[1].items())]
    )
    yield from map_of(
        "$kclod_types_number", "types", ['default "";', *(f"{n} {quoted(t)};" for n, t in types[0].items())]
    )
    lines = []
    for number, (kind, text) in enumerate(sorted(shaped.items())):
        others = site.links.others(kind)
        yield from map_of("$kclod_document", f"link_{number}", [
            f"default {_gaps(text)};",
            *(f"{key(document)} {_gaps(other)};" for document, other in sorted(others.items())),
        ])  # fmt: skip
        address, _, folder = kind.partition(" ")
        extension = address.rpartition(".")[2] if "." in address else ""
        shape = {"/page": "h", "/data": known.DATA, "/link": known.LINKSET}[address[:5]]
        variant = folder.removeprefix(f"{PROFILE}/").rstrip("/") or ("default" if shape == known.DATA else "")
        more = f"{extension}/{variant}" if shape == known.DATA else f"{extension}/" if extension else "/"
        start = "/page/" if shape == "h" else f"/{shape}/"
        lines.append(f'"~^{start}.*\\|{more}$" $kclod_link_{number};')
    for kind, text in sorted(usual.items()):
        if "{raw}" not in kind:
            path, _, extension = kind.partition(" ")
            lines.append(f'"~^{regex(path)}\\|{extension or "[a-z]*"}/" {_gaps(text)};')
    yield from map_of("$kclod_plain_kind", "link_choice", [
        'default "$kclod_choice/";', f'{known.DATA} "$kclod_extension/$kclod_choice_data";',
        f'{known.LINKSET} "$kclod_extension/";', 'h "/";',
    ])  # fmt: skip
    yield from map_of('"$kclod_at|$kclod_link_choice"', "some_link", ['default "";', *lines])
    refused = ", ".join(
        f'<$kclod_prefix/data/$kclod_raw.{f.name}>; rel=\\"alternate\\"; type=\\"{f.media_types[0]}\\"'
        for f in SETS["r"]
    )
    yield from map_of('"$kclod_fine|$kclod_kind"', "link", [
        'default "";', '"~^1" $kclod_some_link;', f'"|{known.THING}" $kclod_link_406;',
    ])  # fmt: skip
    yield from map_of("$status", "link_406", ['default "";', f'406 "{refused}";'])


def _numbered(values: Mapping[str, str]) -> tuple[dict[int, str], dict[str, int]]:
    distinct = {text: number for number, text in enumerate(sorted(set(values.values())))}
    return {n: t for t, n in distinct.items()}, {key: distinct[text] for key, text in sorted(values.items())}


def _gaps(text: str) -> str:
    filled = quoted(text)
    for gap, variable in (
        ("{raw}", "${kclod_raw}"),
        ("{id}", "${kclod_id}"),
        ("{types}", "${kclod_types}"),
        ("{iri}", "${arg_iri}"),
    ):
        filled = filled.replace(gap, variable)
    return filled
