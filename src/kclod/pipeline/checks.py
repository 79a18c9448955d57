"""Stages that may refuse the data, and what they find as problems at the records that are at fault."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from kclod import shacl
from kclod.consistency import check_consistency
from kclod.errors import Problem, RefusedError
from kclod.pipeline.places import Places
from kclod.rdf import Statement, has_blank_node, triples_from
from kclod.reason import Clash, Inference, infer


def reason(data: Collection[Statement], ontology: Collection[Statement], places: Places) -> Inference:
    """What follows by the ontology's axioms. RefusedError when the data contradict them, by OWL 2 RL or by HermiT."""
    inference = infer(data, ontology, hidden=True)
    if inference.clashes:
        raise RefusedError(problem for clash in inference.clashes for problem in clash_problems(clash, places))
    consistency = check_consistency(triples_from(data), triples_from(ontology))
    if not consistency.consistent:
        raise RefusedError(
            Problem(
                "reason.inconsistent",
                f"HermiT finds the data and the ontology inconsistent. {consistency.explanation}".strip(),
                "find the record that contradicts an axiom of ontology/",
            )
        )
    if consistency.unsatisfiable:
        raise RefusedError(
            Problem("reason.unsatisfiable", f"<{iri}> can have no instance", "correct its axioms in ontology/")
            for iri in consistency.unsatisfiable
        )
    return inference


def clash_problems(clash: Clash, places: Places) -> list[Problem]:
    """A clash as problems: one for each record that takes part, or one without a place."""
    message, fix = f"{clash.message} [{'; '.join(clash.statements)}]", "correct the record, or the axiom"
    found = places.of_statements(clash.statements) or sorted(
        {
            place
            for statement in clash.statements
            for term in statement.split(" ", 2)[::2]
            if term.startswith("<") and (place := places.of_thing(term[1:-1]))
        }
    )
    if not found:
        return [Problem(f"reason.{clash.rule}", message, fix)]
    return [Problem(f"reason.{clash.rule}", message, fix, file, line) for file, line in found]


def validate(
    data: Iterable[Statement], shapes: Sequence[Path], ontology: Iterable[Statement], places: Places
) -> shacl.Report:
    """Check by the shapes. RefusedError names focus node, shape and record of every violation.

    Results of severity sh:Warning and sh:Info stand in the report and do not refuse the data.
    """
    report = shacl.validate(triples_from(data), shapes, extra=triples_from(ontology))
    problems = [result_problem(result, places) for result in report.results if result.severity.endswith("#Violation")]
    if problems:
        raise RefusedError(problems)
    return report


def remarks(report: shacl.Report, places: Places) -> list[str]:
    """Results that are no violations, and what is odd about the shapes, such as one that looked at nothing."""
    return [str(result_problem(result, places)) for result in report.results] + [str(w) for w in report.warnings]


def result_problem(result: shacl.Result, places: Places) -> Problem:
    """A validation result as a problem, at the record that states the value, else at that of the focus node."""
    value = result.value if result.value is None or result.value.startswith(('"', "_:")) else f"<{result.value}>"
    stated = f"<{result.focus}> <{result.path}> {value}"
    found = places.of_statements([stated]) if value and not has_blank_node(stated) else []
    file, line = found[0] if found else places.of_thing(result.focus) or (None, None)
    about = [f"focus node {result.focus}"]
    if result.path:
        about.append(f"path {result.path}")
    if result.value:
        about.append(f"value {result.value}")
    about.append(f"shape {result.owner}")
    about.append(result.constraint.rsplit("#", 1)[-1])
    message = f"{result.message or 'the constraint does not hold'} ({', '.join(about)})"
    return Problem("validate.shape", message, "correct the record", file, line)
