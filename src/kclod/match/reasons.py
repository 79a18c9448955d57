"""Evidence in words: what agrees, what does not, and what a person should look at."""

from __future__ import annotations

from kclod.match.entity import PREFERRED, Reference
from kclod.match.evidence import Evidence, Pair, agrees

NO_NAME = "no name agrees"
_TELLING = ("country", "place", "identifier")
"""Facts that must not differ."""


def reasons_of(found: Evidence) -> tuple[str, ...]:
    """What agrees and what does not, the names first."""
    said = [_said(found.best) if found.best else NO_NAME]
    if found.other and agrees(found.other):
        said.append(_said(found.other))
    return (*said, *(_fact(found, fact) for fact in found.facts))


def doubts_of(found: Evidence) -> tuple[str, ...]:
    """Why no program should take a candidate by itself, however likely it is; empty where nothing forbids it."""
    doubts = [_fact(found, fact) for fact in _TELLING if found.facts.get(fact) is False]
    if found.best is None:
        return (NO_NAME, *doubts)
    if found.best.acronym:
        doubts.append("only an acronym agrees")
    for tokens, said in (
        (found.wanted_extra, "only the wanted name has"),
        (found.candidate_extra, "only the candidate's name has"),
        (found.qualifier, "the candidate's name tells a place that is not asked for"),
    ):
        if tokens:
            doubts.append(f"{said}: {', '.join(tokens)}")
    if found.other and not agrees(found.other):
        doubts.append(f"names differ: {found.other.wanted.name.text} | {found.other.candidate.name.text}")
    return tuple(doubts)


def _said(pair: Pair) -> str:
    left, right = pair.wanted, pair.candidate
    if pair.acronym:
        how = "same acronym" if pair.same else "an acronym of the name"
    else:
        how = "same name" if pair.same else f"names alike ({pair.name:.2f})"
    kind = f" ({right.name.kind})" if right.name.kind != PREFERRED else ""
    return f"{how}: {left.name.text} | {right.name.text}{kind}"


def _fact(found: Evidence, fact: str) -> str:
    theirs = found.candidate.entity
    shown = {
        "country": theirs.countries,
        "place": tuple(map(_shown, theirs.places)),
        "parent": tuple(map(_shown, theirs.parents)),
        "type": theirs.types,
        "homepage": theirs.homepages,
        "identifier": tuple(f"{scheme} {value}" for scheme, value in theirs.identifiers),
    }[fact]
    return f"{'same' if found.facts[fact] else 'another'} {fact}: {', '.join(shown)}"


def _shown(reference: Reference) -> str:
    return reference.names[0] if reference.names else reference.id
