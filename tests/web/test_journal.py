"""One line a query: what became of it, and nothing about who asked what."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from kclod import rdf
from kclod.release import Release
from kclod.web import journal
from kclod.web.engine.rows import count, exceeds

STORE = ox.Store()
WORDS = st.text(st.sampled_from('},{"\\\r\n<result>[]: ab'), max_size=8)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, journal.NAME)
    return caplog


def last(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    return json.loads(caplog.records[-1].getMessage())


def test_what_is_told(client: FlaskClient, lines: pytest.LogCaptureFixture) -> None:
    query = "SELECT ?x { VALUES ?x { 1 2 3 } } # of the journal"
    for origin in ("miss", "hit"):
        client.get("/sparql", query_string={"query": query, "format": "csv"}, headers={"User-Agent": "secret/1"})
        line = last(lines)
        assert (line["outcome"], line["rows"], line["bytes"], line["format"]) == (origin, 3, 12, "csv")
        assert isinstance(line["seconds"], float)
    client.get("/sparql?query=SELECT")
    assert (last(lines)["outcome"], last(lines)["status"]) == ("malformed-query", 400)
    everything = " ".join(record.getMessage() for record in lines.records)
    for secret in ("VALUES", "journal", "secret", "127.0.0.1"):
        assert secret not in everything


def test_nothing_is_counted_or_written_unasked(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/sparql?query=ASK%7B%7D")
    assert not [r for r in caplog.records if r.name == journal.NAME]
    assert not journal.enabled()


@given(st.lists(WORDS, max_size=6), st.integers(1, 6))
def test_rows_are_counted(words: list[str], bound: int) -> None:
    """Whatever the terms hold, and in every format."""
    values = " ".join(f"({ox.Literal(word)} UNDEF)" for word in words)
    for fmt in rdf.RESULT_FORMATS:
        body = STORE.query(f"SELECT * {{ VALUES (?x ?y) {{ {values} }} }}").serialize(format=fmt.results)
        assert body is not None
        assert count(bytes(body), fmt) == len(words)
        assert exceeds(bytes(body), fmt, bound) is (len(words) > bound)


def test_the_real_server_writes_lines(release: Release) -> None:
    program = """
import sys, os, threading, urllib.request
from pathlib import Path
from kclod.release import load
from kclod.web.serve import serve

def ask(address):
    urllib.request.urlopen(address + "sparql?query=ASK%7B%7D").read()
    os.kill(os.getpid(), 15)

serve(load(Path(sys.argv[1])), port=0, announce=ask, log_queries=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(release.path)], capture_output=True, text=True, timeout=60, check=True
    )
    (line,) = done.stderr.splitlines()
    assert json.loads(line[line.index("{") :])["outcome"] == "miss"
