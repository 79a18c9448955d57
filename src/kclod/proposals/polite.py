"""Requests to services of others: a deadline for all, a pause between two, back-off, and answers kept on disk."""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.remote.asking import AskError, Client, check_address

_AGENT = "kclod (https://w3id.org/kclod)"
_TRIES = 5
_FIRST_WAIT = 1.0
_LONGEST_ANSWER = 64 << 20
_AGAIN = frozenset({429, 500, 502, 503, 504})
_SPARQL_JSON = "application/sparql-results+json"


@dataclass
class Polite:
    """Asks a service as a good guest does. `seconds`: for all requests together; `pause`: between two of them."""

    cache: Path
    seconds: float = 120.0
    pause: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    _started: float = field(default_factory=time.monotonic)
    _last: float | None = None

    def get_json(self, address: str) -> object:
        """A JSON document. UsageError where the service gives none in time."""
        return self._json(address, "", lambda left: _read(address, None, left))

    def post_form(self, address: str, fields: Mapping[str, str]) -> object:
        """The JSON answer to a form. Errors as of `get_json`."""
        body = urllib.parse.urlencode(fields)
        return self._json(address, body, lambda left: _read(address, body.encode(), left))

    def select(self, endpoint: str, query: str) -> bytes:
        """The answer of a SPARQL endpoint in SPARQL 1.1 Query Results JSON. Errors as of `get_json`."""
        client = Client(endpoint)
        return self._kept(endpoint, query, lambda left: client.ask(query, _SPARQL_JSON, left).body)

    def _json(self, address: str, body: str, ask: Callable[[float], bytes]) -> object:
        try:
            return json.loads(self._kept(address, body, ask))
        except ValueError as error:
            raise _problem(address, f"the answer is no JSON: {error}") from None

    def _kept(self, address: str, body: str, ask: Callable[[float], bytes]) -> bytes:
        """From the cache, or asked for and then kept."""
        check_address(address)
        key = hashlib.sha256(f"{address}\n{body}".encode()).hexdigest()
        path = self.cache / key[:2] / key
        if path.is_file():
            return path.read_bytes()
        answer = self._asked(address, ask)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(answer)
        part.replace(path)
        return answer

    def _asked(self, address: str, ask: Callable[[float], bytes]) -> bytes:
        wait = _FIRST_WAIT
        for tried in range(1, _TRIES + 1):
            if self._last is not None:
                self.sleep(max(0.0, self._last + self.pause - time.monotonic()))
            left = self._started + self.seconds - time.monotonic()
            if left <= 0:
                raise _problem(address, f"no whole answer within {self.seconds:g} s", "allow more time with --timeout")
            try:
                return ask(left)
            except _AgainError as error:
                reason, asked_for = str(error), error.after
            except AskError as error:
                if not error.passing or error.late:
                    raise
                reason, asked_for = error.problems[0].message, None
            finally:
                self._last = time.monotonic()
            delay = max(wait, asked_for or 0.0)
            if tried < _TRIES and delay < self._started + self.seconds - time.monotonic():
                self.sleep(delay)
                wait *= 2
            else:
                break
        raise _problem(address, reason)


class _AgainError(Exception):
    """The service may answer later; `after`: in so many seconds, as it says (Retry-After, RFC 9110)."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


def _read(address: str, body: bytes | None, timeout: float) -> bytes:
    request = urllib.request.Request(address, body, {"Accept": "application/json", "User-Agent": _AGENT})  # noqa: S310  # checked
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310  # check_address has seen it
            answer: bytes = response.read(_LONGEST_ANSWER + 1)
    except urllib.error.HTTPError as error:
        after = error.headers.get("Retry-After", "")
        if error.code in _AGAIN:
            raise _AgainError(
                f"it answers {error.code} {error.reason}", float(after) if after.isdigit() else None
            ) from None
        raise _problem(address, f"it answers {error.code} {error.reason}", "check the address") from None
    except (OSError, http.client.HTTPException) as error:
        raise _AgainError(f"it cannot be reached: {getattr(error, 'reason', None) or error}") from None
    if len(answer) > _LONGEST_ANSWER:
        raise _problem(address, f"the answer is larger than {_LONGEST_ANSWER >> 20} MB", "ask another service")
    return answer


def _problem(
    address: str, message: str, fix: str = "try again later, or work offline from a file of the registry"
) -> UsageError:
    return UsageError(Problem("linking.service", message, fix, address))
