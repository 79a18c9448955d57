"""What a release must hold at least: counts that the dataset declares, so that a silent loss fails the build.

`pub:expects` nodes of the dataset's description name a class (`pub:class`: its things in the default graph) or a source
(`pub:source`: the claims that have it as prov:hadPrimarySource) and the least number (`pub:atLeast`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

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


def check_expectations(dataset: Dataset, vouched: Iterable[ox.Triple], provenance: Iterable[ox.Triple]) -> None:
    """Compare the declared counts with those of the graphs. RefusedError names each shortfall."""
    found = {
        RDF["type"]: Counter(
            t.object.value for t in vouched if t.predicate == RDF["type"] and isinstance(t.object, ox.NamedNode)
        ),
        PROV["hadPrimarySource"]: Counter(
            t.object.value
            for t in provenance
            if t.predicate == PROV["hadPrimarySource"] and isinstance(t.object, ox.NamedNode)
        ),
    }
    problems = [
        Problem(
            "release.too-few",
            f"{found[predicate][iri]} of <{iri}>, where at least {least} are expected",
            "find what was lost, or lower pub:atLeast in the dataset's description",
            str(dataset.file),
        )
        for iri, predicate, least in expectations(dataset)
        if found[predicate][iri] < least
    ]
    if problems:
        raise RefusedError(problems)
