"""Puts a release on a server: loads it, compares what is there with what was sent, and only then has it read.

Into an empty dataset the graphs are loaded under their names; nobody reads it before the last request, which says what
is there. Where a release is published already, the next one is loaded beside it, under other names, and then takes its
place: in one transaction where the server has them; elsewhere the dataset says meanwhile that it is being changed, and
the site answers 503 rather than with something of both. Whatever was left by a publishing that was stopped is removed
by the next one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kclod.errors import Problem, RefusedError, UsageError
from kclod.release import Release
from kclod.remote.asking import Credentials
from kclod.remote.content import Graphs, as_datasets, as_updates, by_itself, in_parts, read_graphs
from kclod.remote.literals import altered
from kclod.remote.published import (
    DEFAULT,
    MARK,
    MARK_NAMES,
    OURS,
    POINTER,
    POINTER_NAMES,
    STAGED,
    STAGED_DEFAULT,
    Layout,
    Published,
    State,
    hidden,
    listed,
    read_published,
)
from kclod.remote.reading import graph_names_of
from kclod.remote.target import Target, Writer

Announce = Callable[[str], None]
_PROBE = f"{OURS}probe"
_NAMES = 2_000
_COUNTED = 100
_DROPPED = 200
_SHOWN = 20
_NO_BOUND = 10**9


@dataclass(frozen=True, slots=True)
class Done:
    """What was published: how many quads in how many named graphs, and what is worth knowing of it."""

    release: str
    quads: int
    named_graphs: int
    notes: tuple[str, ...]
    new: bool


def publish_to(
    release: Release, target: Target, secret: Credentials | None, *, timeout: float, announce: Announce, loaded: bool
) -> Done:
    """Publish a release to a dataset. `loaded` says that its graphs are there already, put there by other means.

    RefusedError when what is there is not what was sent: then the release that was published before still is, unless it
    was being replaced on a server without transactions. UsageError when the server refuses something or gives no
    answer, or the dataset holds things that are not kclod's and are in the way.
    """
    return _Publishing(release, Writer(target, secret, timeout), announce).run(loaded=loaded)


class _Publishing:
    def __init__(self, release: Release, writer: Writer, announce: Announce) -> None:
        self._release, self._writer, self._announce = release, writer, announce
        self._graphs = read_graphs(release)

    def run(self, *, loaded: bool) -> Done:
        announce, writer = self._announce, self._writer
        announce("look")
        before = read_published(writer.client, writer.timeout)
        mark = read_published(writer.client, writer.timeout, MARK)
        there = self._names_there()
        ours = {*self._listed(POINTER_NAMES), *self._listed(MARK_NAMES)}
        layout = before.layout if before else self._probe()
        beside = tuple(sorted(name for name in there if name not in ours and not hidden(name, ())))
        if loaded:
            beside = tuple(name for name in beside if name not in self._graphs)
        published = Published(self._release.version, secrets.token_hex(16), layout, writer.target.product, beside)
        left = [name for name in there if name.startswith((STAGED, STAGED_DEFAULT, _PROBE))]
        current = before is not None and not loaded and before == replace(published, token=before.token)
        if current and before is not None and not any(self._differences(before, self._placed(layout))):
            announce("clean")
            self._drop([*left, MARK_NAMES, MARK])
            return self._done(before, new=False)
        self._refuse_what_is_in_the_way(published, known=bool(before or mark or loaded))
        self._drop(left)
        if before is not None and before.state is State.READY and not loaded:
            self._say(MARK, published, MARK_NAMES)
            self._replace(before, published)
        else:
            if not loaded:
                # before the mark is changed, for it names what is removed here
                announce("clear")
                self._drop([name for name in there if name in ours or name == DEFAULT])
                if layout is Layout.OWN and (before or mark):
                    writer.update("DROP DEFAULT")
            self._say(MARK, published, MARK_NAMES)
            if not loaded:
                announce("load")
                self._load(self._placed(layout))
            self._verify(published, self._placed(layout))
            self._check_mark(published)
            self._say(POINTER, published, POINTER_NAMES)
        announce("clean")
        self._drop([MARK_NAMES, MARK])
        return self._done(published, new=True)

    def _done(self, published: Published, *, new: bool) -> Done:
        notes = tuple(altered(self._writer, self._placed(published.layout)))
        if published.beside:
            shown = ", ".join(published.beside[:_SHOWN])
            more = f" and {len(published.beside) - _SHOWN} more" if len(published.beside) > _SHOWN else ""
            notes = (
                f"graphs in the dataset that are not the release's, and that readers do not see: {shown}{more}",
                *notes,
            )
        quads = sum(map(len, self._graphs.values()))
        return Done(published.release, quads, len(self._graphs) - 1, notes, new)

    def _replace(self, before: Published, published: Published) -> None:
        """Load beside what is published, and put it in its place."""
        staged = {f"{STAGED}{name}" if name else STAGED_DEFAULT: s for name, s in self._graphs.items()}
        self._announce("load")
        self._load(staged)
        try:
            self._verify(published, staged, names=False)
        except RefusedError:
            self._drop([*staged, MARK_NAMES, MARK])
            raise
        self._check_mark(published)
        self._announce("switch")
        gone = set(self._listed(POINTER_NAMES)) - set(self._graphs)
        steps = list(_switching(published))
        if self._writer.target.atomic:
            self._writer.update(";\n".join(steps))
        else:
            self._writer.update(";\n".join(self._saying(POINTER, before.switching(), None)))
            for step in steps[:-1]:
                self._writer.update(step)
            self._verify(published, self._placed(published.layout))
            self._writer.update(steps[-1])
        if read_published(self._writer.client, self._writer.timeout) != published:
            raise self._other()
        self._announce("clean")
        self._drop([*staged, *gone])
        self._verify(published, self._placed(published.layout))

    def _probe(self) -> Layout:
        """What the server's default graph is, tried out."""
        writer = self._writer
        writer.update(f"INSERT DATA {{ GRAPH <{_PROBE}> {{ <{_PROBE}> <{_PROBE}> <{_PROBE}> }} }}")
        pattern = f"<{_PROBE}> <{_PROBE}> <{_PROBE}>"
        try:
            if not writer.ask(pattern):
                return Layout.OWN
            other = [("default-graph-uri", f"{OURS}nothing")]
            return Layout.VISIBLE if writer.ask(f"GRAPH ?g {{ {pattern} }}", other) else Layout.LISTED
        finally:
            writer.update(f"DROP SILENT GRAPH <{_PROBE}>")

    def _refuse_what_is_in_the_way(self, published: Published, *, known: bool) -> None:
        place = self._writer.target.query
        taken = [name for name in published.beside if name in self._graphs]
        if taken:
            message = f"graphs of these names are there, and kclod did not put them there: {', '.join(taken[:_SHOWN])}"
            fix = "publish to a dataset of its own, or drop them"
            raise UsageError(Problem("publish.taken", message, fix, item=place))
        if not known and published.layout is Layout.OWN and self._writer.ask("?s ?p ?o"):
            message = "the default graph is not empty, and kclod did not fill it"
            fix = "publish to a dataset of its own, or clear it"
            raise UsageError(Problem("publish.taken", message, fix, item=place))
        statements = [s for graph in self._graphs.values() for s in graph if by_itself([s])]
        if statements and self._writer.target.graph_store is None and self._writer.target.dataset is None:
            message = "the release has blank nodes, for which the server's Graph Store Protocol is needed"
            raise UsageError(Problem("publish.blank", message, "name its address (--graph-store)", item=place))

    def _placed(self, layout: Layout) -> Graphs:
        """The graphs under the names that they have in a dataset."""
        if layout is Layout.OWN:
            return self._graphs
        return {name or DEFAULT: statements for name, statements in self._graphs.items()}

    def _load(self, graphs: Graphs) -> None:
        writer = self._writer
        if writer.target.dataset is not None:
            for body in as_datasets(graphs):
                writer.load(body)
            return
        alone = {n for n, s in graphs.items() if n and writer.target.graph_store is not None and by_itself(s)}
        for name in alone:
            for number, part in enumerate(in_parts(graphs[name])):
                writer.put(name, part, more=number > 0)
        for text in as_updates({name: s for name, s in graphs.items() if name not in alone}):
            writer.update(text)

    def _verify(self, published: Published, graphs: Graphs, *, names: bool = True) -> None:
        """RefusedError when the graphs that are there are not those that were sent, each with as many triples."""
        self._announce("verify")
        problems = list(self._differences(published, graphs, names=names))
        if problems:
            raise RefusedError(problems)

    def _differences(self, published: Published, graphs: Graphs, *, names: bool = True) -> Iterator[Problem]:
        place = self._writer.target.query
        fix = "see what the server says of its loading, and run `kclod publish` again"
        wrong = 0
        for name, expected, found in self._counts(graphs):
            if found != expected:
                wrong += 1
                if wrong <= _SHOWN:
                    message = f"{name or 'the default graph'} has {found} triples, and should have {expected}"
                    yield Problem("publish.count", message, fix, item=place)
        if wrong > _SHOWN:
            yield Problem("publish.count", f"and {wrong - _SHOWN} more graphs", fix, item=place)
        if names:
            there = {n for n in self._names_there() if not hidden(n, published.beside)}
            more = sorted(there - set(graphs))
            if more:
                shown = ", ".join(more[:_SHOWN])
                yield Problem("publish.graphs", f"{len(more)} graphs are there besides: {shown}", fix, item=place)

    def _counts(self, graphs: Graphs) -> Iterator[tuple[str, int, int]]:
        if "" in graphs:
            yield "", len(graphs[""]), self._writer.number("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        for some in _some([name for name in graphs if name], _COUNTED):
            rows = self._writer.rows(
                f"SELECT ?g (COUNT(*) AS ?n) {{ VALUES ?g {{ {listed(some)} }} GRAPH ?g {{ ?s ?p ?o }} }} GROUP BY ?g"
            )
            found = {_value(row["g"]): int(_value(row["n"])) for row in rows if "g" in row}
            for name in some:
                yield name, len(graphs[name]), found.get(name, 0)

    def _names_there(self) -> list[str]:
        """The names of all graphs of the dataset."""
        found: list[str] = []
        while True:
            later = f'FILTER(STR(?g) > "{found[-1]}")' if found else ""
            rows = self._writer.rows(
                f"SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p ?o }} {later} }} ORDER BY STR(?g) LIMIT {_NAMES}"
            )
            found.extend(_value(row["g"]) for row in rows)
            if len(rows) < _NAMES:
                return found

    def _listed(self, graph: str) -> list[str]:
        return graph_names_of(self._writer.rows, graph, _NO_BOUND)

    def _check_mark(self, published: Published) -> None:
        """Nobody else may have begun to publish meanwhile."""
        if read_published(self._writer.client, self._writer.timeout, MARK) != published:
            raise self._other()

    def _other(self) -> RefusedError:
        message, fix = "another `kclod publish` has begun here since this one did", "run one at a time"
        return RefusedError(Problem("publish.other", message, fix, item=self._writer.target.query))

    def _say(self, graph: str, published: Published, names: str) -> None:
        for text in self._saying(graph, published, names):
            self._writer.update(text)

    def _saying(self, graph: str, published: Published, names: str | None) -> Iterator[str]:
        """Updates that have a graph tell of a release; which graphs there are comes first, for it is read second."""
        if names is not None:
            yield f"DROP SILENT GRAPH <{names}>"
            yield from as_updates({names: [f"<{name}> <{OURS}is> <{OURS}graph>" for name in self._graphs if name]})
        yield f"DELETE WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
        yield from as_updates({graph: published.statements()})

    def _drop(self, names: Sequence[str]) -> None:
        virtuoso = self._writer.target.product == "virtuoso"  # it has no empty graphs, and takes its time for a DROP
        for some in _some(names, _DROPPED):
            if virtuoso:
                graphs = f"VALUES ?g {{ {listed(some)} }} GRAPH ?g {{ ?s ?p ?o }}"
                self._writer.update(f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ {graphs} }}")
            else:
                self._writer.update(";\n".join(f"DROP SILENT GRAPH <{name}>" for name in some))


def _switching(published: Published) -> Iterator[str]:
    """Updates that put what is staged in the place of what is published; the last one has it read.

    Each does nothing unless the mark is still this publishing's: a server may carry out a request long after whoever
    sent it was stopped, when another publishing has begun.
    """
    own = published.layout is Layout.OWN
    default = "?s ?p ?o" if own else f"GRAPH <{DEFAULT}> {{ ?s ?p ?o }}"
    mark = f"GRAPH <{MARK}> {{ {published.mark()} }}"
    yield (
        f"DELETE {{ GRAPH ?g {{ ?s ?p ?o }} }} WHERE {{ {mark} GRAPH <{POINTER_NAMES}> {{ ?g ?x ?y }} "
        f"GRAPH ?g {{ ?s ?p ?o }} }}"
    )
    yield f"DELETE {{ {default} }} WHERE {{ {mark} {default} }}"
    yield (
        f"INSERT {{ GRAPH ?to {{ ?s ?p ?o }} }} WHERE {{ {mark} GRAPH ?from {{ ?s ?p ?o }} "
        f'FILTER(STRSTARTS(STR(?from), "{STAGED}")) BIND(IRI(STRAFTER(STR(?from), "{STAGED}")) AS ?to) }}'
    )
    yield f"INSERT {{ {default} }} WHERE {{ {mark} GRAPH <{STAGED_DEFAULT}> {{ ?s ?p ?o }} }}"
    replaced = ((POINTER_NAMES, MARK_NAMES), (POINTER, MARK))
    yield ";\n".join(
        f"DELETE {{ GRAPH <{old}> {{ ?s ?p ?o }} }} WHERE {{ {mark} GRAPH <{old}> {{ ?s ?p ?o }} }};\n"
        f"INSERT {{ GRAPH <{old}> {{ ?s ?p ?o }} }} WHERE {{ {mark} GRAPH <{new}> {{ ?s ?p ?o }} }}"
        for old, new in replaced
    )


def _some(items: Sequence[str], number: int) -> Iterable[Sequence[str]]:
    return (items[start : start + number] for start in range(0, len(items), number))


def _value(term: object) -> str:
    return str(getattr(term, "value", term))
