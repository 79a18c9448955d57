"""A writer for the one mapping of `tests.bench.mapping`: what one would write by hand, with the same checks.

    python mapping_by_hand.py json|jsonl|csv INPUT OUTPUT

It makes the same lines: IRI-safe values in IRIs, checked IRIs, checked dates, escaped literals. Standard library only.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

PLAIN = re.compile(r'[^\x00-\x1f"\\\x7f]*')
SAFE = re.compile(r"[\w.~-]*")
IRI = re.compile(r"https?://[A-Za-z0-9.-]+(/[A-Za-z0-9/._~%!$&'()*+,;=:@-]*)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def text(value: str) -> str:
    if PLAIN.fullmatch(value):
        return value
    return re.sub(r'[\x00-\x1f"\\\x7f]', lambda m: ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04X}", value)


def safe(value: str) -> str:
    return value if SAFE.fullmatch(value) else quote(value, safe="~")


def is_date(value: str) -> bool:
    if not DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def write(people: Iterable[dict[str, Any]], out: Callable[[str], object]) -> None:
    for person in people:
        s = f"<http://example.com/person/{safe(person['id'])}>"
        lines = [f"{s} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://xmlns.com/foaf/0.1/Person> .\n"]
        if (name := person.get("name")) is not None:
            lines.append(f'{s} <http://xmlns.com/foaf/0.1/name> "{text(name)}" .\n')
        if (note := person.get("note")) is not None:
            lines.append(f'{s} <http://schema.org/description> "{text(note)}"@en .\n')
        if (born := person.get("born")) is not None:
            if is_date(born):
                lines.append(f'{s} <http://schema.org/birthDate> "{born}"^^<http://www.w3.org/2001/XMLSchema#date> .\n')
            else:
                print(f"{person['id']}: {born!r} is no date", file=sys.stderr)
        if (code := person.get("code")) is not None:
            lines.append(f'{s} <http://schema.org/identifier> "{text(code)}" .\n')
        if (page := person.get("page")) is not None:
            if IRI.fullmatch(page):
                lines.append(f"{s} <http://xmlns.com/foaf/0.1/homepage> <{page}> .\n")
            else:
                print(f"{person['id']}: {page!r} is no IRI", file=sys.stderr)
        if (employer := person.get("employer")) is not None:
            lines.append(f"{s} <http://schema.org/worksFor> <http://example.com/organization/{safe(employer)}> .\n")
        if (mail := person.get("mail")) is not None:
            lines.append(f'{s} <http://xmlns.com/foaf/0.1/mbox> "{text(mail)}" .\n')
        if (topic := person.get("topic")) is not None:
            lines.append(f"{s} <http://schema.org/knowsAbout> <http://example.com/topic/{safe(topic)}> .\n")
        out("".join(lines))


def main() -> None:
    kind, source, target = sys.argv[1:]
    start = time.perf_counter()
    with Path(source).open(encoding="utf-8", newline="") as file, Path(target).open("w", encoding="utf-8") as out:
        if kind == "csv":
            people: Iterable[dict[str, Any]] = csv.DictReader(file)
        elif kind == "jsonl":
            people = map(json.loads, file)
        else:
            people = json.load(file)
        write(people, out.write)
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
