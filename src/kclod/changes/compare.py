"""The difference of two canonical N-Quads files, by one pass over both: they are sorted, so no store is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kclod.changes.components import Component, components
from kclod.rdf import Line, has_blank_node

_END = b" .\n"


class TooManyChangesError(Exception):
    """More changes than are wanted in memory."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines without blank nodes that were removed and added, sorted; and what has blank nodes, by connected parts.

    The labels of blank nodes mean nothing outside of their file, so two parts are the same when they are isomorphic;
    `kept` are those of the removed ones that are there once more in the file after.
    """

    removed: tuple[Line, ...]
    added: tuple[Line, ...]
    removed_parts: tuple[Component, ...] = ()
    added_parts: tuple[Component, ...] = ()
    kept: tuple[Component, ...] = ()

    @property
    def all_removed(self) -> list[Line]:
        """Every line that was removed, of the parts too; blank nodes have labels that no other part has."""
        return sorted([*self.removed, *(line for part in self.removed_parts for line in part.lines())])

    @property
    def all_added(self) -> list[Line]:
        """Every line that was added, of the parts too."""
        return sorted([*self.added, *(line for part in self.added_parts for line in part.lines())])

    def __bool__(self) -> bool:
        return bool(self.removed or self.added or self.removed_parts or self.added_parts)


def compare(before: Path | None, after: Path | None, most: int | None = None) -> Difference:
    """The difference of two canonical N-Quads files; of nothing, where there is no file.

    TooManyChangesError when more than `most` lines differ. OSError when a file cannot be read.
    """
    removed: list[bytes] = []
    added: list[bytes] = []
    blank: tuple[list[bytes], list[bytes]] = ([], [])
    with ExitStack() as stack:
        old, new = (
            _lines(stack.enter_context(path.open("rb")) if path else (), blank[number])
            for number, path in enumerate((before, after))
        )
        left, right = next(old, None), next(new, None)
        while left is not None and right is not None:
            if left == right:
                left, right = next(old, None), next(new, None)
            elif left < right:
                removed.append(left)
                left = next(old, None)
            else:
                added.append(right)
                right = next(new, None)
            if most is not None and len(removed) + len(added) > most:
                raise TooManyChangesError
        for line, rest, found in ((left, old, removed), (right, new, added)):
            if line is not None:
                found.append(line)
            for more in rest:
                found.append(more)
                if most is not None and len(found) > most:
                    raise TooManyChangesError
    gone, come, kept = _parts(_decoded(blank[0]), _decoded(blank[1])) if blank[0] != blank[1] else ((), (), ())
    return Difference(_decoded(removed), _decoded(added), gone, come, kept)


def _lines(file: Iterable[bytes], blank: list[bytes]) -> Iterator[bytes]:
    """Lines without blank nodes; the others are put aside. Strings can look as if they had some."""
    for line in file:
        if b"_:" in line and has_blank_node(line.decode()):
            blank.append(line)
        else:
            yield line


def _decoded(lines: list[bytes]) -> tuple[Line, ...]:
    return tuple(line.removesuffix(_END).decode() for line in lines)


def _parts(
    before: tuple[Line, ...], after: tuple[Line, ...]
) -> tuple[tuple[Component, ...], tuple[Component, ...], tuple[Component, ...]]:
    old, new = components(before), components(after)
    removed = [part for part in old for _ in range(max(old[part] - new[part], 0))]
    added = [part for part in new for _ in range(max(new[part] - old[part], 0))]
    kept = [part for part in dict.fromkeys(removed) for _ in range(min(old[part], new[part]))]
    return (
        tuple(part.numbered(number) for number, part in enumerate(sorted(removed))),
        tuple(part.numbered(number) for number, part in enumerate(sorted(added))),
        tuple(part.numbered(number) for number, part in enumerate(sorted(kept))),
    )
