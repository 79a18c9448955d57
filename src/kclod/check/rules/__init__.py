"""The rules, by group; each with the specification and section that it comes from."""

from __future__ import annotations

from kclod.check.rules import (
    conditions,
    data,
    discovery,
    encodings,
    errors,
    identification,
    languages,
    linking,
    methods,
    negotiation,
    profiles,
    spelling,
)
from kclod.check.rules.rule import Finding, Level, Rule

__all__ = ["RULES", "Finding", "Level", "Rule"]

RULES: tuple[Rule, ...] = tuple(
    rule
    for module in (
        identification,
        negotiation,
        data,
        languages,
        methods,
        conditions,
        encodings,
        errors,
        spelling,
        linking,
        profiles,
        discovery,
    )
    for rule in module.RULES
)
