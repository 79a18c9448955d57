"""What a server's dataset says of itself: which release it holds, and where the release's graphs are.

Everything that kclod adds to a dataset lies in graphs whose names begin with `urn:kclod:`; readers do not see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import pyoxigraph as ox

from kclod.errors import Problem, UsageError
from kclod.rdf import RESULTS_JSON
from kclod.remote.asking import Client, Reply

OURS = "urn:kclod:"
"""The beginning of the names of all graphs that are kclod's own."""
POINTER = f"{OURS}published"
POINTER_NAMES = f"{OURS}published:graphs"
"""Each named graph of the release, as the subject of one triple."""
MARK = f"{OURS}publishing"
"""There while a release is being loaded; what is left of a publishing that was stopped is known by it."""
MARK_NAMES = f"{OURS}publishing:graphs"
DEFAULT = f"{OURS}default"
"""The default graph, on servers whose own is the union of all graphs."""
STAGED, STAGED_DEFAULT = f"{OURS}staging:graph:", f"{OURS}staging:default"
"""Where a release is loaded beside another one; the first is followed by the name that the graph will have."""
_TERM = f"{OURS}term:"
_BOOLEAN = b'"datatype": "http://www.w3.org/2001/XMLSchema#boolean", "value": "'
_REPAIRS = (
    (_BOOLEAN + b'1"', _BOOLEAN + b'true"'),
    (_BOOLEAN + b'0"', _BOOLEAN + b'false"'),
    (b'"type": "bnode", "value": "nodeID://', b'"type": "bnode", "value": "'),
)

Row = Mapping[str, ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]


class Layout(StrEnum):
    """Where the default graph is, and which named graphs a query sees."""

    OWN = "own"
    """The server has a default graph of its own, beside the named ones (Oxigraph, Fuseki)."""
    VISIBLE = "visible"
    """The default graph is `DEFAULT`; a query that names it still sees all named graphs (Virtuoso)."""
    LISTED = "listed"
    """The default graph is `DEFAULT`; a query that names it sees the named graphs that it lists (GraphDB, Neptune)."""


class State(StrEnum):
    """Whether a dataset may be read."""

    READY = "ready"
    SWITCHING = "switching"
    """Its graphs are being replaced, on a server where that is not one step."""


@dataclass(frozen=True, slots=True)
class Published:
    """The release in a dataset. `token` is another one each time; `beside` are graphs that are not the release's."""

    release: str
    token: str
    layout: Layout
    product: str
    beside: tuple[str, ...] = ()
    state: State = State.READY

    def statements(self) -> list[str]:
        """As the triples of the graph `POINTER`."""
        values = {
            "release": self.release,
            "token": self.token,
            "layout": self.layout,
            "product": self.product,
            "state": self.state,
        }
        said = [f"<{POINTER}> <{_TERM}{name}> {ox.Literal(value)}" for name, value in values.items()]
        return said + [f"<{POINTER}> <{_TERM}beside> <{graph}>" for graph in self.beside]

    def mark(self) -> str:
        """The triple that tells this publishing from all others."""
        return f"<{POINTER}> <{_TERM}token> {ox.Literal(self.token)}"

    def switching(self) -> Published:
        """The same while its graphs are replaced."""
        return replace(self, state=State.SWITCHING)


def read_published(client: Client, timeout: float, graph: str = POINTER) -> Published | None:
    """What a dataset says that it holds; None when it says nothing. AskError when it cannot be asked."""
    reply = client.ask(f"SELECT ?p ?o {{ GRAPH <{graph}> {{ <{POINTER}> ?p ?o }} }}", RESULTS_JSON.media_type, timeout)
    said: dict[str, list[str]] = {}
    for row in rows(reply):
        value = row["o"]
        if isinstance(value, ox.Literal | ox.NamedNode):
            said.setdefault(str(row["p"]).removeprefix(f"<{_TERM}").rstrip(">"), []).append(value.value)
    if not said:
        return None
    try:
        return Published(
            said["release"][0],
            said["token"][0],
            Layout(said["layout"][0]),
            said["product"][0],
            tuple(sorted(said.get("beside", ()))),
            State(said["state"][0]),
        )
    except (KeyError, ValueError):
        message, fix = f"what <{graph}> says of the published release is not whole", "run `kclod publish` again"
        raise UsageError(Problem("store.pointer", message, fix, item=client.address)) from None


def rows(reply: Reply) -> list[Row]:
    """The solutions of an answer in JSON; what is unbound is not there. UsageError when it is not well-formed."""
    try:
        found = ox.parse_query_results(repaired(reply.body), format=ox.QueryResultsFormat.JSON)
        if not isinstance(found, ox.QuerySolutions):
            return []
        names = [variable.value for variable in found.variables]
        return [{n: term for n, term in zip(names, row, strict=True) if term is not None} for row in found]
    except (SyntaxError, ValueError) as error:
        message = f"the answer is no SPARQL result: {error}"
        raise UsageError(Problem("store.answer", message, "check that the address is a SPARQL endpoint")) from None


def repaired(body: bytes) -> bytes:
    """Results in JSON as they should be: Virtuoso writes booleans as 1 and 0, and blank nodes as addresses.

    What is looked for cannot be part of a string, in which quotation marks are escaped.
    """
    for wrong, right in _REPAIRS:
        if wrong in body:
            body = body.replace(wrong, right)
    return body


def hidden(graph: str, beside: Iterable[str]) -> bool:
    """Whether readers of the release do not see a graph of this name."""
    return graph.startswith(OURS) or graph in beside


def listed(names: Sequence[str]) -> str:
    """IRIs as SPARQL writes a list of them."""
    return " ".join(f"<{name}>" for name in names)
