"""Names for the blank nodes of an ontology that are the same in every run, whatever a parser called them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from kclod.rdf import Statement


def stable_labels(statements: Iterable[Statement]) -> dict[str, str] | None:
    """Blank node → a name made from what is said of it; None when two of them cannot be told apart.

    Colours are refined until they tell no more nodes apart, which is all that can be told where blank nodes form trees,
    as in OWL 2 DL (Structural Specification, section 11.2). No RDF syntax has names such as these.
    """
    said = [statement.split(" ", 2) for statement in statements if "_:" in statement]
    said = [terms for terms in said if _is_blank(terms[0]) or _is_blank(terms[2])]
    colours = {term: "" for s, _, o in said for term in (s, o) if _is_blank(term)}
    kinds = 0
    while (found := len(set(colours.values()))) > kinds:
        kinds = found
        seen: dict[str, list[str]] = {node: [colour] for node, colour in colours.items()}
        for s, p, o in said:
            if s in seen:
                seen[s].append(f"> {p} {colours.get(o, o)}")
            if o in seen:
                seen[o].append(f"< {p} {colours.get(s, s)}")
        colours = {node: _digest(sorted(lines)) for node, lines in seen.items()}
    if len(set(colours.values())) < len(colours):
        return None
    return {node: f"_:!{colour}" for node, colour in colours.items()}


def relabelled(statements: Iterable[Statement], labels: dict[str, str]) -> list[Statement]:
    """The statements with other names for their blank nodes."""
    terms = (statement.split(" ", 2) for statement in statements)
    return [f"{labels.get(s, s)} {p} {labels.get(o, o)}" for s, p, o in terms]


def _is_blank(term: str) -> bool:
    return term.startswith("_:")


def _digest(lines: Iterable[str]) -> str:
    return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()
