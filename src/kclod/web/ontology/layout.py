"""Lays out boxes with rows and arrows between rows, in columns from left to right.

Layered drawing after Sugiyama, Tagawa and Toda: arrows that would run backwards are turned by the caller (`forward`
says which), every box gets a column right of those that are joined to its left, boxes of a column are ordered by what
they are joined with, long arrows pass through lanes of their own. Units are those of the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LANE = 14.0
GAP = 26.0
"""Between boxes of a column."""
CURVE = 36.0
"""Between the names of a column's arrows and the next column."""
_SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Box:
    """What is to be placed: its size."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line from a height within a box to a height within a box further right; `label` is the width of its name,
    which stands at its left end."""

    left: int
    left_y: float
    right: int
    right_y: float
    label: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes. Boxes of a column are as wide as the widest."""

    boxes: tuple[tuple[float, float, float], ...]
    """Left, top, width."""
    lines: tuple[tuple[tuple[float, float], ...], ...]
    """An even number of points a line, from left to right: straight from the first to the second, curved from the
    second to the third, and so on; the first straight piece has room for the name."""
    width: float
    height: float


def forward(count: int, edges: Sequence[tuple[int, int]]) -> list[bool]:
    """Which edges run left to right in an order of the nodes that turns few (Eades, Lin and Smyth). No loops."""
    left: list[int] = []
    right: list[int] = []
    rest = set(range(count))
    while rest:
        out = {n: sum(1 for s, t in edges if s == n and t in rest) for n in rest}
        into = {n: sum(1 for s, t in edges if t == n and s in rest) for n in rest}
        sinks, sources = (sorted(n for n in rest if not ends[n]) for ends in (out, into))
        if sinks:
            right[:0] = sinks[:1]
        elif sources:
            left.append(sources[0])
        else:
            left.append(max(sorted(rest), key=lambda n: out[n] - into[n]))
        rest -= {*left, *right}
    place = {node: n for n, node in enumerate([*left, *right])}
    return [place[s] < place[t] for s, t in edges]


def lay_out(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layout:
    """Place boxes and arrows, which run forward. The same input gives the same drawing."""
    ends = [(a.left, a.right) for a in arrows]
    column = _columns(len(boxes), ends)
    nodes = [[i for i in range(len(boxes)) if column[i] == c] for c in range(max(column, default=-1) + 1)]
    heights = [box.height for box in boxes]
    paths: list[list[int]] = []
    for left, right in ends:
        lanes = range(len(heights), len(heights) + column[right] - column[left] - 1)
        for lane, c in zip(lanes, range(column[left] + 1, column[right]), strict=True):
            heights.append(LANE)
            nodes[c].append(lane)
        paths.append([left, *lanes, right])
    tops = _stack(nodes, heights, _joints(paths, arrows))
    lefts: list[float] = []
    rights: list[float] = []
    starts: list[float] = []
    for c, members in enumerate(nodes):
        lefts.append(starts[-1] + CURVE if starts else 0.0)
        rights.append(lefts[-1] + max((boxes[n].width for n in members if n < len(boxes)), default=0.0))
        starts.append(rights[-1] + max((a.label for a in arrows if column[a.left] == c), default=0.0))
    lines = []
    for path, arrow in zip(paths, arrows, strict=True):
        first = column[arrow.left]
        points = [(rights[first], tops[arrow.left] + arrow.left_y)]
        for c, lane in enumerate(path[1:-1], first + 1):
            y = tops[lane] + LANE / 2
            points += [(starts[c - 1], points[-1][1]), (lefts[c], y)]
        last = column[arrow.right]
        points += [(starts[last - 1], points[-1][1]), (lefts[last], tops[arrow.right] + arrow.right_y)]
        lines.append(tuple(points))
    return Layout(
        tuple((lefts[column[n]], tops[n], rights[column[n]] - lefts[column[n]]) for n in range(len(boxes))),
        tuple(lines),
        rights[-1] if rights else 0.0,
        max((top + height for top, height in zip(tops, heights, strict=True)), default=0.0),
    )


def _columns(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    column = [0] * count
    for _ in range(count):
        for s, t in edges:
            column[t] = max(column[t], column[s] + 1)
    for _ in range(count):  # what nothing points to goes near to what it points to
        for n in range(count):
            targets = [column[t] for s, t in edges if s == n]
            if targets and not any(t == n for _, t in edges):
                column[n] = min(targets) - 1
    return column


def _joints(paths: Sequence[Sequence[int]], arrows: Sequence[Arrow]) -> dict[int, list[tuple[int, float, float]]]:
    """Node → (neighbour, height of the joint within the neighbour, height within the node)."""
    found: dict[int, list[tuple[int, float, float]]] = {}
    for path, arrow in zip(paths, arrows, strict=True):
        offsets = [arrow.left_y, *[LANE / 2] * (len(path) - 2), arrow.right_y]
        for (one, here), (other, there) in pairwise(zip(path, offsets, strict=True)):
            found.setdefault(one, []).append((other, there, here))
            found.setdefault(other, []).append((one, here, there))
    return found


def _stack(
    nodes: list[list[int]], heights: Sequence[float], joints: dict[int, list[tuple[int, float, float]]]
) -> list[float]:
    """The upper edges: each node as near to straight joints as the others of its column allow."""
    tops = [0.0] * len(heights)
    for members in nodes:
        y = 0.0
        for n in members:
            tops[n] = y
            y += heights[n] + GAP
    for sweep in range(_SWEEPS):
        for members in nodes if sweep % 2 == 0 else nodes[::-1]:
            wish = {
                n: sum(tops[other] + there - here for other, there, here in joints[n]) / len(joints[n])
                if n in joints
                else tops[n]
                for n in members
            }
            members.sort(key=lambda n: (wish[n] + heights[n] / 2, n))
            _place(members, heights, wish, tops)
    least = min(tops, default=0.0)
    return [top - least for top in tops]


def _place(members: Sequence[int], heights: Sequence[float], wish: dict[int, float], tops: list[float]) -> None:
    """Heights in the given order without overlap, as near to the wishes as runs of touching nodes can be as a whole."""
    runs: list[tuple[list[int], float]] = []  # nodes, and the top of the first
    for n in members:
        runs.append(([n], wish[n]))
        while len(runs) > 1 and runs[-2][1] + _length(runs[-2][0], heights) > runs[-1][1]:
            (upper, _), (lower, _) = runs[-2:]
            joined, offset, wished = [*upper, *lower], 0.0, 0.0
            for member in joined:
                wished += wish[member] - offset
                offset += heights[member] + GAP
            runs[-2:] = [(joined, wished / len(joined))]
    for run, top in runs:
        y = top
        for n in run:
            tops[n] = y
            y += heights[n] + GAP


def _length(run: Sequence[int], heights: Sequence[float]) -> float:
    return sum(heights[n] + GAP for n in run)
