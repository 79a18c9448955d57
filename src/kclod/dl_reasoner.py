"""Ask HermiT or Pellet of Owlready2: `python -m kclod.dl_reasoner (check|infer|explain) FILE JAVA`.

HermiT answers `check`, whether all is consistent, and `infer`, what follows as well; Pellet answers `explain`.

A process of its own, not a module to import: Owlready2 keeps the path of Java and a default world as global state,
waits for Java without end, and leaves its copy of the ontology behind in TMPDIR when that is inconsistent. Whoever
starts this process gives it a folder of its own as TMPDIR and ends its process group when time is up.

FILE is N-Triples. On standard output stands one JSON object, an `Answer`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

import owlready2
import pyoxigraph as ox

_OWL = "http://www.w3.org/2002/07/owl#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_NOTHING = _OWL + "Nothing"

_GIVEN = "urn:kclod:given#"  # Owlready2 wants a name for what it is given
# An unsatisfiable class that HermiT has to find. When it cannot read a file it says so and ends as if all were well,
# which Owlready2 takes for consistent.
_WITNESS = _GIVEN + "Witness"

# The relations that HermiT prints
_PREDICATES = {
    "Type": _RDF + "type",
    "SubClassOf": _RDFS + "subClassOf",
    "SubObjectPropertyOf": _RDFS + "subPropertyOf",
    "SubDataPropertyOf": _RDFS + "subPropertyOf",
    "EquivalentClasses": _OWL + "equivalentClass",
    "EquivalentObjectProperties": _OWL + "equivalentProperty",
    "EquivalentDataProperties": _OWL + "equivalentProperty",
}
# One a line. Lines on the inverse of a property, which have more than names, are left out.
_RELATION = re.compile(rf"^({'|'.join(_PREDICATES)})\( ((?:<[^>]+> )+)\)$", re.MULTILINE)


class Answer(TypedDict, total=False):
    """What the process reports: `consistent` and what belongs to it, or else `failure` or `no_java`.

    `unsatisfiable` are IRIs, `found` triples of IRIs, stated or inferred, both sorted, only of HermiT, and the latter
    whole only for `infer`; `explanation` is only of Pellet and may be empty. `failure` is what Java said, `no_java` why
    Java could not be started.
    """

    consistent: bool
    unsatisfiable: list[str]
    found: list[tuple[str, str, str]]
    explanation: str
    failure: str
    no_java: str


def load(file: Path) -> owlready2.World:
    """A world of its own that holds the triples of an N-Triples file, every literal in its lexical form.

    Owlready2's parser is not used: it turns numbers into Python's, so that a decimal is rounded to a double, an
    integer beyond 64 bits or an ill-formed one ends in an error, and INF comes out as `inf`, which XSD does not have.
    """
    world = owlready2.World()
    given = world.get_ontology(_GIVEN)
    blank: dict[str, int] = {}

    def node(term: ox.NamedNode | ox.BlankNode | ox.Triple) -> int:
        match term:
            case ox.NamedNode():
                return int(world._abbreviate(term.value))
            case ox.BlankNode():
                if term.value not in blank:
                    blank[term.value] = world.new_blank_node()
                return blank[term.value]
            case _:
                raise TypeError("OWL has no triple terms")

    given._add_obj_triple_spo(*map(world._abbreviate, (_WITNESS, _RDFS + "subClassOf", _NOTHING)))
    for quad in ox.parse(path=file, format=ox.RdfFormat.N_TRIPLES):
        subject, predicate, value = node(quad.subject), node(quad.predicate), quad.object
        if isinstance(value, ox.Literal):
            datatype = f"@{value.language}" if value.language else world._abbreviate(value.datatype.value)
            given._add_data_triple_spod(subject, predicate, value.value, datatype)
        else:
            given._add_obj_triple_spo(subject, predicate, node(value))
    return world


# What HermiT is to do, as its command line has it: classify the classes, for which it looks at the consistency of all
# first; and classify object and data properties, and tell the classes of individuals.
_CLASSES = ("-c",)
_ALL = ("-c", "-O", "-D", "-I")


def ask_hermit(world: owlready2.World, wanted: tuple[str, ...]) -> Answer:
    """Whether the world is consistent, and if so which classes are unsatisfiable and what HermiT finds of the `wanted`.

    HermiT is started from here: Owlready2's function for it always asks for all, three quarters of whose time go into
    properties. Its own words are read, not what Owlready2 makes of them in the world: there, a class that is also an
    individual (OWL 2 punning) becomes of the type of its superclasses, and when unsatisfiable, the same as owl:Nothing.
    """
    with tempfile.NamedTemporaryFile(suffix=".nt") as given:
        world.save(given, format="ntriples")
        given.flush()
        jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
        java = [owlready2.JAVA_EXE, f"-Xmx{owlready2.reasoning.JAVA_MEMORY}M", "-cp", f"{jar.parent}{os.pathsep}{jar}"]
        hermit = ["org.semanticweb.HermiT.cli.CommandLine", *wanted, "--ignoreUnsupportedDatatypes"]
        command = [*java, *hermit, f"file://{given.name}"]
        done = subprocess.run(  # noqa: S603  # the command is made here, of paths and constants
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False
        )
    output = done.stdout
    if done.returncode != 0:
        return Answer(consistent=False) if "Inconsistent ontology" in output else Answer(failure=output)
    relations = [(name, re.findall("<([^>]+)>", terms)) for name, terms in _RELATION.findall(output)]
    empty = {each for name, terms in relations if name == "EquivalentClasses" and _NOTHING in terms for each in terms}
    if _WITNESS not in empty:
        return Answer(failure=output)
    found = {
        (first, _PREDICATES[name], second)
        for name, terms in relations
        for first, second in (itertools.permutations(terms, 2) if name.startswith("Equivalent") else [terms])
        if not any(term in empty or term.startswith(_OWL) for term in (first, second))
    }
    return Answer(consistent=True, unsatisfiable=sorted(empty - {_WITNESS, _NOTHING}), found=sorted(found))


def ask_pellet(world: owlready2.World) -> Answer:
    """Whether the world is consistent, and if not, the axioms that contradict each other, one a line."""
    try:
        owlready2.sync_reasoner_pellet(world, debug=2)  # at 2 it explains
    except owlready2.OwlReadyInconsistentOntologyError as error:
        found = re.search(r"Explanation\(s\):\s*(.*?)\s*(?:\n\s*\n|\Z)", str(error), re.DOTALL)
        lines = [line.strip() for line in found[1].splitlines()] if found else []
        return Answer(consistent=False, explanation="\n".join(re.sub(r"^\d+\)\s+", "", line) for line in lines))
    return Answer(consistent=True)


def main(question: str, file: str, java: str) -> None:
    """Ask and report."""
    owlready2.JAVA_EXE = java
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Owlready2 may print
            world = load(Path(file))
            match question:
                case "check":
                    answer = ask_hermit(world, _CLASSES)
                case "infer":
                    answer = ask_hermit(world, _ALL)
                case _:
                    answer = ask_pellet(world)
    except owlready2.OwlReadyJavaError as error:
        answer = Answer(failure=str(error).removeprefix("Java error message is:"))
    except OSError as error:
        if error.filename != java:
            raise
        answer = Answer(no_java=error.strerror or str(error))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
