"""Who asks, and how much of the endpoint that client has had: a fair share for each."""

from __future__ import annotations

import contextlib
import ipaddress
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kclod.errors import Problem, UsageError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MINUTE = 60.0
_REMEMBERED = 10_000
"""Clients that are remembered; then those that have their whole share again are forgotten."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks (CIDR) as such. UsageError for what is neither."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        problem = Problem("serve.proxy", f"not an address or network: {error}", "name it as 10.0.0.7 or 10.0.0.0/8")
        raise UsageError(problem) from None


def client_of(peer: str, forwarded: str | None, trusted: Sequence[Network]) -> str:
    """The address that stands for the client; of IPv6 the /64, which is what one customer gets.

    `peer` is the other end of the connection.
    """
    address = address_of(peer, forwarded, trusted)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return peer if address is None else str(address)


def address_of(
    peer: str, forwarded: str | None, trusted: Sequence[Network]
) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The client's own address; None where the other end of the connection has none.

    X-Forwarded-For (`forwarded`) is read from its end, as far as trusted proxies wrote it; what a client put in front
    is never looked at.
    """
    address = _address(peer)
    if address is None:
        return None
    for hop in reversed((forwarded or "").split(",")):
        if not any(address in network for network in trusted):
            break
        before = _address(hop)
        if before is None:
            break
        address = before
    return address


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in one member of the header, which may have a port."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class ShareError(Exception):
    """A client has had its share. `reason` says of what; it may ask again after `seconds`."""

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


@dataclass(slots=True)
class _Account:
    seconds: float
    errors: float
    at: float
    running: int = 0


class Shares:
    """What each client has left, refilled as time goes by. Safe for threads."""

    def __init__(self, queries: int, seconds: float, errors: int) -> None:
        self._queries, self._seconds, self._errors = queries, seconds, float(errors)
        self._accounts: dict[str, _Account] = {}
        self._lock = threading.Lock()

    def check(self, client: str) -> None:
        """ShareError when the client has no query seconds or no errors left."""
        known = self._accounts.get(client)
        if known is not None and known.seconds > 0 and known.errors >= 1:  # time would only give it more
            return
        with self._lock:
            account = self._account(client)
            if account.seconds <= 0:
                wait = self._wait(account.seconds, self._seconds)
                raise ShareError(f"used its {self._seconds:g} query seconds a minute", wait)
            if account.errors < 1:
                wait = self._wait(account.errors - 1, self._errors)
                raise ShareError(f"sent more than {self._errors:g} failing requests a minute", wait)

    @contextlib.contextmanager
    def running(self, client: str) -> Iterator[None]:
        """While one query of the client runs. ShareError when as many as may be are running."""
        with self._lock:
            account = self._account(client)
            if account.running >= self._queries:
                raise ShareError(f"has {self._queries} queries running, the most at a time", 1)
            account.running += 1
        try:
            yield
        finally:
            with self._lock:
                account.running -= 1

    def spent(self, client: str, seconds: float) -> None:
        """Charge query seconds."""
        with self._lock:
            self._account(client).seconds -= seconds

    def failed(self, client: str) -> None:
        """Charge an error."""
        with self._lock:
            self._account(client).errors -= 1

    def _account(self, client: str) -> _Account:
        now = time.monotonic()
        account = self._accounts.get(client)
        if account is None:
            if len(self._accounts) >= _REMEMBERED:
                self._forget(now)
            account = self._accounts[client] = _Account(self._seconds, self._errors, now)
        self._refill(account, now)
        return account

    def _refill(self, account: _Account, now: float) -> None:
        minutes, account.at = (now - account.at) / _MINUTE, now
        account.seconds = min(account.seconds + minutes * self._seconds, self._seconds)
        account.errors = min(account.errors + minutes * self._errors, self._errors)

    def _forget(self, now: float) -> None:
        """Those that have everything again; should nobody, the half that was seen longest ago and runs nothing."""
        for account in self._accounts.values():
            self._refill(account, now)
        idle = [name for name, account in self._accounts.items() if not account.running]
        full = [
            n for n in idle if self._accounts[n].seconds >= self._seconds and self._accounts[n].errors >= self._errors
        ]
        for name in full or idle[: len(idle) // 2]:
            del self._accounts[name]

    @staticmethod
    def _wait(balance: float, a_minute: float) -> int:
        return max(1, math.ceil(-balance * _MINUTE / a_minute))
