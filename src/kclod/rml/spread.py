"""Work on one input spread over processes by blocks, its output in the order that one process would give it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from kclod.errors import Problem, UndecidedError
from kclod.rml.result import Batch

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Share = Callable[[int, int], Iterable[Batch]]
"""The batches of the blocks whose number, divided by the second argument, leaves the first; in their order."""


@dataclass(frozen=True, slots=True)
class _End:
    """No more blocks; what could not be read."""

    problems: tuple[Problem, ...]


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(jobs: int, share: Share, problems_of: Callable[[], Iterable[Problem]]) -> Iterator[Batch | Problem]:
    """The batches of all blocks in order, made by `jobs` forked processes, then the problems that each of them found.

    Every process goes through the whole input and works on its share of it. What was set up before is there in each,
    because they are forked. Blocks that are not taken yet wait in pipes, so memory does not grow with the input.
    UndecidedError when a process ends before its work does.
    """
    from multiprocessing import get_context  # noqa: PLC0415  # small inputs do without it

    context = get_context("fork")
    receivers: list[Connection] = []
    processes = []
    for number in range(jobs):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(sender, number, jobs, share, problems_of), daemon=True)
        process.start()
        sender.close()
        receivers.append(receiver)
        processes.append(process)
    problems: dict[Problem, None] = {}
    try:
        for receiver in cycle(receivers):
            message = _receive(receiver)
            if isinstance(message, _End):
                problems.update(dict.fromkeys(message.problems))
                break
            yield message
        for other in receivers:
            if other is not receiver:
                problems.update(dict.fromkeys(_last(other).problems))
        yield from problems
    finally:
        for process in processes:
            process.terminate()
            process.join()
        for receiver in receivers:
            receiver.close()


def _work(
    sender: Connection, number: int, jobs: int, share: Share, problems_of: Callable[[], Iterable[Problem]]
) -> None:
    for batch in share(number, jobs):
        sender.send(batch)
    sender.send(_End(tuple(problems_of())))


def _receive(receiver: Connection) -> Batch | _End:
    try:
        message: Batch | _End = receiver.recv()
    except EOFError:
        raise UndecidedError(
            Problem("map.process", "a process ended before its part of the input was mapped", "try --jobs 1")
        ) from None
    return message


def _last(receiver: Connection) -> _End:
    """The end of a process. Batches before it come after something that could not be read: they count for nothing."""
    while not isinstance(message := _receive(receiver), _End):
        pass
    return message
