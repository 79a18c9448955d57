"""Serve the current release of this folder with the given kclod, ask it one query and one page, and stop it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

QUERY = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


def fetch(url: str, accept: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=10) as response:
        return response.read()


with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
base = f"http://127.0.0.1:{port}"
server = subprocess.Popen([sys.argv[1], "serve"], env={**os.environ, "PORT": str(port)})
try:
    for _ in range(100):
        try:
            fetch(f"{base}/health", "*/*")
            break
        except OSError:
            time.sleep(0.2)
    answer = json.loads(fetch(f"{base}/sparql?query={urllib.parse.quote(QUERY)}", "application/sparql-results+json"))
    triples = int(answer["results"]["bindings"][0]["n"]["value"])
    page = fetch(base, "text/html").decode()
    assert triples > 1000, triples
    assert "<h1" in page, page[:500]
    bundles = re.findall(r'"(/static/built/[^"]+)"', page)
    assert len(bundles) >= 3, "the wheel has the scripts and styles of the pages"
    for bundle in bundles:
        assert fetch(f"{base}{bundle}", "*/*"), bundle
    print(f"the wheel serves {triples} triples")
finally:
    server.send_signal(signal.SIGTERM)
    code = server.wait(10)
assert code == 0, code
