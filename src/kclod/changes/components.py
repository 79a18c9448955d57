"""Blank nodes by connected parts: the smallest pieces of a dataset that can be compared without their labels."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from kclod.rdf import Line, relabelled

_STRING_OR_BLANK = re.compile(r'"(?:[^"\\]|\\.)*"|_:([^\s]+)')


@dataclass(frozen=True, slots=True, order=True)
class Component:
    """Lines that are connected by their blank nodes, with the labels that RDFC-1.0 gives to these lines alone.

    Isomorphic ones are equal. `number` tells equal ones of a list apart in the labels that are written.
    """

    canonical: tuple[Line, ...]
    number: int = -1

    def numbered(self, number: int) -> Component:
        """The same, with labels of its own."""
        return replace(self, number=number)

    def lines(self) -> Iterator[Line]:
        """The lines as they are written."""
        for line in self.canonical:
            yield relabel(line, lambda label: f"_:p{self.number}{label}")

    @property
    def labels(self) -> list[str]:
        """Its blank nodes, without `_:`."""
        return sorted({label for line in self.canonical for label in blank_nodes(line)})


def blank_nodes(line: Line) -> list[str]:
    """The labels of the blank nodes of a line, without `_:`."""
    return [match[1] for match in _STRING_OR_BLANK.finditer(line) if match[1]]


def relabel(line: Line, name: Callable[[str], str]) -> Line:
    """The line with each blank node written as `name(label)`."""
    return _STRING_OR_BLANK.sub(lambda match: name(match[1]) if match[1] else match[0], line)


def components(lines: Iterable[Line]) -> Counter[Component]:
    """The connected parts of lines that have blank nodes, and how often each is there."""
    parents: dict[str, str] = {}

    def root(label: str) -> str:
        while parents.setdefault(label, label) != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    found = [(line, blank_nodes(line)) for line in lines]
    for _, labels in found:
        for label in labels[1:]:
            parents[root(label)] = root(labels[0])
    parts: defaultdict[str, list[Line]] = defaultdict(list)
    for line, labels in found:
        parts[root(labels[0])].append(line)
    return Counter(Component(tuple(sorted(relabelled(part)))) for part in parts.values())
