"""Weights of offers as environment variables, of which the largest is found by comparing texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kclod.site_files.places import ACCEPT, LANG
from kclod.site_files.rules.accept import Named
from kclod.site_files.rules.known import Known

NOT_YET = "RewriteCond %{ENV:"


def weighed(field: str, name: str, patterns: Iterable[tuple[str, str]], absent: str = "1000") -> Iterator[str]:
    """The last that matches counts here, so that the most special comes last."""
    yield f'SetEnvIf {field} "^" {name}=0000'
    yield f'SetEnvIf {field} "^$" {name}={absent}'
    for pattern, digits in reversed(list(patterns)):
        plain = digits.replace("{", "").replace("}", "")
        yield f'SetEnvIfNoCase {field} "{pattern}" {name}={plain}'


def weights(sets: dict[str, tuple[Named, ...]]) -> Iterator[str]:
    """The weights of all offers."""
    seen: set[str] = set()
    for offer in (offer for offers in sets.values() for offer in offers):
        if offer.key not in seen:
            seen.add(offer.key)
            yield from weighed("Accept", f"kclod_q_{offer.key}", offer.patterns())


def largest(name: str, weights: dict[str, str], only: str = "") -> Iterator[str]:
    """Rules that set a variable to the first of some names whose weight is the largest, and none that is 0."""
    for one, variable in weights.items():
        others = " && ".join(
            f"reqenv('{variable}') >= reqenv('{other}')" for other in weights.values() if other != variable
        )
        yield f"{NOT_YET}{name}}} ^$"
        if only:
            yield only
        yield f"RewriteCond expr \"reqenv('{variable}') > '0000'{' && ' + others if others else ''}\""
        yield f"RewriteRule ^ - [E={name}:{one}]"


def offers_of(offers: Iterable[Named]) -> dict[str, str]:
    """Names of offers with the variables of their weights."""
    return {offer.name: f"kclod_q_{offer.key}" for offer in offers}


def escaped(path: str) -> str:
    """A path as a pattern that finds it."""
    return "".join(c if c.isalnum() or c in "/-_" else f"\\{c}" for c in path)


def folders() -> tuple[str, ...]:
    """Where an answer may be, the most special first."""
    return f"{LANG}/%{{ENV:KCLOD_CHOSEN}}/", f"{ACCEPT}/%{{ENV:KCLOD_LANG}}/", ""


def links(site: Known) -> dict[str, tuple[int, str]]:
    """The usual Link of each kind of document, with a number."""
    usual = {kind: text for kind, text in site.links.usual().items() if "{iri}" not in text}
    return {kind: (number, text) for number, (kind, text) in enumerate(sorted(usual.items()))}
