"""Terms as a person types them at a prompt, and written so that they can be typed again."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pyoxigraph as ox

from kclod.errors import Problem, UsageError
from kclod.rdf import Term
from kclod.vocab import OWL, RDF, RDFS, XSD

STANDARD = {"rdf": RDF, "rdfs": RDFS, "owl": OWL, "xsd": XSD}
"""Prefixes that are known even where the content declares none; the content's own come before them."""
_LITERAL = re.compile(r"""["']|[+-]?\.?[0-9]|(true|false)$""")


def known_prefixes(prefixes: Mapping[str, str]) -> dict[str, str]:
    """The declared prefixes and the standard ones."""
    return {**STANDARD, **prefixes}


def read_triple(subject: str, predicate: str, value: str, prefixes: Mapping[str, str]) -> ox.Triple:
    """Three terms as typed → a triple. UsageError lists every one that cannot be read, or stands in a wrong place.

    An IRI is written with or without `<>`, or as `prefix:name`, which is the prefix's namespace followed by the name
    as it is (as in CURIE Syntax 1.0, so a name may hold a slash); a literal as in Turtle (RDF 1.1 Turtle, section
    2.5); `a` is rdf:type as the predicate.
    """
    problems: list[Problem] = []
    terms: list[Term] = []
    for role, text in (("subject", subject), ("predicate", predicate), ("object", value)):
        try:
            term = RDF["type"] if (role, text) == ("predicate", "a") else _term(text.strip(), known_prefixes(prefixes))
        except UsageError as error:
            problems.extend(error.problems)
            continue
        if role != "object" and not isinstance(term, ox.NamedNode):
            problems.append(_problem("place", text, f"a literal cannot be the {role}", "give an IRI"))
        terms.append(term)
    if problems:
        raise UsageError(problems)
    s, p, o = terms
    return ox.Triple(s, p, o)  # type: ignore[arg-type]  # the loop let only IRIs pass as subject and predicate


def typed(term: Term, prefixes: Mapping[str, str]) -> str:
    """A term as `read_triple` reads it: the shortest `prefix:name`, else `<IRI>`, else a literal of N-Triples."""
    if not isinstance(term, ox.NamedNode):
        return str(term)
    names = [
        f"{prefix}:{term.value.removeprefix(namespace)}"
        for prefix, namespace in known_prefixes(prefixes).items()
        if term.value.startswith(namespace) and term.value != namespace
    ]
    return min(names, key=lambda name: (len(name), name), default=str(term))


def _term(text: str, prefixes: Mapping[str, str]) -> Term:
    if text.startswith("_:"):
        raise UsageError(_problem("blank-node", text, "a blank node has no name to ask for", "ask for an IRI"))
    if _LITERAL.match(text):
        return _literal(text, prefixes)
    prefix, colon, name = text.partition(":")
    if text.startswith("<") and text.endswith(">"):
        iri = text[1:-1]
    elif colon and prefix in prefixes:
        iri = prefixes[prefix] + name
    elif colon and (name.startswith("//") or prefix == "urn"):
        iri = text
    else:
        known = ", ".join(f"{each}:" for each in sorted(prefixes))
        message = f"the prefix {prefix}: is not declared" if colon else "neither an IRI nor a literal"
        raise UsageError(
            _problem("term", text, message, f'give <IRI>, "text"@en, or a name with one of the prefixes {known}')
        )
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise UsageError(_problem("iri", text, str(error), "give an absolute IRI")) from None


def _literal(text: str, prefixes: Mapping[str, str]) -> ox.Literal:
    declarations = "".join(f"@prefix {prefix}: <{namespace}> . " for prefix, namespace in prefixes.items())
    try:
        found = list(ox.parse(f"{declarations}<urn:s> <urn:p> {text} .", ox.RdfFormat.TURTLE))
    except SyntaxError:
        found = []
    if len(found) != 1 or not isinstance(found[0].object, ox.Literal):
        raise UsageError(
            _problem(
                "literal", text, "not well-formed", 'write it as in Turtle: "text", "text"@en, "1"^^xsd:decimal, 1'
            )
        )
    return found[0].object


def _problem(rule: str, text: str, message: str, fix: str) -> Problem:
    return Problem(f"explain.{rule}", message, fix, item=text)
