"""What a dataset says of itself: VoID statistics, DCAT 3 distributions, PROV of the build; computed from its quads.

Everything is named by a hash IRI of the dataset (`…/dataset#dump-ttl`), so there are no blank nodes. Two things are
left out on purpose: times, as equal inputs must give equal bytes, and the sizes and checksums of the dumps, as
these triples are part of what the dumps hold; both the manifest and the site state sizes and checksums.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import pyoxigraph as ox

from kclod import rdf
from kclod.integrity import package_versions, text_digest
from kclod.rdf import Statement, statement_of
from kclod.schemes import HOLE, Linkset
from kclod.site import Site, short_name
from kclod.statistics import Statistics
from kclod.vocab import DCAT, DCT, PROV, RDF, RDFS, SCHEMA, VOID

_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_PROTOCOL = ox.NamedNode("http://www.w3.org/TR/sparql11-protocol/")
_NAMESPACE = re.compile(r".*[#/]", re.DOTALL)
_FRAGMENT = re.compile(r"[A-Za-z0-9._~-]+")
_EXAMPLES = 3
_T = TypeVar("_T")


def describe(
    site: Site,
    statistics: Statistics,
    sizes: Mapping[str, int],
    own: Iterable[ox.Triple] = (),
    linksets: Iterable[Linkset] = (),
) -> list[Statement]:
    """The statements of the metadata graph, ordered.

    `statistics` are those of the default graph without the metadata graph itself, `sizes` the numbers of triples of the
    named graphs. `own` is what the dataset's description says already; it is taken over as it is, blank nodes apart,
    which get hash IRIs. `linksets` are described as VoID wants it (section 5), and the registries that they lead to.
    """
    parts = _Parts(site)
    triples = {
        *_named(own, parts),
        *_identity(site, parts),
        *_statistics(statistics, parts),
        *_graphs(site, sizes, parts),
        *_distributions(site, parts),
        *_registries(site),
        *_linksets(linksets, parts),
        *_build(parts),
    }
    return sorted(map(statement_of, triples))


class _Parts:
    """Names for what belongs to the dataset: hash IRIs."""

    def __init__(self, site: Site) -> None:
        self.dataset = ox.NamedNode(site.dataset_iri)
        self._stem = site.dataset_iri + ("-" if "#" in site.dataset_iri else "#")
        self._prefixes = sorted(site.prefixes.items(), key=lambda item: (-len(item[1]), item[0]))

    def __call__(self, name: str) -> ox.NamedNode:
        return ox.NamedNode(self._stem + name)

    def of_term(self, kind: str, iri: str) -> ox.NamedNode:
        """A name for what concerns a class or property, by its prefixed name where it has one: `#class:org:Post`."""
        for prefix, namespace in self._prefixes:
            local = iri.removeprefix(namespace)
            if local != iri and _FRAGMENT.fullmatch(local) and _FRAGMENT.fullmatch(prefix):
                return self(f"{kind}:{prefix}:{local}")
        return self(f"{kind}:{text_digest(iri)[:16]}")


def _named(triples: Iterable[ox.Triple], parts: _Parts) -> Iterator[ox.Triple]:
    """The triples with hash IRIs for blank nodes, numbered by RDFC-1.0."""
    dataset = ox.Dataset(rdf.in_graph(triples, rdf.DEFAULT_GRAPH))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)

    def named(term: _T) -> _T | ox.NamedNode:
        return parts(f"node-{term.value.removeprefix('c14n')}") if isinstance(term, ox.BlankNode) else term

    for q in dataset:
        yield ox.Triple(named(q.subject), q.predicate, named(q.object))


def _identity(site: Site, parts: _Parts) -> Iterator[ox.Triple]:
    yield from _of(parts.dataset, RDF["type"], DCAT["Dataset"], VOID["Dataset"])
    yield from _of(parts.dataset, DCT["title"], *_texts(site.title))
    yield from _of(parts.dataset, DCT["description"], *_texts(site.description))
    yield from _of(parts.dataset, DCT["rights"], *_texts(site.rights))
    yield from _of(parts.dataset, DCAT["version"], ox.Literal(site.version))
    yield from _of(parts.dataset, VOID["uriSpace"], ox.Literal(site.base_iri))
    yield from _licence(parts.dataset, site)


def _statistics(statistics: Statistics, parts: _Parts) -> Iterator[ox.Triple]:
    counts = {
        "triples": statistics.triples,
        "entities": statistics.entities,
        "distinctSubjects": statistics.subjects,
        "distinctObjects": statistics.objects,
        "classes": len(statistics.classes),
        "properties": len(statistics.properties),
    }
    for name, count in counts.items():
        yield from _of(parts.dataset, VOID[name], ox.Literal(count))
    namespaces = {
        match[0] for term in (*statistics.classes, *statistics.properties) if (match := _NAMESPACE.match(term))
    }
    yield from _of(parts.dataset, VOID["vocabulary"], *map(ox.NamedNode, namespaces))
    for kind, found in statistics.classes.items():
        partition = parts.of_term("class", kind)
        yield from _of(parts.dataset, VOID["classPartition"], partition)
        yield from _of(partition, RDF["type"], VOID["Dataset"])
        yield from _of(partition, VOID["class"], ox.NamedNode(kind))
        yield from _of(partition, VOID["entities"], ox.Literal(found.entities))
    for predicate, count in statistics.properties.items():
        partition = parts.of_term("property", predicate)
        yield from _of(parts.dataset, VOID["propertyPartition"], partition)
        yield from _of(partition, RDF["type"], VOID["Dataset"])
        yield from _of(partition, VOID["property"], ox.NamedNode(predicate))
        yield from _of(partition, VOID["triples"], ox.Literal(count))
    yield from _of(parts.dataset, VOID["exampleResource"], *_examples(statistics))


def _examples(statistics: Statistics) -> list[ox.NamedNode]:
    """The first thing, by IRI, of each of the classes with most things of the dataset's own."""
    ordered = sorted((-found.own, kind, found.example) for kind, found in statistics.classes.items())
    return list(dict.fromkeys(ox.NamedNode(example) for _, _, example in ordered if example))[:_EXAMPLES]


def _graphs(site: Site, sizes: Mapping[str, int], parts: _Parts) -> Iterator[ox.Triple]:
    """The graphs that the site names, as subsets with their size; the metadata graph cannot count itself."""
    for role, graph in site.graphs.items():
        if role != "metadata" and graph in sizes:
            yield from _of(parts.dataset, VOID["subset"], ox.NamedNode(graph))
            yield from _of(ox.NamedNode(graph), RDF["type"], VOID["Dataset"])
            yield from _of(ox.NamedNode(graph), VOID["triples"], ox.Literal(sizes[graph]))


def _registries(site: Site) -> Iterator[ox.Triple]:
    """What the IRIs of a registry's records begin with and look like, from its template and pattern (VoID, 4.2)."""
    for scheme in site.schemes:
        if scheme.template is not None:
            registry = ox.NamedNode(scheme.registry)
            head, _, tail = scheme.template.partition(HOLE)
            pattern = f"^{re.escape(head)}({scheme.pattern}){re.escape(tail)}$"
            yield from _of(registry, VOID["uriSpace"], ox.Literal(head))
            yield from _of(registry, VOID["uriRegexPattern"], ox.Literal(pattern))


def _linksets(linksets: Iterable[Linkset], parts: _Parts) -> Iterator[ox.Triple]:
    for one in linksets:
        name = parts.of_term(f"links:{one.scheme.name}", one.predicate.value)
        yield from _of(parts.dataset, VOID["subset"], name)
        yield from _of(name, RDF["type"], VOID["Linkset"])
        yield from _of(name, VOID["linkPredicate"], one.predicate)
        yield from _of(name, VOID["subjectsTarget"], parts.dataset)
        yield from _of(name, VOID["objectsTarget"], ox.NamedNode(one.scheme.registry))
        yield from _of(name, VOID["triples"], ox.Literal(one.triples))
        yield from _of(name, VOID["distinctSubjects"], ox.Literal(one.subjects))
        yield from _of(name, VOID["distinctObjects"], ox.Literal(one.objects))


def _distributions(site: Site, parts: _Parts) -> Iterator[ox.Triple]:
    """The dumps that every release has, and the SPARQL endpoint (DCAT 3, sections 6.8 and 6.9)."""
    for fmt in (rdf.TURTLE, rdf.N_QUADS):
        distribution = parts(f"dump-{fmt.name}")
        address = ox.NamedNode(f"{site.base_iri}dumps/{short_name(site)}.{fmt.name}")
        yield from _of(parts.dataset, DCAT["distribution"], distribution)
        yield from _of(parts.dataset, VOID["dataDump"], address)
        yield from _of(distribution, RDF["type"], DCAT["Distribution"])
        yield from _of(distribution, DCT["title"], ox.Literal(fmt.title, language="en"))
        yield from _of(distribution, DCAT["downloadURL"], address)
        yield from _of(distribution, DCAT["mediaType"], ox.NamedNode(_MEDIA_TYPES + fmt.media_type))
        yield from _licence(distribution, site)
    service, endpoint = parts("sparql"), ox.NamedNode(f"{site.base_iri}sparql")
    yield from _of(parts.dataset, VOID["sparqlEndpoint"], endpoint)
    yield from _of(service, RDF["type"], DCAT["DataService"])
    yield from _of(service, DCT["title"], ox.Literal("SPARQL", language="en"))
    yield from _of(service, DCAT["endpointURL"], endpoint)
    yield from _of(service, DCAT["servesDataset"], parts.dataset)
    yield from _of(service, DCT["conformsTo"], _PROTOCOL)
    yield from _licence(service, site)


def _build(parts: _Parts) -> Iterator[ox.Triple]:
    """Which software made the dataset, in which version (PROV-O, section 3.1); the inputs stand in the manifest."""
    activity = parts("build")
    yield from _of(parts.dataset, PROV["wasGeneratedBy"], activity)
    yield from _of(activity, RDF["type"], PROV["Activity"])
    yield from _of(activity, PROV["generated"], parts.dataset)
    for name, version in package_versions().items():
        agent = parts(f"software:{name}")
        yield from _of(activity, PROV["wasAssociatedWith"], agent)
        yield from _of(agent, RDF["type"], PROV["SoftwareAgent"], SCHEMA["SoftwareApplication"])
        yield from _of(agent, RDFS["label"], ox.Literal(f"{name} {version}"))
        yield from _of(agent, SCHEMA["softwareVersion"], ox.Literal(version))


def _licence(subject: ox.NamedNode, site: Site) -> Iterator[ox.Triple]:
    if site.licence:
        yield from _of(subject, DCT["license"], ox.NamedNode(site.licence))


def _of(subject: ox.NamedNode, predicate: ox.NamedNode, *objects: ox.NamedNode | ox.Literal) -> Iterator[ox.Triple]:
    return (ox.Triple(subject, predicate, value) for value in objects)


def _texts(texts: Mapping[str, str]) -> Iterator[ox.Literal]:
    return (ox.Literal(text, language=tag) if tag else ox.Literal(text) for tag, text in texts.items())
