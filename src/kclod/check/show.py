"""Reports for people and for machines."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console

from kclod.check.run import Report, Verdict

_MARKS = {True: "✓", False: "✗", None: "–"}
_STYLES = {True: "green", False: "red", None: "dim"}


def show(report: Report, console: Console, *, all_: bool = False) -> None:
    """Print the verdicts by group: what does not hold with its rule, request and answer; the rest with `all_`."""
    for entity in report.entities:
        console.print(f"on {entity.url} ({entity.iri})", markup=False, style="dim")
    for group, members in groupby(report.verdicts, key=lambda verdict: verdict.rule.group):
        verdicts = list(members)
        held, tried = sum(v.holds is True for v in verdicts), sum(v.holds is not None for v in verdicts)
        console.print(f"\n{group}: {held} of {tried}", markup=False, style="bold")
        for verdict in verdicts:
            if verdict.holds is False or all_:
                _print(verdict, console)
    console.print(
        f"\n{report.held} of {report.tried} rules hold ({report.share:.0%}); {report.requests} requests", markup=False
    )


def _print(verdict: Verdict, console: Console) -> None:
    rule = verdict.rule
    console.print(f"  {_MARKS[verdict.holds]} {rule.name}: {rule.demands}", markup=False, style=_STYLES[verdict.holds])
    if verdict.holds is not False:
        return
    console.print(f"      rule    {rule.source} ({rule.level})", markup=False)
    if verdict.exchange is not None:
        console.print(f"      sent    {verdict.exchange.asked()[:400]}", markup=False)
        console.print(f"      got     {verdict.exchange.got()[:600]}", markup=False)
    console.print(f"      wrong   {verdict.said}", markup=False)


def as_json(report: Report) -> dict[str, object]:
    """The report as JSON-compatible values."""
    return {
        "site": report.start,
        "entities": [{"address": entity.url, "iri": entity.iri} for entity in report.entities],
        "requests": report.requests,
        "held": report.held,
        "tried": report.tried,
        "score": round(report.share, 4),
        "groups": {
            group: {"held": sum(v.holds is True for v in found), "tried": sum(v.holds is not None for v in found)}
            for group, members in groupby(report.verdicts, key=lambda verdict: verdict.rule.group)
            for found in [list(members)]
        },
        "rules": [
            {
                "group": verdict.rule.group,
                "name": verdict.rule.name,
                "level": verdict.rule.level.value,
                "demands": verdict.rule.demands,
                "source": verdict.rule.source,
                "holds": verdict.holds,
                "sent": verdict.exchange.asked() if verdict.exchange else None,
                "got": verdict.exchange.got() if verdict.exchange else None,
                "wrong": verdict.said or None,
            }
            for verdict in report.verdicts
        ],
    }
