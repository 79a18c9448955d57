"""The language of Caddy: words, maps from patterns (RE2), variables, and conditions in CEL.

A map is looked through again whenever its result is used, and what a pattern has found may hold no placeholders; so
results are kept as variables of the request, and what depends on several of them is told by conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import count


def word(text: str) -> str:
    """A text as one word."""
    return f"`{text}`" if "`" not in text else '"' + text.replace('"', '\\"') + '"'


def plain(text: str) -> str:
    """A text in which nothing is a placeholder."""
    return text.replace("{", "\\{").replace("}", "\\}")


def pattern(text: str) -> str:
    """A text as a pattern that finds it."""
    return "".join(c if c.isalnum() or c in "/-_" else f"\\{c}" for c in text)


def var(name: str) -> str:
    """The placeholder of a variable."""
    return f"{{http.vars.kclod_{name}}}"


def literal(text: str) -> str:
    """A text in a condition."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Rules:
    """Lines of directives inside `route { }`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._numbers = count()

    def map(self, source: str, name: str, mappings: Iterable[tuple[str, str]], default: str = "") -> None:
        """A variable by the first input that a text is (or, after `~`, the first pattern that finds something)."""
        self.lines += [f"map {word(source)} {{kclod.{name}}} {{"]
        self.lines += [f"\t{word(found)} {word(value)}" for found, value in mappings]
        self.lines += [f"\tdefault {word(default)}", "}"]
        self.set(name, f"{{kclod.{name}}}")

    def set(self, name: str, value: str, *when: str) -> None:
        """A variable, where all conditions hold."""
        self.lines.append(f"vars {self.when(*when)}kclod_{name} {word(value)}")

    def do(self, directive: str, *when: str, rest: str = "") -> None:
        """A directive, where all conditions hold."""
        self.lines.append(f"{directive} {self.when(*when)}{rest}".rstrip())

    def when(self, *conditions: str) -> str:
        """A matcher for conditions in CEL."""
        if not conditions:
            return ""
        name = f"@kclod_{next(self._numbers)}"
        self.lines.append(f"{name} expression {word(' && '.join(conditions))}")
        return f"{name} "

    def file(self, *names: str) -> str:
        """A matcher for the first of some files that is there; `{file}` is then its name."""
        name = f"@kclod_{next(self._numbers)}"
        tried = " ".join(map(word, names))
        self.lines.append(f"{name} file {tried}")
        return name

    def block(self, opening: str, inside: Rules) -> None:
        """Directives in braces."""
        self.lines += [f"{opening} {{", *(f"\t{line}" for line in inside.lines), "}"]

    def route(self, inside: Rules, *conditions: str) -> None:
        """Directives where all conditions hold."""
        self.block(f"route {self.when(*conditions)}".rstrip(), inside)

    def inner(self) -> Rules:
        """Rules for a block inside this."""
        inside = Rules()
        inside._numbers = self._numbers
        return inside

    def weighed(self, field: str, name: str, patterns: Iterable[tuple[str, str]], absent: str = "1000") -> None:
        """A variable with the four digits of a q-value by a header field."""
        mappings = [("~^$", absent), *((f"~(?i){found}", re.sub(r"\$(\d)", r"${\1}", d)) for found, d in patterns)]
        self.map(f"{{http.request.header.{field}}}", name, mappings, "0000")

    def largest(self, name: str, weights: Mapping[str, str], none: str, *when: str) -> None:
        """A variable with the first of some names whose weight, the variable it stands for, is the largest."""
        self.set(name, none, *when)
        for one, weight in weights.items():
            others = [f"{var(weight)} >= {var(other)}" for other in weights.values() if other != weight]
            self.set(name, one, *when, f"{var(name)} == {literal(none)}", f"{var(weight)} > '0000'", *others)
