"""The language of nginx: words, maps, and how the largest q-value is found with patterns alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kclod.site_files.rules.accept import NONE


def quoted(text: str) -> str:
    """A text as one word of nginx's language; `$` begins a variable there, whatever stands before it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "${kclod_dollar}") + '"'


def pattern(text: str) -> str:
    """A pattern as one word: backslashes are its own, except before a quotation mark."""
    return '"' + text.replace('"', '\\"') + '"'


def map_of(source: str, name: str, lines: Iterable[str]) -> Iterator[str]:
    """A map from a text with variables to a variable, `kclod_` before its name."""
    yield f"map {source} $kclod_{name} {{"
    yield from (f"    {line}" for line in lines)
    yield "}"


def regex(text: str) -> str:
    """A text as a pattern that finds it."""
    return "".join(c if c.isalnum() or c in "/-_" else f"\\{c}" for c in text)


def key(text: str) -> str:
    """A text to be found in a map. Case counts in addresses, which is so in nginx for patterns only."""
    if text != text.lower() or text.startswith("~"):
        return pattern("~^" + "".join(c if c.isalnum() or c in "/-_" else f"\\{c}" for c in text) + "$")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def weighed(source: str, name: str, patterns: Iterable[tuple[str, str]], absent: str = "1000") -> Iterator[str]:
    """A map from a header field to the four digits of a q-value."""
    lines = []
    for found, digits in patterns:
        plain = digits.replace("{", "").replace("}", "")  # a group has one digit here, and no braces
        lines.append(f'{pattern(f"~*{found}")} "{plain}";')
    yield from map_of(source, name, ["default 0000;", f'"" {absent};', *lines])


def largest(name: str, weights: str) -> Iterator[str]:
    """The first of `name=0850 other=1000` that has the largest digits; `none` where all are 0."""
    before = ""
    for place in range(4):
        digits = "1" if place == 0 else "987654321"
        lines = [rf'"~^{"[0-9]" * place}\|.*={digit}" {digit};' for digit in digits] if not place else [
            rf'"~^(?<kclod_m>{"[0-9]" * place})\|.*=\k<kclod_m>{digit}" {digit};' for digit in digits
        ]  # fmt: skip
        yield from map_of(f'"{before}|{weights}"', f"m{place}_{name}", ["default 0;", *lines])
        before += f"$kclod_m{place}_{name}"
    yield from map_of(f'"{before}|{weights}"', f"choice_{name}", [
        f"default {NONE};", rf'"~^0000" {NONE};',
        r'"~^(?<kclod_n>[0-9]+)\|(?:.*? )??(?<kclod_f>[a-z]+)=\k<kclod_n>(?: |$)" $kclod_f;',
    ])  # fmt: skip
