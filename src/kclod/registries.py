"""The outside registries that a dataset links to, as `dataset.ttl` declares them: their identifier schemes.

A registry is a `void:Dataset` that the dataset names by `pub:registry`; the terms are those of ontology/publisher.ttl.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation

import pyoxigraph as ox

from kclod.check_digits import CHECKS
from kclod.errors import Problem, RefusedError
from kclod.project import Dataset, Description, labels_of
from kclod.schemes import HOLE, Scheme
from kclod.site import SEGMENT
from kclod.vocab import DCT, FOAF, PUB


def read_schemes(dataset: Dataset, ontology: Iterable[ox.Triple]) -> tuple[Scheme, ...]:
    """The identifier schemes of the registries that the dataset declares, ordered by name.

    `ontology` holds the concepts of the schemes with their labels. RefusedError lists what is missing or malformed.
    """
    about, labels = Description(dataset.triples), labels_of(ontology)
    problems: list[Problem] = []
    schemes: dict[str, Scheme] = {}
    for registry in sorted(about.values(dataset.iri, PUB["registry"])):
        concept = about.value(registry, PUB["identifierScheme"]) or ""
        scheme = Scheme(
            name=concept.rstrip("/").rpartition("/")[2].rpartition("#")[2],
            iri=concept,
            registry=registry,
            labels=labels.get(concept, {}),
            titles=about.texts(registry, DCT["title"]),
            pattern=about.value(registry, PUB["identifierPattern"]) or "",
            template=about.value(registry, PUB["identifierTemplate"]),
            others=tuple(sorted(about.values(registry, PUB["otherTemplate"]))),
            check=about.value(registry, PUB["checkDigits"]),
            homepage=about.value(registry, FOAF["homepage"]),
            same_from=about.value(registry, PUB["sameAsFrom"]),
        )
        faults = [*_faults(scheme), *(["its scheme is another registry's too"] if scheme.name in schemes else [])]
        problems += [Problem("dataset.registry", f, "correct it", str(dataset.file), item=registry) for f in faults]
        schemes[scheme.name] = scheme
    if problems:
        raise RefusedError(problems)
    return tuple(schemes[name] for name in sorted(schemes))


def _faults(scheme: Scheme) -> Iterator[str]:
    if not SEGMENT.fullmatch(scheme.name):
        yield f"pub:identifierScheme <{scheme.iri}> does not end in a name that can stand in an address"
    if not scheme.labels:
        yield f"the scheme <{scheme.iri}> has no label"
    if not scheme.titles:
        yield "no dct:title"
    if not scheme.pattern:
        yield "no pub:identifierPattern"
    try:
        re.compile(scheme.pattern)
    except re.error as error:
        yield f"pub:identifierPattern {scheme.pattern!r} is no regular expression: {error}"
    for template in (scheme.template, *scheme.others):
        if template is not None and (template.count(HOLE) != 1 or not template.startswith(("http://", "https://"))):
            yield f"the template {template!r} is no web address with {HOLE} once"
    if scheme.check is not None and scheme.check not in CHECKS:
        yield f"pub:checkDigits {scheme.check!r} is none of {', '.join(sorted(CHECKS))}"
    if scheme.same_from is not None:
        try:
            between = 0 <= Decimal(scheme.same_from) <= 1
        except InvalidOperation:
            between = False
        if not between:
            yield f"pub:sameAsFrom {scheme.same_from!r} is no number from 0 to 1"
