"""The maps inside `http { }`."""

from __future__ import annotations

from collections.abc import Iterator

from kclod.site_files.rules import known
from kclod.site_files.rules.known import Known
from kclod.site_files.rules.nginx.choices import choices, variants
from kclod.site_files.rules.nginx.fields import fields
from kclod.site_files.rules.nginx.text import key, map_of, quoted, regex


def maps(site: Known) -> Iterator[str]:
    """All maps."""
    longest = max(map(len, (k.encode() for k in (*site.links.types, *site.kinds, *site.spelled))), default=0)
    yield "# Written by `kclod export site`: include it in http { }."
    yield "map_hash_max_size 1048576; variables_hash_max_size 4096;"
    yield f"map_hash_bucket_size {max(256, -(-(longest + 64) // 64) * 64)};"
    yield 'geo $kclod_dollar { default "$"; }'
    yield from _addresses(site)
    yield from choices()
    yield from variants()
    yield from fields(site)


def _addresses(site: Known) -> Iterator[str]:
    kinds = (f"{key(path)} {kind};" for path, kind in sorted(site.kinds.items()))
    narrowed = rf'"~(?:^|&){known.NARROWED}" server;'
    yield from map_of("$kclod_at", "plain_kind", [
        "default thing;", f'"~^/{known.INSIDE}" none;', '"~^/page/" h;', f'"~^/data/" {known.DATA};',
        f'"~^/linkset/" {known.LINKSET};',
        f'"~^/(?:{known.ASKED})(?:/|$)" {known.SERVER};', *kinds,
    ])  # fmt: skip
    yield from map_of("$args", "kind", ["default $kclod_plain_kind;", narrowed, r'"~\.\.(?:/|%2[fF]|&|$)" none;'])
    documents = [r'"~^/page/(?<kclod_d1>.+)$" $kclod_d1;', r'"~^/(?:data|linkset)/(?<kclod_d2>.+)\.[a-z]+$" $kclod_d2;']
    yield from map_of("$kclod_at", "document", ['default "";', *documents])
    start = regex(site.prefix)
    raw = [
        rf'"~^(?:{start})?/(?:page|id)/(?<kclod_r1>[^?]*)" $kclod_r1;',
        rf'"~^(?:{start})?/(?:data|linkset)/(?<kclod_r2>[^?]*)\.[a-z]+(?:\?|$)" $kclod_r2;',
        rf'"~^(?:{start})?/(?<kclod_r3>[^?]*)" $kclod_r3;',
    ]
    yield from map_of(
        "$request_uri", "raw", ['default "";', *(raw if site.prefix else [r.replace("(?:)?", "") for r in raw])]
    )
    yield from map_of("$kclod_at", "name", ["default $kclod_at;", '"~/$" "${kclod_at}index";'])
    yield from map_of("$kclod_at", "extension", ['default "";', r'"~\.(?<kclod_e>[a-z0-9]+)$" $kclod_e;'])
    yield from map_of("$kclod_at", "given", ["default $kclod_at;", r'"~\.html$" /_none;', '"~^/_" /_none;'])
    yield from map_of("$kclod_at", "trimmed", ['default "";', r'"~^(?<kclod_t>/.*[^/])/+$" $kclod_t;'])
    yield from map_of("$request_uri", "unslashed", [
        'default "";', r'"~^(?<kclod_u1>[^?]*[^/?])/+(?<kclod_u2>\?.*)?$" "$kclod_u1$kclod_u2";',
    ])  # fmt: skip
    yield from map_of("$request_uri", "single", [
        'default "";', r'"~^(?<kclod_s1>[^?]*?)//+(?<kclod_s2>.*)$" "$kclod_s1/$kclod_s2";',
    ])  # fmt: skip
    yield from map_of("$kclod_at", "spelled", [
        'default "";', *(f"{key(path)} {quoted(site.prefix + to)};" for path, to in sorted(site.spelled.items())),
    ])  # fmt: skip
