"""The store of a release as the site reads it, and the embedded one (pyoxigraph) that many processes open at once.

`kclod.remote` has the other kind: a SPARQL server that holds the release.
"""

from __future__ import annotations

import mmap
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, cast

import pyoxigraph as ox

from kclod.beside import Beside
from kclod.errors import Problem, UsageError
from kclod.rdf import DEFAULT_GRAPH, GraphName, Term
from kclod.vocab import RDF


class Quads(Protocol):
    """Quads that are looked up by pattern; `pyoxigraph.Store` is one."""

    def quads_for_pattern(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None,
        predicate: ox.NamedNode | None,
        object: Term | None,  # noqa: A002  # what RDF calls it
        graph_name: GraphName | None = None,
        /,
    ) -> Iterator[ox.Quad]:
        """The quads that match, read as they are taken; None matches everything, in a graph's place every graph."""
        ...


class Store(Quads, Protocol):
    """What the pages ask of a release's store."""

    def mentions(self, node: ox.NamedNode) -> bool:
        """Whether a node is the subject or object of a quad, or the name of a graph."""
        ...

    def predicates(self) -> Iterable[ox.NamedNode]:
        """Every property of the default graph, in any order."""
        ...

    def class_sizes(self) -> Mapping[str, int]:
        """Every class of the default graph by its IRI, with the number of its members."""
        ...

    def solutions(self, variables: str, where: str, rest: str = "") -> list[Mapping[str, Term]]:
        """The solutions of a SELECT over the default graph: what stands before, in and after its pattern."""
        ...

    def goes_beyond(self, graph: ox.NamedNode) -> bool:
        """Whether a named graph has a triple that the default graph lacks."""
        ...

    def count(self, predicate: ox.NamedNode, value: Term | None, graph: ox.DefaultGraph | None, most: int) -> int:
        """How many quads match, one more than `most` at most; of the default graph, or of all graphs."""
        ...


class Embedded:
    """The store of this process, as a `Store`."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.quads_for_pattern = store.quads_for_pattern  # itself, for it is asked thousands of times a page

    def mentions(self, node: ox.NamedNode) -> bool:
        """As `Store.mentions`."""
        patterns = ((node, None, None, None), (None, None, node, None), (None, None, None, node))
        return any(next(self.quads_for_pattern(*p), None) is not None for p in patterns)

    def predicates(self) -> Iterator[ox.NamedNode]:
        """As `Store.predicates`."""
        found = cast("ox.QuerySolutions", self._store.query("SELECT DISTINCT ?p { ?s ?p ?o }"))
        return (cast("ox.NamedNode", row["p"]) for row in found)

    def class_sizes(self) -> Mapping[str, int]:
        """As `Store.class_sizes`."""
        quads = self.quads_for_pattern(None, RDF["type"], None, DEFAULT_GRAPH)
        return Counter(quad.object.value for quad in quads if isinstance(quad.object, ox.NamedNode))

    def solutions(self, variables: str, where: str, rest: str = "") -> list[Mapping[str, Term]]:
        """As `Store.solutions`."""
        found = cast("ox.QuerySolutions", self._store.query(f"SELECT {variables} {{ {where} }} {rest}"))
        names = [variable.value for variable in found.variables]
        return [{n: term for n, term in zip(names, row, strict=True) if term is not None} for row in found]

    def goes_beyond(self, graph: ox.NamedNode) -> bool:
        """As `Store.goes_beyond`."""
        beyond = f"ASK {{ GRAPH {graph} {{ ?s ?p ?o }} FILTER NOT EXISTS {{ ?s ?p ?o }} }}"
        return bool(cast("ox.QueryBoolean", self._store.query(beyond)))

    def count(self, predicate: ox.NamedNode, value: Term | None, graph: ox.DefaultGraph | None, most: int) -> int:
        """As `Store.count`, counted in the store."""
        matching = f"?s {predicate} {'?o' if value is None else value}"
        where = matching if graph is not None else f"{{ {matching} }} UNION {{ GRAPH ?g {{ {matching} }} }}"
        query = f"SELECT (COUNT(*) AS ?n) {{ SELECT ?s {{ {where} }} LIMIT {most + 1} }}"
        found = cast("ox.QuerySolutions", self._store.query(query))
        return int(next(found)["n"].value)


def load_store(path: Path, dump: Path) -> None:
    """Make a store folder at `path` (which must not exist) of the quads of an N-Quads file, compacted for reading.

    Literals of numeric and date types are stored by value (`1.00` reads back as `1`), so anything that must keep the
    lexical form is written from the quads, not from the store. UsageError when the folder exists or cannot be written.
    """
    if path.exists():
        raise UsageError(
            Problem(
                "store.exists", "a store is made once and never changed", "name a folder that is not there", str(path)
            )
        )
    try:
        store = ox.Store(str(path))
        _load(store, dump)
        store.optimize()
        store.flush()
    except OSError as error:
        raise _unwritable(path, error) from None


def copy_store(old: Path, new: Path) -> ox.Store:
    """A store like another one that nobody changes any more, to be changed; what is large is shared by hard links.

    RocksDB writes its table files once and then only removes them, so that the old store stays as it is.
    """
    new.mkdir(parents=True)
    for file in old.iterdir():
        if file.suffix == ".sst":
            try:
                (new / file.name).hardlink_to(file)
                continue
            except OSError:  # another file system, or one without hard links
                pass
        shutil.copyfile(file, new / file.name)
    return ox.Store(str(new))


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        Problem("store.unwritable", f"cannot write the store: {error}", "check space and permissions", str(path))
    )


class Loading(Beside):
    """A store that is being made by a process of its own, while this one does something else."""

    def __init__(self, path: Path, dump: Path) -> None:
        super().__init__(_LOAD, path, dump)
        self.path = path

    def opened(self) -> ox.Store:
        """The store, once it is made, to be read and added to. UsageError when it could not be made."""
        if (failure := self.failure()) is not None:
            raise _unwritable(self.path, ChildProcessError(failure))
        return ox.Store(str(self.path))


_LOAD = "import sys, pathlib; from kclod.store import load_store; load_store(*map(pathlib.Path, sys.argv[1:]))"


def open_read_only(path: Path) -> ox.Store:
    """Open a store that `load_store` made; any number of processes may do so at once, and none can change it.

    UsageError when there is no such store or it cannot be read.
    """
    try:
        return ox.Store.read_only(str(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            Problem("store.unreadable", f"cannot open the store: {error}", "build the release again", str(path))
        ) from None


def store_in_memory(dump: Path) -> ox.Store:
    """A store in memory of the quads of an N-Quads file. It has no threads, and so survives a fork."""
    store = ox.Store()
    _load(store, dump)
    return store


def _load(store: ox.Store, dump: Path) -> None:
    """Load canonical N-Quads. A bulk load gives blank nodes other labels each time, so that those go another way."""
    if not dump.stat().st_size:
        return
    with dump.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        labels = text.find(b"_:") >= 0  # perhaps in a literal, which then costs nothing but time
    if labels:
        store.bulk_extend(ox.parse(path=str(dump), format=ox.RdfFormat.N_QUADS))
    else:
        store.bulk_load(path=str(dump), format=ox.RdfFormat.N_QUADS)


def memory_store(quads: Iterable[ox.Quad]) -> ox.Store:
    """A store in memory that holds the quads."""
    store = ox.Store()
    store.bulk_extend(quads)
    return store
