"""Canonical files looked into without reading them whole: sorted lines in mapped memory."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from kclod.rdf import Line


class SortedFile:
    """A file of pieces that are ordered by a key and end in the same bytes, in which single pieces can be found."""

    def __init__(self, path: Path, end: bytes, key: Callable[[bytes], bytes], start: int = 0) -> None:
        """`start` is where the first piece begins; `key` is told a piece with its end."""
        with path.open("rb") as file:
            self._memory: mmap.mmap | bytes = b""
            if path.stat().st_size:  # an empty file cannot be mapped
                self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._end, self._key, self._start = end, key, start

    def close(self) -> None:
        """Let go of the file."""
        if isinstance(self._memory, mmap.mmap):
            self._memory.close()

    def first_at_least(self, key: bytes) -> int:
        """Where the first piece begins whose key is not less than this one; the end of the file where there is none."""
        memory, low, high = self._memory, self._start, len(self._memory)
        while low < high:
            middle = memory.rfind(self._end, low, (low + high) // 2)
            begin = low if middle < 0 else middle + len(self._end)
            after = memory.find(self._end, begin)
            after = high if after < 0 else after + len(self._end)
            if self._key(memory[begin:after]) < key:
                low = after
            else:
                high = begin
        return low

    def pieces(self, begin: int) -> Iterator[bytes]:
        """The pieces from a place on, each with its end."""
        while begin < len(self._memory):
            after = self._memory.find(self._end, begin)
            after = len(self._memory) if after < 0 else after + len(self._end)
            yield self._memory[begin:after]
            begin = after

    def spliced(self, changes: Sequence[tuple[bytes, bytes]]) -> Iterator[bytes]:
        """The whole file with pieces put in the place of those with the same key; an empty one takes it out.

        The changes have distinct keys and are ordered by them.
        """
        begin = 0
        for key, piece in changes:
            place = self.first_at_least(key)
            yield from _in_parts(self._memory, begin, place)
            found = next(self.pieces(place), None)
            begin = place + (len(found) if found is not None and self._key(found) == key else 0)
            if piece:
                yield piece
        yield from _in_parts(self._memory, begin, len(self._memory))


def _in_parts(memory: mmap.mmap | bytes, begin: int, end: int) -> Iterator[bytes]:
    while begin < end:
        yield memory[begin : min(end, begin + _PART)]
        begin += _PART


_PART = 1 << 22
"""Bytes of an unchanged stretch that are written at once."""


class SortedLines(SortedFile):
    """A canonical N-Quads or N-Triples file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, b"\n", lambda piece: piece[:-1])

    def starting(self, prefix: str) -> list[Line]:
        """The lines, without full stop, that begin with a text."""
        wanted, found = prefix.encode(), []
        for piece in self.pieces(self.first_at_least(wanted)):
            if not piece.startswith(wanted):
                break
            found.append(piece[:-3].decode())
        return found

    def stretch(self, subject: str) -> bytes:
        """All that is said of a subject, as it stands in the file."""
        begin, end = (self.first_at_least(f"{subject}{after}".encode()) for after in (" ", "!"))
        return self._memory[begin:end]

    def has_prefix(self, prefix: str) -> bool:
        """Whether a line begins with a text."""
        wanted = prefix.encode()
        return next(self.pieces(self.first_at_least(wanted)), b"").startswith(wanted)

    def changed(self, removed: Iterable[Line], added: Iterable[Line]) -> Iterator[bytes]:
        """The whole file without some of its lines, and with others."""
        changes = [(f"{line} .".encode(), b"") for line in removed]
        changes += [(f"{line} .".encode(), f"{line} .\n".encode()) for line in added]
        return self.spliced(sorted(changes))
