"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kclod.check.client import Exchange
from kclod.check.site import Entity


class Level(StrEnum):
    """How binding a rule is: wrong without it, discouraged without it, or a practice that users expect."""

    MUST = "must"
    SHOULD = "should"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Finding:
    """One try of a rule: whether it holds (None: nothing there to try it on), with which exchange, and why not."""

    holds: bool | None
    exchange: Exchange | None = None
    said: str = ""


Try = Callable[[Entity], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its group and name, what it demands, where that stands, and how it is tried on an entity."""

    name: str
    group: str
    level: Level
    demands: str
    source: str
    tries: Try


class Group:
    """Collects the rules of a module."""

    def __init__(self, title: str) -> None:
        self.title, self.rules = title, list[Rule]()

    def rule(self, name: str, level: Level, demands: str, source: str) -> Callable[[Try], Try]:
        """Makes a rule of the function that tries it."""

        def decorate(tries: Try) -> Try:
            self.rules.append(Rule(name, self.title, level, demands, source, tries))
            return tries

        return decorate


def holds(condition: object, exchange: Exchange, otherwise: str = "") -> Finding:
    """A finding with the reason that counts where the condition fails; an answer that did not come fails any."""
    if exchange.error:
        return Finding(False, exchange, "no answer")
    return Finding(bool(condition), exchange, "" if condition else otherwise)
