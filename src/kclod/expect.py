"""What a release must hold at least: counts that the dataset declares, so that a silent loss fails the build.

`pub:expects` nodes of the dataset's description name a class (`pub:class`: its things in the default graph) or a source
(`pub:source`: the claims that have it as prov:hadPrimarySource) and the least number (`pub:atLeast`).
"""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from kclod.errors import Problem, RefusedError
from kclod.project import Dataset, Description
from kclod.vocab import PROV, PUB, RDF


def expectations(dataset: Dataset) -> list[tuple[str, ox.NamedNode, int]]:
    """(IRI of the class or source, the predicate that counts towards it, least number), in the order of the file.

    RefusedError for a node that names neither or both, or no whole number.
    """
    about = Description(dataset.triples)
    expected, problems = [], []
    for node in about.values(dataset.iri, PUB["expects"]):
        classes, sources = about.values(node, PUB["class"]), about.values(node, PUB["source"])
        least = about.value(node, PUB["atLeast"]) or ""
        if len(classes) + len(sources) != 1 or not least.isdecimal():
            fix = "give one pub:class or pub:source, and pub:atLeast with a whole number"
            problems.append(
                Problem("dataset.expects", "what is expected is not clear", fix, str(dataset.file), item=node)
            )
            continue
        predicate = RDF["type"] if classes else PROV["hadPrimarySource"]
        expected.append(((classes or sources)[0], predicate, int(least)))
    if problems:
        raise RefusedError(problems)
    return expected


def check_expectations(dataset: Dataset, classes: Mapping[str, int], store: ox.Store) -> None:
    """Compare the declared counts with the things of each class and the claims of each source in the provenance graph.

    RefusedError names each shortfall.
    """
    provenance = ox.NamedNode(dataset.graphs["provenance"])
    problems = []
    for iri, predicate, least in expectations(dataset):
        if predicate == RDF["type"]:
            found = classes.get(iri, 0)
        else:
            found = sum(1 for _ in store.quads_for_pattern(None, predicate, ox.NamedNode(iri), provenance))
        if found < least:
            message = f"{found} of <{iri}>, where at least {least} are expected"
            fix = "find what was lost, or lower pub:atLeast in the dataset's description"
            problems.append(Problem("release.too-few", message, fix, str(dataset.file)))
    if problems:
        raise RefusedError(problems)
