"""The diagram of an ontology: its classes as boxes that hold the classes below them, its main properties as arrows.

Drawn: own classes by trees; the reused classes that own ones are below of or that a property leads from or to; object
properties from domain to range, but of two inverse ones only the one that is declared so, none that has a drawn one
above it, and none to a class that is the value of so many that it would tie everything to everything.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kclod.web.ontology.layout import GAP, Arrow, Box, forward, lay_out
from kclod.web.ontology.sketch import Link, links_of, trees_of
from kclod.web.ontology.terms import Terms

_MOST_ROWS = 120
_PAD, _ROW, _NOTE, _PORT, _INDENT = 10.0, 21.0, 15.0, 17.0, 14.0
_LOOP = "↺ "


@dataclass(frozen=True, slots=True)
class Row:
    """A class in a box, with the properties that stay within the box as notes below it."""

    iri: str
    text: str
    x: float
    y: float
    branch: str
    notes: tuple[tuple[str, str, float], ...]
    """Property, text, and where it stands."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A box: a class, and those below it."""

    x: float
    y: float
    width: float
    height: float
    own: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow. `property` is None where it leads to the class above; `turned` when its head is at the left end."""

    path: str
    property: str | None
    text: str
    x: float
    y: float
    turned: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The diagram, in CSS pixels; `left_out` are the classes that so many properties lead to that none is drawn."""

    frames: tuple[Frame, ...]
    edges: tuple[Edge, ...]
    width: float
    height: float
    left_out: tuple[str, ...]


def draw(terms: Terms, name: Callable[[str], str], anything: str) -> Drawing | None:
    """The diagram with the names of a language; None for an ontology without classes, or with too many for a drawing.

    `anything` names what a property leads from or to when its domain or range is open.
    """
    links, left_out = links_of(terms)
    trees = trees_of(terms, links)
    if not trees or sum(map(len, trees)) > _MOST_ROWS:
        return None

    def text(iri: str) -> str:
        return name(iri) if iri else anything

    box_of = {iri: n for n, tree in enumerate(trees) for iri, _ in tree}
    links = [link for link in links if link.source in box_of and link.target in box_of]
    inside = [link for link in links if box_of[link.source] == box_of[link.target] and link.property]
    joints = _joints([link for link in links if box_of[link.source] != box_of[link.target]], box_of, text)
    ports = Counter(joint.left for joint in joints)
    made = [
        _Made(tree, text, [link for link in inside if box_of[link.source] == n], ports) for n, tree in enumerate(trees)
    ]
    order = sorted({box_of[iri] for joint in joints for iri in (joint.left, joint.right)})
    boxes = [Box(made[n].width, made[n].height) for n in order]
    first = lay_out(boxes, _arrows(joints, made, box_of, order))
    ranked = sorted(
        zip(joints, first.lines, strict=True), key=lambda item: item[1][2][1] if len(item[1]) > 2 else item[1][1][1]
    )
    joints = [joint for joint, _ in ranked]  # the names of a row stand in the order of what they lead to
    layout = lay_out(boxes, _arrows(joints, made, box_of, order))
    frames = [
        made[n].frame(x, y, width, terms.own(trees[n][0][0]))
        for n, (x, y, width) in zip(order, layout.boxes, strict=True)
    ]
    rest = [(made[n], terms.own(trees[n][0][0])) for n in range(len(trees)) if n not in order]
    frames += _shelf(rest, layout.width, layout.height + (GAP if layout.height else 0.0))
    return Drawing(
        tuple(frames),
        tuple(
            Edge(_path(line), joint.property, joint.text, line[0][0] + 6, line[0][1] - 4, joint.turned)
            for joint, line in zip(joints, layout.lines, strict=True)
        ),
        max(frame.x + frame.width for frame in frames),
        max(frame.y + frame.height for frame in frames),
        left_out,
    )


@dataclass(frozen=True, slots=True)
class _Joint:
    """A link between two boxes, from left to right."""

    left: str
    right: str
    property: str | None
    text: str
    turned: bool


def _joints(links: Sequence[Link], box_of: Mapping[str, int], text: Callable[[str], str]) -> list[_Joint]:
    ahead = forward(len(set(box_of.values())), [(box_of[link.source], box_of[link.target]) for link in links])
    made = [
        _Joint(
            link.source if ok else link.target,
            link.target if ok else link.source,
            link.property,
            text(link.property) if link.property else "",
            not ok,
        )
        for link, ok in zip(links, ahead, strict=True)
    ]
    return sorted(made, key=lambda joint: (joint.property is None, joint.text, joint.left, joint.right))


def _arrows(
    joints: Sequence[_Joint], made: Sequence[_Made], box_of: Mapping[str, int], order: Sequence[int]
) -> list[Arrow]:
    """The links as arrows; those that begin at one row are spread below each other."""
    place = {n: k for k, n in enumerate(order)}
    used: Counter[str] = Counter()
    arrows = []
    for joint in joints:
        left, right = box_of[joint.left], box_of[joint.right]
        left_y = made[left].tops[joint.left] + _ROW / 2 + _PORT * used[joint.left]
        right_y = made[right].tops[joint.right] + _ROW / 2
        used[joint.left] += 1
        label = text_width(joint.text, 12) + 10
        arrows.append(Arrow(place[left], left_y, place[right], right_y, label))
    return arrows


def text_width(text: str, size: float) -> float:
    """About how wide a text is in a sans-serif font of a size; rather too wide than too narrow."""
    return size * sum(map(_character, text))


def _character(c: str) -> float:
    if unicodedata.east_asian_width(c) in "WF":
        return 0.96
    if c in "ijltfrI.,'’:- ":
        return 0.36
    return 0.9 if c in "mwMW" else 0.72 if c.isupper() else 0.6


class _Made:
    """A box before it has a place: how large it is and where its rows are within it."""

    def __init__(
        self,
        tree: Sequence[tuple[str, int]],
        text: Callable[[str], str],
        inside: Sequence[Link],
        ports: Counter[str],
    ) -> None:
        self._rows: list[tuple[str, str, int, list[tuple[str, str]]]] = []
        self.tops: dict[str, float] = {}
        self.width, y = 0.0, _PAD / 2
        for iri, depth in tree:
            notes = [
                (
                    link.property,
                    f"{_LOOP}{text(link.property)}" + ("" if link.target == iri else f" → {text(link.target)}"),
                )
                for link in inside
                if link.source == iri and link.property
            ]
            self._rows.append((iri, text(iri), depth, notes))
            self.tops[iri] = y
            y += max(_ROW + _NOTE * len(notes), _ROW + _PORT * (ports[iri] - 1))
            widths = [text_width(text(iri), 13 if depth else 14.5), *(text_width(note, 11.5) for _, note in notes)]
            self.width = max(self.width, 2 * _PAD + depth * _INDENT + max(widths))
        self.height = y + _PAD / 2

    def frame(self, x: float, y: float, width: float, own: bool) -> Frame:
        """The box at its place."""
        rows, last = [], {}
        for iri, text, depth, notes in self._rows:
            left, line = x + _PAD + depth * _INDENT, y + self.tops[iri] + _ROW / 2
            last[depth] = line
            branch = f"M{left - 8:.1f} {last[depth - 1] + 9:.1f}V{line:.1f}h6" if depth else ""
            rows.append(
                Row(
                    iri,
                    text,
                    left,
                    line + 4.5,
                    branch,
                    tuple((prop, note, line + 4 + _NOTE * n) for n, (prop, note) in enumerate(notes, 1)),
                )
            )
        return Frame(x, y, width, self.height, own, tuple(rows))


def _shelf(boxes: Sequence[tuple[_Made, bool]], width: float, top: float) -> Iterator[Frame]:
    """What no arrow joins, side by side below the rest."""
    x, y, lowest = 0.0, top, top
    for box, own in boxes:
        if x and x + box.width > width:
            x, y = 0.0, lowest + GAP
        yield box.frame(x, y, box.width, own)
        x, lowest = x + box.width + GAP, max(lowest, y + box.height)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Straight pieces and curves in turns, as SVG path data."""
    parts = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for n, (x, y) in enumerate(points[1:], 1):
        if n % 2:
            parts.append(f"H{x:.1f}")
        else:
            before_x, before_y = points[n - 1]
            middle = (before_x + x) / 2
            parts.append(f"C{middle:.1f} {before_y:.1f} {middle:.1f} {y:.1f} {x:.1f} {y:.1f}")
    return "".join(parts)
