"""What speaks for and against two entities being one: numbers by feature.

Names are compared by tokens, each weighed by how rare it is: two names that share all but their rarest word are two
names. A word that only one of them has is *explained* where it names the other's country, place or parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import ceil

from rapidfuzz.distance import OSA

from kclod.match.lexicon import Lexicon
from kclod.match.prepared import Known, Named, Prepared

FACTS = ("country", "place", "parent", "type", "homepage", "identifier")
"""What may be known of both beside names."""
FEATURES = (
    "name",  # share of the two names' weight that is common, 0 to 1
    "same_name",  # 1: the same words, in any order
    "wanted_extra",  # share of the wanted name's weight that nothing explains
    "candidate_extra",  # the same of the candidate's name
    "qualifier",  # share of the candidate's name that only names its own country or place
    "information",  # how much the common words tell: 1 is the weight of three unique words
    "acronym",  # 1: nothing but an acronym agrees
    "acronym_too",  # 1: beside a full name, an acronym agrees
    "other_script",  # 1: names agree in a second script as well
    "other_script_differs",  # 1: in a second script they do not
    *(f"{fact}{differs}" for fact in FACTS for differs in ("", "_differs")),  # 1: both sides tell, and agree or differ
)
"""The features of a pair, in the order of their weights."""

_INFORMATION = 3.0
_AGREES = 0.9
_TRANSLATED = 0.9
_SAME_ROOT = 0.7
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names side by side. `wanted_left`, `candidate_left`: the tokens that only one of them has, weighed."""

    wanted: Named
    candidate: Named
    name: float
    same: bool
    acronym: bool
    matched: float
    wanted_left: dict[str, float]
    candidate_left: dict[str, float]

    @property
    def rank(self) -> float:
        """By this the best pair of two entities' names is chosen: full names before acronyms."""
        return 2 * (not self.acronym) + self.name + self.same


@dataclass(slots=True)
class Evidence:
    """What was found of two entities.

    `best`: the names that agree most; None where none do. `other`: the best in another script than that one's.
    `facts`: what both tell, and whether it agrees. Tokens that only one of the best names has: `wanted_extra` and
    `candidate_extra` are explained by nothing, `qualifier` is what names the candidate's own country or place.
    """

    wanted: Prepared
    candidate: Prepared
    features: dict[str, float]
    facts: dict[str, bool]
    best: Pair | None = None
    other: Pair | None = None
    wanted_extra: tuple[str, ...] = ()
    candidate_extra: tuple[str, ...] = ()
    qualifier: tuple[str, ...] = ()


def compare(wanted: Prepared, candidate: Prepared, most_telling: float, lexicon: Lexicon) -> Evidence:
    """The evidence of a pair. `most_telling`: the weight of a token that no entity has."""
    found = Evidence(wanted, candidate, dict.fromkeys(FEATURES, 0.0), _facts(wanted, candidate))
    for fact, same in found.facts.items():
        found.features[fact if same else f"{fact}_differs"] = 1.0
    side_by_side = (_side_by_side(left, right, lexicon) for left in wanted.names for right in candidate.names)
    pairs = [pair for pair in side_by_side if pair]
    if pairs:
        found.best = max(pairs, key=lambda pair: pair.rank)
        _names(found, found.best, most_telling)
        _others(found, found.best, pairs)
        if found.best.acronym:
            _without_a_name(found, found.best)
    return found


def _without_a_name(found: Evidence, best: Pair) -> None:
    """Where an acronym agrees, but none of the full names that could: those speak against it."""
    used = (best.wanted, best.candidate) if best.same else ()  # what is an acronym there may pass for a name here
    ours, theirs = (
        [name for name in each.names if not name.acronymic and name not in used]
        for each in (found.wanted, found.candidate)
    )
    both = next(((one, other) for one in ours for other in theirs if one.dense == other.dense), None)
    if both:
        found.wanted_extra, found.candidate_extra = (tuple(name.tokens) for name in both)
        found.features["wanted_extra"] = found.features["candidate_extra"] = 1.0


def _facts(wanted: Prepared, candidate: Prepared) -> dict[str, bool]:
    facts = {
        "country": _meet(wanted.countries, candidate.countries),
        "place": _same(wanted.places, candidate.places),
        "parent": _same(wanted.parents, candidate.parents),
        "type": _meet(wanted.types, candidate.types),
        "homepage": _meet(wanted.hosts, candidate.hosts),
        "identifier": _same_identifier(wanted, candidate) if wanted.identifiers else None,
    }
    return {fact: same for fact, same in facts.items() if same is not None}


def _meet(ours: AbstractSet[str], theirs: AbstractSet[str]) -> bool | None:
    """Whether two sets have something in common; None where one of them is empty."""
    return not ours.isdisjoint(theirs) if ours and theirs else None


def _same(ours: Known, theirs: Known) -> bool | None:
    """By identifier or by a name in one kind of script; None where nothing can be compared."""
    found = [_meet(left, right) for left, right in zip(ours, theirs, strict=True)]
    return True if True in found else False if False in found else None


def _same_identifier(wanted: Prepared, candidate: Prepared) -> bool | None:
    """By the schemes that both have: an identifier in common, or none."""
    schemes = wanted.identifiers.keys() & candidate.identifiers.keys()
    if not schemes:
        return None
    return any(not wanted.identifiers[each].isdisjoint(candidate.identifiers[each]) for each in schemes)


def _side_by_side(wanted: Named, candidate: Named, lexicon: Lexicon) -> Pair | None:
    """Two names compared; None where an alphabet meets another kind of script, or nothing agrees."""
    if wanted.acronymic or candidate.acronymic:
        return _acronyms(wanted, candidate)
    if wanted.dense != candidate.dense:
        return None
    left = {token: weight for token, weight in wanted.tokens.items() if token not in candidate.tokens}
    common = wanted.weight - sum(left.values())
    if len(left) == len(wanted.tokens) and wanted.dense:
        return None
    right = {token: weight for token, weight in candidate.tokens.items() if token not in wanted.tokens}
    if left and right:
        if wanted.key.replace(" ", "") == candidate.key.replace(" ", ""):
            common, left, right = (wanted.weight + candidate.weight) / 2, {}, {}
        elif not wanted.dense:
            common += _nearly_the_same(left, right, lexicon)
    if common <= 0:
        return None
    share = min(1.0, 2 * common / (wanted.weight + candidate.weight))
    return Pair(wanted, candidate, share, not left and not right, False, common, left, right)


def _acronyms(wanted: Named, candidate: Named) -> Pair | None:
    """An acronym and another, or the full name that it may stand for."""
    left, right = wanted.key.replace(" ", ""), candidate.key.replace(" ", "")
    if left != right and left not in candidate.initials and right not in wanted.initials:
        return None
    return Pair(wanted, candidate, 1.0, left == right, True, min(wanted.weight, candidate.weight), {}, {})


def _nearly_the_same(left: dict[str, float], right: dict[str, float], lexicon: Lexicon) -> float:
    """Takes away the words that say the same from both sides; the weight that they share.

    Those are words that differ by a slip or an ending, words that stand for one another, and one word in two.
    """
    common = 0.0
    for token in list(left):
        found = _likest(token, right, lexicon.get(token, _NONE))
        if found:
            other, likeness = found
            common += min(left.pop(token), right.pop(other)) * likeness
    if left and "".join(left) == "".join(right):
        common += min(sum(left.values()), sum(right.values()))
        left.clear()
        right.clear()
    return common


def _likest(token: str, others: Iterable[str], translations: frozenset[str]) -> tuple[str, float] | None:
    """The first word that says what another does, and how far it does."""
    allowed = 0 if len(token) < 5 else 1 if len(token) < 8 else 2
    for other in others:
        if other in translations:
            return other, _TRANSLATED
        if allowed and len(other) >= 5 and token[0] == other[0] and abs(len(token) - len(other)) <= allowed:
            changes = OSA.distance(token, other, score_cutoff=allowed)
            if changes <= allowed:
                return other, 1 - changes / len(token)
        if _one_root(token, other):
            return other, _SAME_ROOT
    return None


def _one_root(token: str, other: str) -> bool:
    """Whether two words begin with the same letters for most of their length, as those of one root do."""
    longer = max(len(token), len(other))
    return longer > 7 and token[: (start := max(6, ceil(longer * 0.65)))] == other[:start] and len(other) >= start


def _names(found: Evidence, best: Pair, most_telling: float) -> None:
    """The features of the best pair of names."""
    around, where = found.candidate.around, found.candidate.where
    wanted_extra = {token: w for token, w in best.wanted_left.items() if not _explained(token, around)}
    left = {token: w for token, w in best.candidate_left.items() if not _explained(token, found.wanted.around)}
    qualifier = {token: w for token, w in left.items() if _explained(token, where)}
    found.wanted_extra, found.qualifier = tuple(wanted_extra), tuple(qualifier)
    found.candidate_extra = tuple(token for token in left if token not in qualifier)
    features = found.features
    features["name"], features["same_name"] = best.name, float(best.same)
    features["wanted_extra"] = sum(wanted_extra.values()) / (best.wanted.weight or 1)
    features["candidate_extra"] = sum(left[token] for token in found.candidate_extra) / (best.candidate.weight or 1)
    features["qualifier"] = sum(qualifier.values()) / (best.candidate.weight or 1)
    features["information"] = min(1.0, best.matched / (_INFORMATION * most_telling))
    features["acronym"] = float(best.acronym)


def _explained(token: str, words: frozenset[str]) -> bool:
    """Whether a word is one of those, or made from one by an ending, as the name of a people is from its country's."""
    return token in words or (len(token) >= 5 and (f"{token[:5]}*" in words or f"{token[:4]}*" in words))


def _others(found: Evidence, best: Pair, pairs: list[Pair]) -> None:
    """What the other names say: acronyms, and names in another script."""
    if best.acronym:
        return
    # one that stands for a name which agrees wholly says nothing that the name does not: namesakes have it in common
    told = (p for p in pairs if not (best.same and (p.wanted is best.wanted or p.candidate is best.candidate)))
    found.features["acronym_too"] = float(any(pair.acronym for pair in told))
    in_other = [pair for pair in pairs if not pair.acronym and pair.wanted.dense != best.wanted.dense]
    if in_other:
        found.other = max(in_other, key=lambda pair: pair.rank)
        found.features["other_script" if agrees(found.other) else "other_script_differs"] = 1.0


def agrees(pair: Pair) -> bool:
    """Whether two names may be taken for one."""
    return pair.same or pair.name > _AGREES
