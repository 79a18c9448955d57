"""Reconciliation over HTTP: 1,000 names against a generated graph of 100,000 institutions, and against the real data.

    python -m tests.bench.reconcile [--institutions N] [--names N] [--release DIR] [--rounds N]

The graph is made by a seed: institutions with names in three scripts, acronyms, a country and a place. The names that
are asked for are theirs as others write them: in capitals, without small words, with a letter wrong, in another
language, cut short, with a country; and one in ten is of nobody. What is printed: seconds of the first batch, of the
same again, and of other names; of the same names in OpenRefine's batches of ten; of a page meanwhile; memory; and how
many of the first candidates, and of those called a match, are right.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox

from kclod.release import current, publish
from kclod.site import Site
from kclod.vocab import DCT, RDF, RDFS, SKOS
from tests.bench.measure import ROOT

BASE = "https://data.example/reconcile/"
KINDS = ("Institute", "University", "Laboratory", "Council", "Foundation", "Agency", "Centre", "Company")
ENDINGS = {
    "Institute": ("연구원", "Institut"),
    "University": ("대학교", "Université"),
    "Laboratory": ("연구소", "Laboratoire"),
    "Council": ("위원회", "Conseil"),
    "Foundation": ("재단", "Fondation"),
    "Agency": ("진흥원", "Agence"),
    "Centre": ("센터", "Centre"),
    "Company": ("주식회사", "Société"),
}
FIELDS = ["Energy", "Materials", "Medicine", "Physics", "Fisheries", "Mining", "Robotics", "Genomics", "Forestry"]
FIELDS += ["Oceanography", "Astronomy", "Standards", "Transport", "Agriculture", "Statistics", "Culture", "Water"]
KO_FIELDS = dict(
    zip(
        FIELDS,
        [
            "에너지",
            "재료",
            "의학",
            "물리",
            "수산",
            "광업",
            "로봇",
            "유전체",
            "산림",
            "해양",
            "천문",
            "표준",
            "교통",
            "농업",
            "통계",
            "문화",
            "수자원",
        ],
        strict=True,
    )
)
SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "tar",
    "ven",
    "sol",
    "bra",
    "den",
    "fos",
    "gar",
    "hel",
    "ist",
    "jor",
    "kun",
    "lam",
    "mor",
    "nis",
    "ost",
    "pel",
    "ras",
    "sen",
    "tor",
    "ulm",
    "vik",
    "wes",
    "yar",
]
KO_SYLLABLES = [
    "가",
    "나",
    "라",
    "미",
    "서",
    "안",
    "정",
    "천",
    "하",
    "진",
    "도",
    "산",
    "강",
    "림",
    "호",
    "성",
    "우",
    "평",
    "대",
    "명",
]

Asked = tuple[str, str | None]
"""A name, and the identifier of whom it means."""
Answers = dict[str, dict[str, list[dict[str, object]]]]


def quads(number: int, seed: int = 7) -> Iterator[ox.Quad]:
    """The graph: some ten statements an institution."""
    chosen = random.Random(seed)

    def say(subject: str, predicate: ox.NamedNode, value: ox.NamedNode | ox.Literal) -> ox.Quad:
        return ox.Quad(ox.NamedNode(f"{BASE}{subject}"), predicate, value)

    def thing(path: str) -> ox.NamedNode:
        return ox.NamedNode(f"{BASE}{path}")

    for kind in ("Organisation", "Place", *KINDS):
        yield say(f"ontology#{kind}", RDF["type"], ox.NamedNode("http://www.w3.org/2002/07/owl#Class"))
        yield say(f"ontology#{kind}", RDFS["label"], ox.Literal(kind.lower(), language="en"))
        if kind in KINDS:
            yield say(f"ontology#{kind}", RDFS["subClassOf"], thing("ontology#Organisation"))
    places = []
    for place in range(max(60, number // 40)):
        name = "".join(chosen.choices(SYLLABLES, k=chosen.choice((2, 3)))).capitalize()
        korean = "".join(chosen.choices(KO_SYLLABLES, k=2))
        places.append((name, korean))
        yield say(f"id/place/{place}", RDF["type"], thing("ontology#Place"))
        yield say(f"id/place/{place}", SKOS["prefLabel"], ox.Literal(name, language="en"))
        yield say(f"id/place/{place}", SKOS["prefLabel"], ox.Literal(korean, language="ko"))
    for each in range(number):
        path, kind, field = f"id/organisation/{each}", chosen.choice(KINDS), chosen.choice(FIELDS)
        place = min(int(chosen.paretovariate(0.6)) - 1, len(places) - 1) if each % 3 else chosen.randrange(len(places))
        name, korean = places[place]
        second = chosen.choice(FIELDS) if chosen.random() < 0.4 else ""
        founder = "".join(chosen.choices(SYLLABLES, k=3)).capitalize() if chosen.random() < 0.5 else ""
        fields = " and ".join(filter(None, (field, second)))
        english = " ".join(filter(None, (founder, name if chosen.random() < 0.7 else "", kind, "of", fields)))
        ending, french = ENDINGS[kind]
        yield say(path, RDF["type"], thing(f"ontology#{kind}"))
        yield say(path, RDF["type"], thing("ontology#Organisation"))
        yield say(path, SKOS["prefLabel"], ox.Literal(english, language="en"))
        if each % 2:
            text = f"{korean}{KO_FIELDS[field]}{KO_FIELDS.get(second, '')}{ending}"
            yield say(path, SKOS["prefLabel"], ox.Literal(text, language="ko"))
        if each % 3 == 0:
            yield say(path, SKOS["prefLabel"], ox.Literal(f"{french} {founder} de {fields}", language="fr"))
        if each % 4 == 0:
            yield say(path, SKOS["altLabel"], ox.Literal("".join(w[0] for w in english.split() if w[0].isupper())))
        yield say(path, DCT["spatial"], thing(f"id/place/{place}"))
        yield say(path, thing("ontology#country"), thing(f"id/place/{place % 60}"))
        yield say(path, DCT["identifier"], ox.Literal(f"R{each:06}"))


def names(pairs: list[tuple[str, str]], number: int, seed: int = 11) -> list[Asked]:
    """Names as others write them, each with the identifier of whom it means; None where it means nobody."""
    chosen, found = random.Random(seed), []
    for identifier, name in chosen.choices(pairs, k=number):
        words = name.split()
        place = chosen.randrange(len(name))
        written = {
            0: name,
            1: name.upper(),
            2: " ".join(word for word in words if word not in ("of", "and", "de")),
            3: name[:place] + chosen.choice("aeiou") + name[place + 1 :],
            4: name.lower(),
            5: f"{words[0]}, {' '.join(words[1:])}" if len(words) > 1 else name,
            6: f"The {name}",
            7: f"{name} Ltd.",
            8: name,
        }
        which = chosen.randrange(10)
        nobody = "".join(chosen.choices(SYLLABLES, k=5)).capitalize() + " Board of Curiosities"
        found.append((written[which], identifier) if which in written else (nobody, None))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--institutions", type=int, default=100_000)
    parser.add_argument("--names", type=int, default=1_000)
    parser.add_argument("--release", type=Path, help="a release of the real data; by default one is built")
    parser.add_argument("--generated", type=Path, help="where to keep the generated release, and find it again")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        real = options.release or _built(Path(scratch) / "releases")
        measure(f"the real data ({real.name})", real, options)
        generated = generate(options.generated or Path(scratch) / "generated", options.institutions)
        measure(f"{options.institutions:,} institutions", generated, options)


def generate(folder: Path, institutions: int) -> Path:
    """The release of the generated graph below a folder; made where it is not there."""
    if not (folder / "current").exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / "source.txt"
        source.write_text(f"{institutions} institutions\n", "utf-8")
        site = Site(
            base_iri=BASE,
            dataset_iri=f"{BASE}dataset",
            title={"en": "Institutions"},
            description={"en": "Generated."},
            licence=None,
            rights={},
            version="1",
            prefixes={"o": f"{BASE}ontology#", "dct": str(DCT), "skos": str(SKOS)},
            graphs={},
            ontology_iri=f"{BASE}ontology",
        )
        started = time.perf_counter()
        publish(folder, site, quads(institutions), inputs={"source.txt": source}, stages={})
        print(f"(the generated release was made in {time.perf_counter() - started:.0f} s)")
    return current(folder).path


def measure(title: str, release: Path, options: argparse.Namespace) -> None:
    """Print the figures of one release."""
    pairs = _named(release)
    asked = names(pairs, options.names)
    print(f"\n{title}: {len({identifier for identifier, _ in pairs}):,} entities, {len(pairs):,} preferred names")
    with _kclod(release) as (port, process):
        started = time.perf_counter()
        _ask(port, asked[:1])
        print(f"  first query of the process                 {time.perf_counter() - started:8.2f} s")
        answers = _ask_once(port, asked, process)
        _row("the same again", [_ask_timed(port, asked, process) for _ in range(options.rounds)])
        others = [names(pairs, options.names, seed) for seed in range(20, 20 + options.rounds)]
        _row("other names", [_ask_timed(port, each, process) for each in others])
        typed = {"type": _type(port), "type_strict": "should"}
        others = [names(pairs, options.names, seed) for seed in range(40, 40 + options.rounds)]
        _row("other names, with a type", [_ask_timed(port, each, process, typed) for each in others])
        started, before = time.perf_counter(), _processor(process)
        for place in range(0, len(asked), 10):
            _ask(port, asked[place : place + 10])
        _row("in batches of ten, one after another", [(time.perf_counter() - started, _processor(process) - before)])
        quiet, (usual, worst) = _page(port), _meanwhile(port, names(pairs, options.names, 99))
        print(
            f"  a page: alone {quiet * 1000:.1f} ms, during a batch {usual * 1000:.1f} ms, at worst {worst * 1000:.0f}"
        )
        print(f"  memory of all processes                    {_memory(process):8.0f} MB")
        _judge(asked, answers)


def _ask_once(port: int, asked: list[Asked], process: subprocess.Popen[bytes]) -> Answers:
    started, before = time.perf_counter(), _processor(process)
    answers = _ask(port, asked)
    title = f"a batch of {len(asked):,}, never asked before"
    _row(title, [(time.perf_counter() - started, _processor(process) - before)])
    return answers


def _ask_timed(
    port: int, asked: list[Asked], process: subprocess.Popen[bytes], more: dict[str, str] | None = None
) -> tuple[float, float]:
    started, before = time.perf_counter(), _processor(process)
    _ask(port, asked, more)
    return time.perf_counter() - started, _processor(process) - before


def _row(title: str, taken: list[tuple[float, float]]) -> None:
    """Medians of seconds, and of seconds of a processor, which other work disturbs least."""
    wall, processor = (statistics.median(each) for each in zip(*taken, strict=True))
    print(f"  {title:42} {wall:8.2f} s {processor:8.2f} s of a processor", flush=True)


def _judge(asked: list[Asked], answers: Answers) -> None:
    """How many first candidates and matches are right; a name that several bear may mean any of them."""
    first = sum(bool(found) and found[0]["id"] == meant for (_, meant), found in _results(asked, answers))
    listed = sum(meant in {one["id"] for one in found} for (_, meant), found in _results(asked, answers) if meant)
    meant = sum(one is not None for _, one in asked)
    matched = [(m, found[0]["id"]) for (_, m), found in _results(asked, answers) if found and found[0]["match"]]
    wrong = sum(one != other for one, other in matched)
    print(f"  of {meant} that mean somebody: first {first / meant:.1%}, among five {listed / meant:.1%}")
    print(f"  called a match: {len(matched)}, of them wrong {wrong}")


def _results(asked: list[Asked], answers: Answers) -> Iterator[tuple[tuple[str, str | None], list[dict[str, object]]]]:
    for number, pair in enumerate(asked):
        yield pair, answers[f"q{number}"]["result"]


def _named(release: Path) -> list[tuple[str, str]]:
    """Identifiers and preferred names of the things of a release."""
    text = next((release / "dumps").glob("*.ttl"))
    base = json.loads((release / "site.json").read_text("utf-8"))["base_iri"] + "id/"
    found, typed = [], set()
    for triple in ox.parse(path=str(text), format=ox.RdfFormat.TURTLE):
        subject = triple.subject
        if isinstance(subject, ox.NamedNode) and subject.value.startswith(base) and "#" not in subject.value:
            if triple.predicate == SKOS["prefLabel"] and isinstance(triple.object, ox.Literal):
                found.append((subject.value.removeprefix(base), triple.object.value))
            elif triple.predicate == RDF["type"]:
                typed.add(subject.value.removeprefix(base))
    return [pair for pair in sorted(set(found)) if pair[0] in typed]


def _ask(port: int, asked: list[Asked], more: dict[str, str] | None = None) -> Answers:
    batch = {f"q{number}": {"query": name} | (more or {}) for number, (name, _) in enumerate(asked)}
    body = urlencode({"queries": json.dumps(batch)})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/reconcile", body, {"Content-Type": "application/x-www-form-urlencoded"})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status != 200:
        sys.exit(f"the batch was answered {response.status}: {text[:500]!r}")
    found: Answers = json.loads(text)
    return found


def _type(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/reconcile")
    found = json.loads(connection.getresponse().read())
    connection.close()
    kinds: list[dict[str, str]] = found["defaultTypes"]
    return next((kind["id"] for kind in kinds if "rgani" in kind["id"]), kinds[0]["id"])


def _page(port: int) -> float:
    taken = []
    for _ in range(30):
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"/browse?page=1&n={time.perf_counter_ns()}")
        connection.getresponse().read()
        connection.close()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _meanwhile(port: int, asked: list[Asked]) -> tuple[float, float]:
    """The median and the worst of pages while a batch is answered."""
    thread = threading.Thread(target=_ask, args=(port, asked))
    thread.start()
    taken = []
    while thread.is_alive():
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"/browse?n={time.perf_counter_ns()}")
        connection.getresponse().read()
        connection.close()
        taken.append(time.perf_counter() - started)
    thread.join()
    return statistics.median(taken), max(taken)


def _memory(process: subprocess.Popen[bytes]) -> float:
    """MB of the web process and its children, shared pages divided among those that share them."""
    total = 0
    for pid in _tree(process):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def _processor(process: subprocess.Popen[bytes]) -> float:
    """Seconds of a processor that the web process and its children have had."""
    total = 0
    for pid in _tree(process):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _tree(process: subprocess.Popen[bytes]) -> set[int]:
    """A process and those below it."""
    found = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    parents = {int(p): int(q) for p, q in (line.split() for line in found.splitlines()[1:])}
    tree = {process.pid}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return tree


def _built(releases: Path) -> Path:
    subprocess.run([sys.executable, "-m", "kclod", "build", "-p", ROOT, "--releases", releases], check=True)
    return current(releases).path


@contextlib.contextmanager
def _kclod(release: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    options = ["--port", str(port), "--client-seconds", "1e6"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kclod", "serve", "--release", release, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        started = time.perf_counter()
        while time.perf_counter() - started < 120:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        _page(port)
        yield port, process
    finally:
        process.terminate()
        process.wait(15)


if __name__ == "__main__":
    main()
