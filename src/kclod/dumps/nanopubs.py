"""Claims as nanopublications in TriG: what is asserted, where it comes from, and what is published, in four graphs.

The assertion is the graph of the claim; what the dataset says of the claim is its provenance; licence, date and dataset
are its publication info (Nanopublication Guidelines, 2013-12-15). Names are trusty URIs of the RA module: what
they name cannot change (Kuhn, Dumontier: Trusty URIs, 2014). They are not signed, unless with a key that the user has.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from kclod import turtle
from kclod.dumps.parts import read_lines, subject_of
from kclod.dumps.tables import bare, literal
from kclod.dumps.write import by_graph
from kclod.rdf import Statement, split_line
from kclod.site import Site
from kclod.sorted_dump import SortedLines
from kclod.vocab import DCT, PROV, RDF, RDFS, XSD

_NP, _NPX = "http://www.nanopub.org/nschema#", "http://purl.org/nanopub/x/"
_GRAPHS = {"Head": "", "assertion": "hasAssertion", "provenance": "hasProvenance", "pubinfo": "hasPublicationInfo"}
_HOLE = " "
"""What stands for the digest while it is computed."""
_PREFIXES = {"np": _NP, "npx": _NPX, "dct": str(DCT), "prov": str(PROV), "rdfs": str(RDFS), "xsd": str(XSD)}

Quad = tuple[str, str, str, str]
"""Graph, subject, predicate and object as terms of N-Triples."""
Sign = Callable[[bytes], tuple[str, str]]
"""Gives the public key and the signature of bytes, both in base64."""


@dataclass(frozen=True)
class Publisher:
    """Who publishes: what the trusty URIs begin with; where they are signed, what signs, and by whom."""

    prefix: str
    sign: Sign | None = None
    signer: str | None = None


@dataclass(frozen=True)
class Nanopub:
    """One nanopublication: its trusty URI and its TriG."""

    iri: str
    trig: bytes


def nanopubs(dump: Path, claims: Path, site: Site, publisher: Publisher) -> Iterator[Nanopub | str]:
    """Nanopublications of all claims, ordered by claim; of one of which nothing is said but its graph, only its IRI.

    `dump` is the dataset, `claims` the file of the claims' graphs.
    """
    lines, provenance = SortedLines(dump), site.graphs.get("provenance", "")
    names = {**site.prefixes, **_PREFIXES}
    try:
        for claim, group in groupby(by_graph(read_lines(claims)), key=lambda quad: quad[0]):
            about = list(_about(lines, claim, provenance))
            if not any(subject_of(s) == f"<{claim}>" for s in about):
                yield claim
                continue
            quads = list(_quads(claim, (statement for _, statement in group), about, site, publisher))
            if publisher.sign is not None:
                quads += _signed(quads, publisher.prefix, publisher.sign)
            yield _named(quads, publisher.prefix, names)
    finally:
        lines.close()


def code_of(quads: Iterable[Quad]) -> str:
    """The artifact code of quads that have a space in the place of it: `RA` and 43 characters."""
    digest = hashlib.sha256(normalised(quads)).digest()
    return "RA" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def normalised(quads: Iterable[Quad]) -> bytes:
    """Quads as module RA hashes them: ordered, graph, subject, predicate and object a line each."""
    ordered = sorted({tuple(map(_key, quad)) for quad in quads})
    return "".join(_line(term) for quad in ordered for term in quad).encode()


_Key = tuple[bool, str, str, str]
"""Literals after IRIs; the text; the datatype, nothing with a language; the language."""


def _key(term: str) -> _Key:
    if not term.startswith('"'):
        return False, bare(term), "", ""
    text, language, datatype = literal(term)
    return True, text, "" if language else datatype or XSD["string"].value, (language or "").lower()


def _line(key: _Key) -> str:
    is_literal, text, datatype, language = key
    if not is_literal:
        return f"{text}\n"
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return f"@{language} {escaped}\n" if language else f"^{datatype} {escaped}\n"


def _about(lines: SortedLines, claim: str, provenance: str) -> Iterator[Statement]:
    """What the provenance graph says of a claim and of the parts that have a fragment of its IRI."""
    for end in (">", "#"):
        for line in lines.starting(f"<{claim}{end}"):
            statement, graph = split_line(line)
            if graph == provenance:
                yield statement


def _quads(
    claim: str, said: Iterable[Statement], about: Iterable[Statement], site: Site, publisher: Publisher
) -> Iterator[Quad]:
    prefix, signer = publisher.prefix, publisher.signer
    this = f"<{prefix}{_HOLE}>"
    head, assertion, provenance, pubinfo = (f"<{prefix}{_HOLE}#{name}>" for name in _GRAPHS)

    def own(term: str) -> str:
        """Blank nodes with names of their own (Trusty URIs, section 2.3)."""
        return f"<{prefix}{_HOLE}#_{term[2:]}>" if term.startswith("_:") else term

    yield head, this, str(RDF["type"]), f"<{_NP}Nanopublication>"
    for graph, property_ in zip((assertion, provenance, pubinfo), list(_GRAPHS.values())[1:], strict=True):
        yield head, this, f"<{_NP}{property_}>", graph
    for statement in said:
        subject, predicate, value = statement.split(" ", 2)
        yield assertion, own(subject), predicate, own(value)
    yield provenance, assertion, str(PROV["wasDerivedFrom"]), f"<{claim}>"
    for statement in about:
        subject, predicate, value = statement.split(" ", 2)
        if subject == f"<{claim}>" and predicate == str(RDFS["label"]):
            yield pubinfo, this, predicate, value
        elif subject != f"<{claim}>" or predicate != str(RDF["type"]):
            yield provenance, assertion if subject == f"<{claim}>" else own(subject), predicate, own(value)
    yield pubinfo, this, str(PROV["wasDerivedFrom"]), f"<{site.dataset_iri}>"
    yield pubinfo, this, f"<{DCT}isVersionOf>", f"<{claim}>"
    if site.licence:
        yield pubinfo, this, str(DCT["license"]), f"<{site.licence}>"
    if site.issued:
        yield pubinfo, this, str(DCT["created"]), f'"{site.issued}"^^<{XSD}date>'
    if signer:
        yield pubinfo, this, str(DCT["creator"]), f"<{signer}>"
        yield pubinfo, f"<{prefix}{_HOLE}#sig>", f"<{_NPX}signedBy>", f"<{signer}>"


def _signed(quads: list[Quad], prefix: str, sign: Sign) -> list[Quad]:
    """The signature element: of everything but the signature itself."""
    pubinfo, signature = (f"<{prefix}{_HOLE}#{name}>" for name in ("pubinfo", "sig"))
    key, _ = sign(b"")
    made: list[Quad] = [
        (pubinfo, signature, f"<{_NPX}hasPublicKey>", f'"{key}"'),
        (pubinfo, signature, f"<{_NPX}hasAlgorithm>", '"RSA"'),
        (pubinfo, signature, f"<{_NPX}hasSignatureTarget>", f"<{prefix}{_HOLE}>"),
    ]
    _, signed = sign(normalised([*quads, *made]))
    return [*made, (pubinfo, signature, f"<{_NPX}hasSignature>", f'"{signed}"')]


def _named(quads: list[Quad], prefix: str, prefixes: Mapping[str, str]) -> Nanopub:
    hole, name = f"<{prefix}{_HOLE}", f"<{prefix}{code_of(quads)}"
    found: dict[str, list[Statement]] = {}
    for quad in quads:
        graph, *terms = (name + term[len(hole) :] if term.startswith(hole) else term for term in quad)
        found.setdefault(graph, []).append(" ".join(terms))
    iri = name[1:]
    writer = turtle.Names({**prefixes, "this": iri, "sub": f"{iri}#"})
    blocks = [
        f"\n{writer(graph)} {{\n".encode()
        + b"".join(turtle.block(list(about), writer) for _, about in groupby(sorted(statements), key=subject_of))
        + b"\n}\n"
        for graph, statements in found.items()
    ]
    return Nanopub(iri, turtle.header(writer.used()) + b"".join(blocks) + b"\n")
