"""Stages that may refuse the data, and what they find as problems at the records that are at fault."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from kclod import shacl
from kclod.consistency import start_consistency
from kclod.errors import Problem, RefusedError
from kclod.integrity import text_digest
from kclod.pipeline.places import Places
from kclod.rdf import Statement, has_blank_node
from kclod.reason import Clash, Inference, infer
from kclod.release import tool_versions
from kclod.signatures import consistency_input


def reason(data: Collection[Statement], ontology: Collection[Statement], places: Places) -> Inference:
    """What follows by the ontology's axioms (OWL 2 RL). RefusedError when the data contradict them by a rule."""
    inference = infer(data, ontology, hidden=True)
    if inference.clashes:
        raise RefusedError(problem for clash in inference.clashes for problem in clash_problems(clash, places))
    return inference


class ConsistencyCheck:
    """HermiT's look at the data, begun at once, in a process of its own, while other stages run.

    Of large data HermiT sees a selection; `note` is told of how many individuals. What it has found consistent is
    remembered by digest in a file, and not asked again.
    """

    def __init__(
        self, data: Collection[Statement], ontology: Collection[Statement], known: Path, note: Callable[[str], None]
    ) -> None:
        selection = consistency_input(data, ontology)
        self.saw_all = selection.is_whole
        if not selection.is_whole:
            note(f"HermiT looks at {selection}, at least one of each kind that it can tell apart at a glance")
        asked = "\n".join([*selection.statements, "", *ontology, *map(str, sorted(tool_versions().items()))])
        self._digest, self._known = text_digest(asked), known
        self._check = (
            None
            if self._digest in self._remembered()
            else start_consistency(selection.statements, ontology, timeout=_TIMEOUT)
        )

    def _remembered(self) -> list[str]:
        return self._known.read_text("ascii").split() if self._known.is_file() else []

    def __enter__(self) -> ConsistencyCheck:
        return self

    def __exit__(self, *error: object) -> None:
        if self._check is not None:
            self._check.__exit__(*error)

    def settle(self) -> None:
        """Wait for the answer. RefusedError: data and ontology cannot all be true, or a class can have no member."""
        if self._check is None:
            return
        answer = self._check.result()
        if not answer.consistent:
            raise RefusedError(
                Problem(
                    "reason.inconsistent",
                    f"HermiT finds the data and the ontology inconsistent. {answer.explanation}".strip(),
                    "find the record that contradicts an axiom of ontology/",
                )
            )
        if answer.unsatisfiable:
            raise RefusedError(
                Problem("reason.unsatisfiable", f"<{iri}> can have no instance", "correct its axioms in ontology/")
                for iri in answer.unsatisfiable
            )
        self._known.parent.mkdir(parents=True, exist_ok=True)
        self._known.write_text("\n".join([self._digest, *self._remembered()[:_REMEMBERED]]), "ascii")


_TIMEOUT = 600.0
"""Seconds that HermiT gets, while other stages take the processors as well."""
_REMEMBERED = 20
"""How many answers are remembered besides the newest."""


def clash_problems(clash: Clash, places: Places) -> list[Problem]:
    """A clash as problems: one for each record and link that takes part, or one without a place.

    Things that are the same go by one of their names in a clash; the links that make them the same are named.
    """
    message, fix = f"{clash.message} [{'; '.join(clash.statements)}]", "correct the record, or the axiom"
    iris = {term[1:-1] for s in clash.statements for term in s.split(" ", 2)[::2] if term.startswith("<")}
    found = places.of_statements(clash.statements) or sorted({p for iri in iris if (p := places.of_thing(iri))})
    same = places.of_identity(iris)
    if same:
        message += f"; {' and '.join(f'{s} at {file}:{line}' for s, (file, line) in sorted(same.items()))}"
        fix = "correct the link, the record, or the axiom"
        found = sorted({*found, *same.values()})
    if not found:
        return [Problem(f"reason.{clash.rule}", message, fix)]
    return [Problem(f"reason.{clash.rule}", message, fix, file, line) for file, line in found]


def validate(
    data: Iterable[Statement], shapes: Sequence[Path], ontology: Iterable[Statement], places: Places
) -> shacl.Report:
    """Check by the shapes. RefusedError names focus node, shape and record of every violation.

    Results of severity sh:Warning and sh:Info stand in the report and do not refuse the data.
    """
    return approved(shacl.validate(data, shapes, extra=ontology), places)


def approved(report: shacl.Report, places: Places) -> shacl.Report:
    """The report itself, unless it has violations: RefusedError names focus node, shape and record of each."""
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
