"""Mapping 100 thousand records from JSON and from CSV: kclod, morph-kgc, and a writer made by hand for this mapping.

    python -m tests.bench.mapping [--records N] [--runs N] [--peer-runs N] [--only json|jsonl|csv|join|memory]

All are whole processes, from start to the last line written; the writer and kclod also tell the time of mapping alone.
What they write is compared as a set of lines first. kclod must be 10 times as fast as morph-kgc on JSON and 4 times on
CSV, and take at most twice the time of the writer made by hand; its memory must not grow with a CSV file.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kclod.rml.spread import processors
from tests.bench.measure import Measured, peer, report, timed

HERE = Path(__file__).parent
GIVEN = ("Ann", "Zoë", "민수", "Jean-Paul", "O'Neil", "Mary Jane", "Ödön", "Li")
FAMILY = ("Smith", "Krüger", "김", "de la Cruz", "Lee", 'the "Great"', "Ng", "Ivanova")
TOPICS = ("batteries", "graphs", "ceramics", "photonics", "R & D", "semantics")
KINDS = ("json", "jsonl", "csv")
PEER_KINDS = ("json", "csv")

# In the older vocabulary, which all of them read alike
PREFIXES = """@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
MAPPING = """<http://example.com/Person> a rr:TriplesMap ;
  rml:logicalSource [ SOURCE ] ;
  rr:subjectMap [ rr:template "http://example.com/person/{id}" ; rr:class foaf:Person ] ;
  rr:predicateObjectMap [ rr:predicate foaf:name ; rr:objectMap [ rml:reference "name" ] ] ;
  rr:predicateObjectMap [ rr:predicate schema:description ; rr:objectMap [ rml:reference "note" ; rr:language "en" ] ] ;
  rr:predicateObjectMap [ rr:predicate schema:birthDate ;
    rr:objectMap [ rml:reference "born" ; rr:datatype xsd:date ] ] ;
  rr:predicateObjectMap [ rr:predicate schema:identifier ; rr:objectMap [ rml:reference "code" ] ] ;
  rr:predicateObjectMap [ rr:predicate foaf:homepage ; rr:objectMap [ rml:reference "page" ; rr:termType rr:IRI ] ] ;
  rr:predicateObjectMap [ rr:predicate schema:worksFor ;
    rr:objectMap [ rr:template "http://example.com/organization/{employer}" ] ] ;
  rr:predicateObjectMap [ rr:predicate foaf:mbox ; rr:objectMap [ rml:reference "mail" ] ] ;
  rr:predicateObjectMap [ rr:predicate schema:knowsAbout ;
    rr:objectMap [ rr:template "http://example.com/topic/{topic}" ] ] .
"""
JOIN = """<http://example.com/Member> a rr:TriplesMap ;
  rml:logicalSource [ SOURCE ] ;
  rr:subjectMap [ rr:template "http://example.com/member/{id}" ] ;
  rr:predicateObjectMap [ rr:predicate schema:about ; rr:objectMap [
    rr:parentTriplesMap <http://example.com/Person> ; rr:joinCondition [ rr:child "boss" ; rr:parent "mail" ] ] ] .
"""
SOURCES = {
    "json": 'rml:source "people.json" ; rml:referenceFormulation ql:JSONPath ; rml:iterator "$[*]"',
    "jsonl": 'rml:source "people.jsonl" ; rml:referenceFormulation ql:JSONPath ; rml:iterator "$"',
    "csv": 'rml:source "people.csv" ; rml:referenceFormulation ql:CSV',
}


def people(count: int, seed: int = 1) -> Iterator[dict[str, str]]:
    """Seeded records; `boss` is the mail address of an earlier one."""
    chance = random.Random(seed)
    mails = ["none"]
    for number in range(count):
        mails.append(f"{number}-{chance.getrandbits(32):08x}@example.org")
        yield {
            "id": f"p-{number}",
            "name": f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}",
            "born": f"{chance.randint(1930, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "note": f"Works on {chance.choice(TOPICS)} since {chance.randint(1990, 2025)}; see {number}.",
            "code": f"{chance.getrandbits(64):016x}",
            "page": f"https://people.example.org/~{chance.getrandbits(32):08x}/index.html",
            "employer": f"org {chance.randrange(5000)}",
            "mail": mails[-1],
            "topic": chance.choice(TOPICS),
            "boss": chance.choice(mails),
        }


def write_inputs(folder: Path, count: int) -> None:
    """The records as JSON, JSON Lines and CSV, with the mappings of each."""
    with (
        (folder / "people.json").open("w", encoding="utf-8") as array,
        (folder / "people.jsonl").open("w", encoding="utf-8") as lines,
        (folder / "people.csv").open("w", encoding="utf-8", newline="") as table,
    ):
        rows = csv.DictWriter(table, list(next(people(1))))
        rows.writeheader()
        for number, person in enumerate(people(count)):
            text = json.dumps(person, ensure_ascii=False)
            array.write(("[\n" if number == 0 else ",\n") + text)
            lines.write(text + "\n")
            rows.writerow(person)
        array.write("\n]\n")
    for kind, source in SOURCES.items():
        (folder / f"{kind}.ttl").write_text(PREFIXES + MAPPING.replace("SOURCE", source), "utf-8")
        joined = PREFIXES + (MAPPING + JOIN).replace("SOURCE", source)
        (folder / f"{kind}-join.ttl").write_text(joined, "utf-8")


# The programs


def kclod(folder: Path, mapping: str, jobs: int, runs: int) -> Measured:
    """The command line, as a user starts it."""
    command = [sys.executable, "-m", "kclod", "map", folder / f"{mapping}.ttl", "--sources", folder]
    return timed(
        f"kclod map, {jobs} process{'es' if jobs > 1 else ''}",
        [*command, "--out", folder / f"kclod-{mapping}.nq", "--jobs", str(jobs)],
        runs=runs,
    )


def kclod_alone(folder: Path, mapping: str, jobs: int, runs: int) -> Measured:
    """Mapping without starting Python and importing."""
    command = [sys.executable, HERE / "mapping_own.py", folder / f"{mapping}.ttl", folder, folder / "own.nq", str(jobs)]
    return timed(f"kclod, mapping alone, {jobs} at a time", command, runs=runs, own_time=True)


def by_hand(folder: Path, kind: str, runs: int) -> Measured:
    """The writer made for this mapping, its own time."""
    command = [sys.executable, HERE / "mapping_by_hand.py", kind, folder / f"people.{kind}", folder / f"hand-{kind}.nq"]
    return timed("writer made by hand, mapping alone", command, runs=runs, own_time=True)


def morph(folder: Path, mapping: str, processes: int, runs: int) -> Measured:
    """morph-kgc, which finds sources from where it runs; so its mapping has whole paths."""
    text = (folder / f"{mapping}.ttl").read_text("utf-8")
    (folder / f"morph-{mapping}.ttl").write_text(text.replace('"people.', f'"{folder}/people.'), "utf-8")
    config = folder / f"morph-{mapping}.ini"
    config.write_text(
        f"[CONFIGURATION]\noutput_file = {folder}/morph-{mapping}.nq\noutput_format = N-QUADS\n"
        f"number_of_processes = {processes}\nlogging_level = WARNING\n"
        f"[Source]\nmappings = {folder}/morph-{mapping}.ttl\n",
        "utf-8",
    )
    command = [peer("morph-kgc", "morph-kgc==2.10.0"), "-m", "morph_kgc", config]
    return timed(f"morph-kgc 2.10, {processes} process{'es' if processes > 1 else ''}", command, runs=runs)


def lines_of(path: Path) -> set[str]:
    """The lines that a program wrote; morph-kgc puts two spaces before the full stop of triples."""
    return {re.sub(r" +\.$", " .", line) for line in path.read_text("utf-8").split("\n") if line}


def compare(one: Path, other: Path) -> None:
    """Stop when two programs made different sets of quads: then their times say nothing.

    In a process of its own, for a child's peak of memory counts from what its parent has.
    """
    process = multiprocessing.get_context("fork").Process(target=_compare, args=(one, other))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def _compare(one: Path, other: Path) -> None:
    ours, theirs = lines_of(one), lines_of(other)
    if ours != theirs:
        different = sorted(ours ^ theirs)[:4]
        sys.exit(f"{one.name} and {other.name} differ in {len(ours ^ theirs)} lines, such as {different}")
    print(f"  {one.name} and {other.name} hold the same {len(ours)} quads", flush=True)


def against_peers(folder: Path, kind: str, cores: int, runs: int, peer_runs: int) -> None:
    """One kind of file: mapping alone against the writer, whole processes against morph-kgc."""
    print(f"\n{kind}: {(folder / f'people.{kind}').stat().st_size / 1e6:.0f} MB")
    whole, hand = kclod(folder, kind, 1, runs), by_hand(folder, kind, runs)
    compare(folder / f"kclod-{kind}.nq", folder / f"hand-{kind}.nq")
    alone = [kclod_alone(folder, kind, jobs, runs) for jobs in dict.fromkeys((1, cores))]
    report(f"{kind}, mapping alone: times of the writer made by hand", [hand, *alone], hand)
    print(f"  by processor time of the whole process: {alone[0].cpu:.2f} s against {hand.cpu:.2f} s")
    if kind in PEER_KINDS:
        several = kclod(folder, kind, cores, runs)
        peers = [morph(folder, kind, processes, peer_runs) for processes in dict.fromkeys((1, cores))]
        compare(folder / f"kclod-{kind}.nq", folder / f"morph-{kind}.nq")
        report(f"{kind}, one process: as fast as morph-kgc times", [peers[0], whole], peers[0], faster=False)
        print(f"  by processor time: {peers[0].cpu:.2f} s against {whole.cpu:.2f} s, {peers[0].cpu / whole.cpu:.2f}×")
        report(f"{kind}, {cores} processes: as fast as morph-kgc times", [peers[-1], several], peers[-1], faster=False)
        print(f"  by processor time: {peers[-1].cpu:.2f} s against {several.cpu:.2f} s")


def join(folder: Path, cores: int, runs: int, peer_runs: int) -> None:
    """The same with a join of the records with themselves."""
    ours = [kclod(folder, "csv-join", jobs, runs) for jobs in dict.fromkeys((1, cores))]
    theirs = morph(folder, "csv-join", cores, peer_runs)
    compare(folder / "kclod-csv-join.nq", folder / "morph-csv-join.nq")
    report("csv with a join: as fast as morph-kgc times", [theirs, *ours], theirs, faster=False)


def memory(small: Path, large: Path) -> None:
    """The peak for a file and for one four times as long."""
    for kind in KINDS:
        rows = [kclod(folder, kind, 1, 1) for folder in (small, large)]
        print(f"\n{kind}, four times the records: peak {rows[0].megabytes:.0f} MB, then {rows[1].megabytes:.0f} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-runs", type=int, default=1, help="morph-kgc takes most of the time")
    parser.add_argument("--only", choices=[*KINDS, "join", "memory"], action="append")
    options = parser.parse_args()
    chosen, cores = options.only or [*KINDS, "join", "memory"], processors()
    with tempfile.TemporaryDirectory() as name:
        folder, larger = Path(name) / "small", Path(name) / "large"
        folder.mkdir()
        write_inputs(folder, options.records)
        print(f"{options.records} records, {cores} processors")
        for kind in KINDS:
            if kind in chosen:
                against_peers(folder, kind, cores, options.runs, options.peer_runs)
        if "join" in chosen:
            join(folder, cores, options.runs, options.peer_runs)
        if "memory" in chosen:
            larger.mkdir()
            write_inputs(larger, 4 * options.records)
            memory(folder, larger)


if __name__ == "__main__":
    main()
