"""An explanation as an indented tree, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
from rich.console import Console
from rich.text import Text

from kclod.errors import Problem, RefusedError
from kclod.evidence.show import visible
from kclod.explanation.terms import known_prefixes, typed
from kclod.explanation.trace import ASSERTED, Explanation, Source
from kclod.explanation.words import RULE_WORDS
from kclod.rdf import Term
from kclod.site import Site
from kclod.vocab import RDF
from kclod.web.things.labels import Labels
from kclod.web.things.reader import Claim, Evidence

_LANGUAGE = "en"
_NAMED = 10
"""Other values that a refusal names; it counts the rest."""


def show_explanation(explanation: Explanation, store: ox.Store, site: Site, console: Console) -> None:
    """Print why a triple holds, down to claims, evidence and graphs.

    Every IRI is written as `read_triple` reads it, with its label; an anonymous list or class as in Turtle.
    What is used twice is explained once.
    RefusedError when the release neither states nor implies the triple.
    """
    teller = _Teller(explanation, site, store, Labels(store, known_prefixes(site.prefixes)))
    if not explanation.found:
        raise RefusedError(teller.refusal())
    for depth, line in teller.lines():
        console.print(Text("  " * depth).append_text(line), soft_wrap=True)


class _Teller:
    def __init__(self, explanation: Explanation, site: Site, store: ox.Store, labels: Labels) -> None:
        self._of, self._prefixes, self._store, self._labels = explanation, site.prefixes, store, labels

    def lines(self) -> Iterator[tuple[int, Text]]:
        """Depth and text of each line. With a stack of its own: proofs can be deeper than Python's recursion."""
        goal = self._of.triple
        yield 0, self._triple(goal)
        yield 1, Text(self._verdict(), "italic")
        if not self._of.asserted:
            yield from ((1, line) for line in self._sources(goal))
        told: set[ox.Triple] = set()
        stack = [(1, "", goal)]
        while stack:
            depth, part, triple = stack.pop()
            step = self._of.steps.get(triple)
            if part:
                again = ("  (see above)", "dim") if triple in told else ""
                yield depth, Text.assemble((f"{part}: ", "cyan"), self._triple(triple), again)
            if step is None or triple in told:
                continue
            told.add(triple)
            below = depth + 1 if part else depth
            if step.rule == ASSERTED:
                yield from ((below, line) for line in self._sources(triple))
                continue
            yield (
                below,
                Text.assemble("by ", (step.rule, "bold"), f": {RULE_WORDS.get(step.rule, 'a rule of OWL 2 RL')}"),
            )
            parts = [("axiom", each) for each in step.axiom] + [("premise", each) for each in step.premises]
            stack.extend((below + 1, name, each) for name, each in reversed(parts))

    def refusal(self) -> Problem:
        """What is said instead, where a triple is neither stated nor implied."""
        others = [typed(term, self._prefixes) for term in self._of.others]
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        message = "the release neither states nor implies this"
        if others:
            message += f"; of this subject and predicate it has {', '.join(others[:_NAMED])}{more}"
            fix = "ask for one of these"
        else:
            message += ", nor any other value of this subject and predicate"
            fix = "check the spelling of subject and predicate"
        t = self._of.triple
        item = " ".join(typed(term, self._prefixes) for term in (t.subject, t.predicate, t.object))
        return Problem("explain.unknown", visible(message), fix, item=visible(item))

    def _verdict(self) -> str:
        if self._of.asserted:
            return "asserted"
        if not self._of.steps:
            return "stated, but not vouched for: the default graph does not have it"
        return "inferred" if self._of.vouched else "follows, but is not published: the default graph does not have it"

    def _sources(self, triple: ox.Triple) -> Iterator[Text]:
        sources = self._of.sources[triple]
        for source in sources:
            yield self._claim(source, source.claim) if source.claim else self._graph(source)
        if not sources and triple in self._of.steps and self._of.steps[triple].rule == ASSERTED:
            yield Text("stated in the default graph, and in no graph with a name")

    def _graph(self, source: Source) -> Text:
        name = f"{source.role} graph" if source.role else "graph"
        return Text.assemble(f"stated in the {name} ", self._term(source.graph))

    def _claim(self, source: Source, claim: Claim) -> Text:
        line = Text.assemble("stated by claim ", self._term(source.graph), " from ", self._term(claim.source))
        for evidence in claim.evidence:
            line.append(f" · {_position(evidence)}")
        for predicate, value in claim.details:
            name = self._labels.of_term(predicate.value, _LANGUAGE).text
            line.append(f" · {visible(name)}: ", "cyan").append(visible(self._value(value)))
        if not source.accepted:
            line.append(" · not vouched for", "yellow")
        return line

    def _value(self, term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            return self._labels.of(term.value, _LANGUAGE).text
        return term.value if isinstance(term, ox.Literal) else str(term)

    def _triple(self, triple: ox.Triple) -> Text:
        terms = (triple.subject, triple.predicate, triple.object)
        return Text("  ").join(self._term(term) for term in terms)

    def _term(self, term: Term) -> Text:
        if isinstance(term, ox.BlankNode):
            return Text(visible(self._anonymous(term, frozenset())), "bold")
        text = Text(visible(typed(term, self._prefixes)), "bold")
        if isinstance(term, ox.NamedNode):
            label = self._labels.of(term.value, _LANGUAGE)
            if label.given:
                text = Text.assemble(text, (f" ({visible(label.text)})", "dim"))
        return text

    def _anonymous(self, term: Term, within: frozenset[Term]) -> str:
        """A blank node by what is said of it, as in RDF 1.1 Turtle, sections 2.7 and 2.8; by its label in a circle."""
        if not isinstance(term, ox.BlankNode) or term in within:
            return typed(term, self._prefixes)
        within |= {term}
        members: list[Term] = []
        rest: Term | None = term
        passed: set[Term] = set()
        while rest is not None and rest not in passed and (first := self._value_of(rest, RDF["first"])) is not None:
            passed.add(rest)
            members.append(first)
            rest = self._value_of(rest, RDF["rest"])
        if members and rest == RDF["nil"]:
            return f"( {' '.join(self._anonymous(member, within) for member in members)} )"
        said = {(quad.predicate, quad.object) for quad in self._store.quads_for_pattern(term, None, None, None)}
        told = sorted(f"{typed(p, self._prefixes)} {self._anonymous(o, within)}" for p, o in said)
        return f"[ {' ; '.join(told)} ]" if told else typed(term, self._prefixes)

    def _value_of(self, node: Term, predicate: ox.NamedNode) -> Term | None:
        if not isinstance(node, ox.NamedNode | ox.BlankNode):
            return None
        quad = next(self._store.quads_for_pattern(node, predicate, None, None), None)
        return quad.object if quad else None


def _position(evidence: Evidence) -> str:
    if evidence.start is None or evidence.end is None:
        return "no position"
    return f"characters {evidence.start}–{evidence.end}"
