"""The release in DCAT 3: catalogue, dataset with versions, distributions and data services; PROV of the build.

Versions by section 11 (dcat:version, dcat:previousVersion, dcat:hasVersion), compression and checksums by 6.8 and 6.17
(dcat:compressFormat, spdx:checksum). Inputs of the build are named by their digests, as they need not be public.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

import pyoxigraph as ox

from kclod import turtle
from kclod.described.facts import Facts
from kclod.dumps import Offered, offered_by
from kclod.integrity import text_digest
from kclod.release import Dump
from kclod.vocab import DCAT, DCT, FOAF, PROV, RDF, RDFS, SCHEMA, XSD, Namespace

SPDX = Namespace("http://spdx.org/rdf/terms#")
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_PROTOCOL = ox.NamedNode("http://www.w3.org/TR/sparql11-protocol/")
_PREFIXES = {
    "dcat": str(DCAT),
    "dct": str(DCT),
    "foaf": str(FOAF),
    "prov": str(PROV),
    "rdfs": str(RDFS),
    "schema": str(SCHEMA),
    "spdx": str(SPDX),
    "xsd": str(XSD),
}


def dcat(facts: Facts) -> bytes:
    """The catalogue as Turtle."""
    return turtle.serialize(_triples(facts), _PREFIXES)


def _triples(facts: Facts) -> Iterator[ox.Triple]:
    site, here = facts.site, f"{facts.folder}catalog.ttl#"
    catalogue, dataset = ox.NamedNode(f"{here}catalogue"), ox.NamedNode(site.dataset_iri)
    release = _release(facts, facts.version)
    yield from _of(catalogue, RDF["type"], DCAT["Catalog"])
    yield from _of(catalogue, DCT["title"], *_texts(site.title))
    yield from _of(catalogue, DCAT["dataset"], dataset, release)
    yield from _about(facts, dataset)
    yield from _of(dataset, DCAT["version"], ox.Literal(site.version))
    yield from _of(dataset, DCAT["hasCurrentVersion"], release)
    yield from _of(dataset, DCAT["hasVersion"], *(_release(facts, v) for v in (*facts.earlier, facts.version)))
    yield from _about(facts, release)
    yield from _of(release, DCAT["version"], ox.Literal(facts.version))
    yield from _of(release, DCAT["isVersionOf"], dataset)
    yield from _of(release, DCAT["previousVersion"], *(_release(facts, v) for v in facts.earlier[-1:]))
    known = offered_by(site)
    listed: list[Dump | Offered] = [*facts.dumps, *facts.more]
    for item in listed:
        distribution = ox.NamedNode(f"{here}{quote(item.name)}")
        yield from _of(release, DCAT["distribution"], distribution)
        yield from _of(dataset, DCAT["distribution"], distribution)
        yield from _distribution(facts, known.get(item.name, item), distribution)
        if isinstance(item, Dump):
            yield from _bytes(item, distribution)
    yield from _services(facts, here, catalogue, dataset)
    yield from _build(facts, here, release)


def _release(facts: Facts, version: str) -> ox.NamedNode:
    return ox.NamedNode(f"{facts.site.base_iri}releases/{version}/")


def _about(facts: Facts, subject: ox.NamedNode) -> Iterator[ox.Triple]:
    site = facts.site
    yield from _of(subject, RDF["type"], DCAT["Dataset"])
    yield from _of(subject, DCT["title"], *_texts(site.title))
    yield from _of(subject, DCT["description"], *_texts(site.description))
    yield from _of(subject, DCT["rights"], *_texts(site.rights))
    yield from _of(subject, DCAT["landingPage"], ox.NamedNode(site.base_iri))
    for language, words in facts.keywords.items():
        yield from _of(subject, DCAT["keyword"], *(_text(word, language) for word in words))
    if site.licence:
        yield from _of(subject, DCT["license"], ox.NamedNode(site.licence))
    if site.issued:
        yield from _of(subject, DCT["issued"], ox.Literal(site.issued, datatype=XSD["date"]))
    if site.publisher:
        publisher = ox.NamedNode(f"{facts.folder}catalog.ttl#publisher")
        yield from _of(subject, DCT["publisher"], publisher)
        yield from _of(publisher, RDF["type"], FOAF["Agent"])
        yield from _of(publisher, FOAF["name"], *_texts(site.publisher))


def _distribution(facts: Facts, item: Dump | Offered, subject: ox.NamedNode) -> Iterator[ox.Triple]:
    """A file, made or not: the media type of what it holds, and how that is compressed."""
    address = ox.NamedNode(f"{facts.folder}{quote(item.name)}")
    packed = item.coding.media_type if isinstance(item, Offered) else None
    media_type = item.form.media_type if isinstance(item, Offered) else item.media_type
    yield from _of(subject, RDF["type"], DCAT["Distribution"])
    yield from _of(subject, DCT["title"], ox.Literal(item.name))
    yield from _of(subject, DCAT["downloadURL"], address)
    yield from _of(subject, DCAT["accessURL"], address)
    yield from _of(subject, DCAT["mediaType"], _media_type(media_type))
    if packed:
        yield from _of(subject, DCAT["compressFormat"], _media_type(packed))
    if facts.site.licence:
        yield from _of(subject, DCT["license"], ox.NamedNode(facts.site.licence))


def _bytes(dump: Dump, subject: ox.NamedNode) -> Iterator[ox.Triple]:
    """What can be said of a file that is there."""
    checksum = ox.NamedNode(f"{subject.value}-sha256")
    yield from _of(subject, DCAT["byteSize"], ox.Literal(str(dump.bytes), datatype=XSD["nonNegativeInteger"]))
    yield from _of(subject, SPDX["checksum"], checksum)
    yield from _of(checksum, RDF["type"], SPDX["Checksum"])
    yield from _of(checksum, SPDX["algorithm"], SPDX["checksumAlgorithm_sha256"])
    yield from _of(checksum, SPDX["checksumValue"], ox.Literal(dump.sha256, datatype=XSD["hexBinary"]))


def _services(facts: Facts, here: str, catalogue: ox.NamedNode, dataset: ox.NamedNode) -> Iterator[ox.Triple]:
    service, endpoint = ox.NamedNode(f"{here}sparql"), ox.NamedNode(f"{facts.site.base_iri}sparql")
    yield from _of(catalogue, DCAT["service"], service)
    yield from _of(service, RDF["type"], DCAT["DataService"])
    yield from _of(service, DCT["title"], ox.Literal("SPARQL"))
    yield from _of(service, DCAT["endpointURL"], endpoint)
    yield from _of(service, DCAT["endpointDescription"], endpoint)
    yield from _of(service, DCAT["servesDataset"], dataset)
    yield from _of(service, DCT["conformsTo"], _PROTOCOL)


def _build(facts: Facts, here: str, release: ox.NamedNode) -> Iterator[ox.Triple]:
    """Inputs with digests, and software with versions (PROV-O, section 3.1)."""
    activity = ox.NamedNode(f"{here}build")
    yield from _of(release, PROV["wasGeneratedBy"], activity)
    yield from _of(activity, RDF["type"], PROV["Activity"])
    for entry in facts.inputs:
        used = ox.NamedNode(f"{here}input-{text_digest(entry.path)[:16]}")
        checksum = ox.NamedNode(f"{used.value}-sha256")
        yield from _of(activity, PROV["used"], used)
        yield from _of(used, RDF["type"], PROV["Entity"])
        yield from _of(used, RDFS["label"], ox.Literal(entry.path))
        yield from _of(used, DCAT["byteSize"], ox.Literal(str(entry.bytes), datatype=XSD["nonNegativeInteger"]))
        yield from _of(used, SPDX["checksum"], checksum)
        yield from _of(checksum, RDF["type"], SPDX["Checksum"])
        yield from _of(checksum, SPDX["algorithm"], SPDX["checksumAlgorithm_sha256"])
        yield from _of(checksum, SPDX["checksumValue"], ox.Literal(entry.sha256, datatype=XSD["hexBinary"]))
    for name, version in facts.tools.items():
        agent = ox.NamedNode(f"{here}software-{quote(name)}")
        yield from _of(activity, PROV["wasAssociatedWith"], agent)
        yield from _of(agent, RDF["type"], PROV["SoftwareAgent"], SCHEMA["SoftwareApplication"])
        yield from _of(agent, RDFS["label"], ox.Literal(name))
        yield from _of(agent, SCHEMA["softwareVersion"], ox.Literal(version))


def _media_type(name: str) -> ox.NamedNode:
    return ox.NamedNode(_MEDIA_TYPES + name)


def _of(subject: ox.NamedNode, predicate: ox.NamedNode, *values: ox.NamedNode | ox.Literal) -> Iterator[ox.Triple]:
    return (ox.Triple(subject, predicate, value) for value in values)


def _texts(texts: Mapping[str, str]) -> Iterator[ox.Literal]:
    return (_text(text, language) for language, text in texts.items())


def _text(text: str, language: str) -> ox.Literal:
    return ox.Literal(text, language=language) if language else ox.Literal(text)
