"""The releases in RDF: versions of a dataset, their files and endpoints (DCAT 3, section 11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from kclod.history import Edition
from kclod.vocab import DCAT, DCT, PROV, RDF, XSD, Namespace
from kclod.web.publication import Publication

ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
PREFIXES = {"adms": str(ADMS), "spdx": str(SPDX), "dcat": str(DCAT), "dcterms": str(DCT), "prov": str(PROV)}
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"


def version_iri(publication: Publication, version: str) -> str:
    """What a release is called."""
    return f"{publication.release.site.base_iri}releases/{version}/"


def describe_all(publication: Publication) -> Iterator[ox.Triple]:
    """The dataset and all its versions, each shortly."""
    dataset = ox.NamedNode(publication.release.site.dataset_iri)
    yield ox.Triple(dataset, RDF["type"], DCAT["Dataset"])
    latest = ox.NamedNode(version_iri(publication, publication.line[-1].version))
    yield ox.Triple(dataset, DCAT["hasCurrentVersion"], latest)
    for one in publication.line:
        node = ox.NamedNode(version_iri(publication, one.version))
        yield ox.Triple(dataset, DCAT["hasVersion"], node)
        yield from _version(publication, one, node)


def describe_one(publication: Publication, edition: Edition) -> Iterator[ox.Triple]:
    """A version with its files and its endpoint."""
    node = ox.NamedNode(version_iri(publication, edition.version))
    yield from _version(publication, edition, node)
    place = f"{publication.public_url}releases/{edition.version}/"
    release = edition.load()
    for dump in release.dumps:
        file = ox.NamedNode(f"{place}dumps/{dump.name}")
        checksum = ox.NamedNode(f"{node.value}#sha256-{dump.name}")
        yield ox.Triple(node, DCAT["distribution"], file)
        yield from _of(
            file,
            (RDF["type"], DCAT["Distribution"]),
            (DCAT["downloadURL"], file),
            (DCAT["byteSize"], ox.Literal(str(dump.bytes), datatype=XSD["nonNegativeInteger"])),
            (DCAT["mediaType"], ox.NamedNode(_MEDIA_TYPES + dump.media_type)),
            (SPDX["checksum"], checksum),
        )
        yield from _of(
            checksum,
            (RDF["type"], SPDX["Checksum"]),
            (SPDX["algorithm"], SPDX["checksumAlgorithm_sha256"]),
            (SPDX["checksumValue"], ox.Literal(dump.sha256, datatype=XSD["hexBinary"])),
        )
    service = ox.NamedNode(f"{place}sparql")
    yield from _of(
        service,
        (RDF["type"], DCAT["DataService"]),
        (DCAT["endpointURL"], service),
        (DCAT["servesDataset"], node),
        (DCT["conformsTo"], ox.NamedNode("http://www.w3.org/TR/sparql11-protocol/")),
    )
    if release.site.licence:
        yield ox.Triple(node, DCT["license"], ox.NamedNode(release.site.licence))


def _version(publication: Publication, edition: Edition, node: ox.NamedNode) -> Iterator[ox.Triple]:
    made = edition.published.isoformat().replace("+00:00", "Z")
    yield from _of(
        node,
        (RDF["type"], DCAT["Dataset"]),
        (DCAT["isVersionOf"], ox.NamedNode(edition.dataset)),
        (DCAT["version"], ox.Literal(edition.version)),
        (PROV["generatedAtTime"], ox.Literal(made, datatype=XSD["dateTime"])),
    )
    before = publication.differences.previous(edition.version)
    if before is not None:
        earlier = ox.NamedNode(version_iri(publication, before.version))
        yield ox.Triple(node, DCAT["previousVersion"], earlier)
        yield ox.Triple(node, PROV["wasRevisionOf"], earlier)


def _of(node: ox.NamedNode, *said: tuple[ox.NamedNode, ox.NamedNode | ox.Literal]) -> Iterable[ox.Triple]:
    return [ox.Triple(node, predicate, value) for predicate, value in said]
