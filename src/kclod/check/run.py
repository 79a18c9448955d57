"""Runs the rules on a site and sums up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kclod.check.client import Client, Exchange, ExhaustedError, uri
from kclod.check.discover import entities
from kclod.check.rules import RULES, Rule
from kclod.check.site import Entity
from kclod.errors import Problem, UsageError


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule holds on all entities that it was tried on; None where there was nothing to try it on.

    `exchange` is the first that shows that it does not, and `said` is what is wrong with it.
    """

    rule: Rule
    holds: bool | None
    exchange: Exchange | None = None
    said: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on a site."""

    start: str
    entities: tuple[Entity, ...]
    verdicts: tuple[Verdict, ...]
    requests: int

    @property
    def held(self) -> int:
        """How many rules hold."""
        return sum(verdict.holds is True for verdict in self.verdicts)

    @property
    def tried(self) -> int:
        """How many rules could be tried."""
        return sum(verdict.holds is not None for verdict in self.verdicts)

    @property
    def share(self) -> float:
        """The share of rules that hold among those that could be tried."""
        return self.held / self.tried if self.tried else 0.0


def check(
    start: str,
    client: Client,
    *,
    most: int = 2,
    rules: Iterable[Rule] = RULES,
    done: Callable[[Verdict], None] = lambda _: None,
) -> Report:
    """Try the rules, all if not told otherwise, on up to `most` things that the site at `start` describes.

    One more thing is tried if its name is not of ASCII. `done` gets each verdict as it is there. UsageError when
    nothing answers, or no thing with data is found.
    """
    start = uri(start)
    first = client.ask(start, Accept="text/html, */*;q=0.5")
    if first.error:
        raise UsageError(Problem("check.unreachable", f"{start}: {first.error}", "name the address of a running site"))
    try:
        found = entities(client, start, most)
    except ExhaustedError:
        found = []
    if not found:
        raise UsageError(
            Problem(
                "check.nothing",
                f"no thing with RDF data was found from {start}",
                "name the address of a thing, such as https://data.example/id/X",
            )
        )
    verdicts = []
    for rule in rules:
        verdict = _judged(rule, found)
        done(verdict)
        verdicts.append(verdict)
    return Report(start, tuple(found), tuple(verdicts), client.made)


def _judged(rule: Rule, found: Sequence[Entity]) -> Verdict:
    tries = 0
    for entity in found:
        try:
            for finding in rule.tries(entity):
                tries += finding.holds is not None
                if finding.holds is False:
                    return Verdict(rule, False, finding.exchange, finding.said, tries)
        except ExhaustedError:
            return Verdict(rule, None, None, "not tried: as many requests were made as may be", tries)
    return Verdict(rule, True if tries else None, None, "" if tries else "nothing there to try it on", tries)
