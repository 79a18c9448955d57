"""How the web process, the keeper and the query workers talk: JSON heads and bodies of bytes over socket pairs."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields

TABLE = "table"
"""What the format of the rows that a page shows is called."""
_LENGTHS = struct.Struct("!II")


@dataclass(frozen=True, slots=True)
class Job:
    """A query for a worker. IRIs and format names are text; an absent format means that form is not acceptable.

    `results` and `graphs` name kclod.rdf formats for SELECT/ASK and CONSTRUCT/DESCRIBE; the name `table` asks for rows
    of N-Triples terms as JSON, at most `rows` of them. A result of more than `max_bytes` or `max_rows` is refused.

    `stream` has the result sent in parts as it is found, without those bounds. `check` has the query parsed and
    evaluated over nothing instead of over the store. `count` has the reply tell the number of rows.
    """

    query: str
    base_iri: str
    results: str | None
    graphs: str | None
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    max_bytes: int
    rows: int
    max_rows: int = 1_000_000
    stream: bool = False
    check: bool = False
    count: bool = False

    def head(self) -> dict[str, object]:
        """All of it but the query, which is sent as the body."""
        return {name: getattr(self, name) for name in _FIELDS} | {"query": ""}


_FIELDS = tuple(field.name for field in fields(Job))


def send(channel: socket.socket, head: Mapping[str, object], body: bytes = b"") -> None:
    """Write one message whole."""
    text = json.dumps(head).encode()
    channel.sendall(_LENGTHS.pack(len(text), len(body)) + text)
    channel.sendall(body)


def receive(channel: socket.socket, allowance: float | None = None) -> tuple[dict[str, object], bytes]:
    """Read one message whole: its head and its body. EOFError when the other side is gone.

    `allowance` is a moment of `time.monotonic` after which TimeoutError is raised.
    """
    head_length, body_length = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, allowance))
    head = json.loads(_exactly(channel, head_length, allowance))
    return head, bytes(_exactly(channel, body_length, allowance))


def _exactly(channel: socket.socket, length: int, until: float | None) -> bytearray:
    data = bytearray(length)
    view, filled = memoryview(data), 0
    while filled < length:
        if until is not None:
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            channel.settimeout(remaining)
        count = channel.recv_into(view[filled:])
        if count == 0:
            raise EOFError
        filled += count
    return data
