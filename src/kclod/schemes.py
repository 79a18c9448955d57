"""Identifier schemes: how the identifiers of outside registries are written, checked and turned into IRIs.

Which schemes there are, the content declares (`registries` reads that); a release carries them in its `site.json`, so
that a site can read identifiers without the project that it was built from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

import pyoxigraph as ox

from kclod.check_digits import CHECKS

HOLE = "{id}"
"""Where a template takes the value: a simple expression of RFC 6570, section 3.2.2."""
_WEB = re.compile(r"^https?://(www\.)?", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s-]+")
_REST = re.compile(r"[/?#].*", re.DOTALL)
"""What may follow the identifier in the address of a page: a title, a query, a fragment."""


@dataclass(frozen=True)
class Scheme:
    """How the identifiers of a registry are written.

    `name` stands in addresses; `iri` is the concept that `schema:propertyID` names; `registry` is the IRI of the
    registry's description; `labels` name the identifier and `titles` the registry, by language ("" for none).
    `template` gives the IRI of a record, if the registry has IRIs: it holds `{id}` where the value goes. `others` are
    templates of further addresses of the same record. `pattern` is a regular expression (of Python's `re`) that the
    whole value matches, `check` names an algorithm of `check_digits`. `same_from`: the confidence from which on exact
    matches are published as owl:sameAs too; None: never.
    """

    name: str
    iri: str
    registry: str
    labels: Mapping[str, str]
    titles: Mapping[str, str]
    pattern: str
    template: str | None = None
    others: tuple[str, ...] = ()
    check: str | None = None
    homepage: str | None = None
    same_from: str | None = None

    def iri_of(self, value: str) -> str | None:
        """The IRI of the record that has this value; None where the registry has no IRIs."""
        return self.template.replace(HOLE, quote(value, safe="")) if self.template else None

    def value_at(self, iri: str) -> str | None:
        """The value in the IRI of a record, exactly as the registry writes IRIs; None for any other IRI."""
        if self.template is None:
            return None
        head, _, tail = self.template.partition(HOLE)
        if not (iri.startswith(head) and iri.endswith(tail) and len(iri) > len(head) + len(tail)):
            return None
        value = unquote(iri[len(head) : len(iri) - len(tail)])
        return value if self.iri_of(value) == iri else None

    def value_of(self, text: str) -> str | None:
        """The value that a person may mean: written alone or as an address, with separators or in the other case.

        None where the text cannot be an identifier of this scheme.
        """
        text = text.strip()
        inside = (_inside(template, text) for template in (self.template, *self.others) if template)
        for value in (*filter(None, inside), text):
            for spelling in dict.fromkeys((value, _SEPARATORS.sub("", value))):
                for cased in dict.fromkeys((spelling, spelling.lower(), spelling.upper())):
                    if self.fault(cased) is None:
                        return cased
        return None

    def fault(self, value: str) -> str | None:
        """What is wrong with a value; None when its form and check digits are right."""
        if not re.fullmatch(self.pattern, value):
            return f"{value!r} is not of the form {self.pattern}"
        if self.check and not CHECKS[self.check](value):
            return f"the check digits of {value!r} are wrong (by {self.check})"
        return None


@dataclass(frozen=True)
class Linkset:
    """The links of one predicate to the registry of a scheme (VoID, section 5): how many, of and to how many things."""

    scheme: Scheme
    predicate: ox.NamedNode
    triples: int
    subjects: int
    objects: int


def _inside(template: str, text: str) -> str | None:
    """What stands in the template's hole; http or https, `www.` and what follows the identifier make no difference."""
    head, _, tail = template.partition(HOLE)
    head, bare, tail = _WEB.sub("", head), _WEB.sub("", text), tail.rstrip("/")
    if bare == text or not bare.lower().startswith(head.lower()):
        return None
    value, found, _ = bare[len(head) :].partition(tail) if tail else (_REST.sub("", bare[len(head) :]), True, "")
    return unquote(value) if found and value else None


def scheme_at(schemes: Iterable[Scheme], iri: str) -> tuple[Scheme, str] | None:
    """The scheme by whose template an IRI is made, and the value in it; the longest template where several fit."""
    found = [(scheme, value) for scheme in schemes if (value := scheme.value_at(iri)) is not None]
    return max(found, key=lambda pair: len(pair[0].template or ""), default=None)


def recognise(schemes: Iterable[Scheme], address: str) -> tuple[Scheme, str] | None:
    """The scheme and value of a record's address as people paste it, such as that of its web page."""
    if not _WEB.match(address.strip()):
        return None
    found = ((scheme, scheme.value_of(address)) for scheme in schemes if scheme.template or scheme.others)
    return next(((scheme, value) for scheme, value in found if value is not None), None)


def identifier_iri(base_iri: str, scheme: str, value: str) -> str:
    """The IRI of an identifier as a thing of the dataset (schema:PropertyValue), by the scheme's name and the value."""
    return f"{base_iri}id/identifier/{quote(scheme, safe='')}/{quote(value, safe='')}"


def identified_by(schemes: Iterable[Scheme], base_iri: str, iri: str) -> tuple[Scheme, str] | None:
    """The scheme and value of an identifier as a thing of the dataset: what `identifier_iri` made the IRI of."""
    for scheme in schemes:
        space = identifier_iri(base_iri, scheme.name, "")
        value = unquote(iri.removeprefix(space))
        if iri.startswith(space) and value and identifier_iri(base_iri, scheme.name, value) == iri:
            return scheme, value
    return None
