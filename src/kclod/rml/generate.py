r"""Triples maps as Python functions of their own, from an iteration to lines of N-Quads (RML-Core, section 12.1).

A function is written from the model, compiled once, and runs without a look at the mapping. Nothing of a mapping
stands in the text of a function: its values are globals with names such as `c1`. What is written out is the usual
case, one value that becomes a term as it is; for all else the function calls the closures of `kclod.rml.terms`, so
that what a term map means stands in one place. For a subject `http://ex.org/{$.id}` and an object `$.name`:

    def triples_map(record, at, add):
        get = record.get if isinstance(record, dict) else c1
        v2 = get(c3)
        if v2 is None: t4 = None
        else:
            p5 = v2 if v2.__class__ is int or v2.__class__ is str and … else c6(v2)
            t4 = c7(record, at) if p5 is None else f'{c8}{p5}{c9}'
        if t4 is None: return
        v10 = get(c11)
        if v10 is None: t12 = None
        elif v10.__class__ is str and v10.isprintable() and '"' not in v10 and '\\' not in v10: t12 = f'"{v10}{c13}'
        elif v10.__class__ is int: t12 = f'"{v10}{c14}'
        else: t12 = c15(record, at)
        if t12 is not None:
            add(f'{t4}{c16}{t12}{c17}')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from kclod.rml import text
from kclod.rml.cursor import Cursor
from kclod.rml.inline import Assigned, Inline
from kclod.rml.joins import Join
from kclod.rml.model import LogicalSource, PredicateObjectMap, ReferencingObjectMap, TermMap, TermType, TriplesMap
from kclod.rml.terms import Context, constant_of
from kclod.rml.writer import Fixed, Writer

Apply = Callable[[object, Cursor, Callable[[str], None]], None]
"""Adds the lines of one iteration."""

_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


@dataclass(frozen=True)
class Settings:
    """How a mapping is run: all that functions are specialised for besides the mapping itself.

    `end` is put after each quad. `columns` are those of the files that are read as rows of cells.
    """

    base_iri: str | None = None
    unsafe: bool = False
    origins: bool = False
    end: str = ""
    columns: tuple[tuple[LogicalSource, tuple[str, ...]], ...] = ()

    def context_of(self, triples_map: TriplesMap) -> Context:
        """What the term maps of a triples map share."""
        source = triples_map.source
        columns = dict(self.columns).get(source.file) if source else None
        base_iri = triples_map.base_iri or self.base_iri or triples_map.default_base
        return Context(triples_map.name, source, base_iri, columns, self.unsafe)


@dataclass(frozen=True, slots=True)
class _Graph:
    """A graph as the function has it: its name there, whether that is one text or a list, or a constant term."""

    name: str
    is_list: bool = False
    is_constant: bool = False


class Generator:
    """Writes the functions of a mapping's triples maps. `all_maps` holds, by key, those that they may refer to.

    `joins` collects the joins that the functions will look into.
    """

    def __init__(self, all_maps: Mapping[str, TriplesMap], settings: Settings) -> None:
        self._all_maps = all_maps
        self._settings = settings
        self._memos: dict[object, text.Memo] = {}
        self.joins: dict[Join, None] = {}

    def function(self, triples_map: TriplesMap) -> Apply:
        """The function of a triples map. PathError when an expression is not valid."""
        writer = Writer(self._memos)
        _Function(writer, triples_map, self._all_maps, self._settings, self.joins).write()
        apply: Apply = writer.compile("triples_map", "record, at, add", triples_map.name)
        return apply


class _Function:
    """One function while it is written."""

    def __init__(
        self,
        writer: Writer,
        triples_map: TriplesMap,
        all_maps: Mapping[str, TriplesMap],
        settings: Settings,
        joins: dict[Join, None],
    ) -> None:
        self._writer = writer
        self._map = triples_map
        self._all_maps = all_maps
        self._settings = settings
        self._joins = joins
        self._context = settings.context_of(triples_map)
        self._inline = Inline(writer)
        self._ends = writer.bind(writer.memo(("end", settings.end), text.graph_end(settings.end)))
        self._scopes = writer.bind(writer.memo("scope", text.scope))

    def write(self) -> None:
        """The whole body."""
        writer = self._writer
        if self._context.columns is None:
            writer.put(f"get = record.get if isinstance(record, dict) else {writer.bind(_nothing)}")
        subjects = self._inline.assign_text(self._map.subject, self._context, "subject")
        writer.put(f"if not {subjects.name}: return")
        graphs = [self._graph(graph, f"graph {i}") for i, graph in enumerate(self._map.graphs)]
        subject = subjects.name
        if subjects.is_list:
            (subject,) = self._each(subjects)
            writer.put("pass")  # a triples map need not say anything of its subjects
        self._note_origin(subject)
        if self._map.classes:
            self._lines(subject, [Fixed(_TYPE)], [(Fixed(str(c)),) for c in self._map.classes], graphs, is_blank=False)
        for number, rule in enumerate(self._map.predicate_objects):
            self._rule(subject, rule, number, graphs)

    def _each(self, assigned: Assigned) -> tuple[str, ...]:
        """Go into what is done for each term, or for one if it is there; the parts of its text."""
        if not assigned.is_list:
            self._writer.open(f"if {assigned.name} is not None")
            return assigned.parts or (assigned.name,)
        one = self._writer.fresh("t")
        self._writer.open(f"for {one} in {assigned.name}")
        return (one,)

    def _note_origin(self, name: str) -> None:
        if self._settings.origins:
            self._writer.put(f"if {name} not in at.origins: at.note_origin({name})")

    # Predicate-object maps: objects first, for where there is none nothing else is looked at

    def _rule(self, subject: str, rule: PredicateObjectMap, number: int, graphs: Sequence[_Graph]) -> None:
        constants = [(Fixed(c),) for o in rule.objects if isinstance(o, TermMap) and (c := constant_of(o)) is not None]
        if constants:
            self._predicates(subject, rule, number, constants, graphs, is_blank=False)
        for position, value in enumerate(rule.objects):
            if isinstance(value, TermMap) and constant_of(value) is not None:
                continue
            depth = self._writer.depth
            term, is_blank = self._object(value, f"object {number}.{position}")
            self._predicates(subject, rule, number, [term], graphs, is_blank=is_blank)
            self._writer.depth = depth

    def _object(self, value: TermMap | ReferencingObjectMap, role: str) -> tuple[tuple[str, ...], bool]:
        """Go into what is done for each object; the parts of its text, and whether it is a blank node."""
        if isinstance(value, TermMap):
            return self._each(self._inline.assign(value, self._context, role)), value.term_type is TermType.BLANK_NODE
        parent = self._all_maps[value.parent]
        is_blank = parent.subject.term_type is TermType.BLANK_NODE
        context = replace(self._settings.context_of(parent), silent=True)  # the parent's own run tells its rejects
        if not value.joins:  # the same iteration of an effectively equal source
            return self._each(self._inline.assign(parent.subject, context, "subject")), is_blank
        join = Join(parent.source, tuple(j.parent for j in value.joins), parent.subject, context)
        self._joins[join] = None
        lookup = self._writer.bind(join.lookup([j.child for j in value.joins], self._context))
        return self._each(Assigned(f"{lookup}(record, at)", is_list=True)), is_blank

    def _predicates(
        self,
        subject: str,
        rule: PredicateObjectMap,
        number: int,
        objects: Sequence[tuple[str, ...]],
        graphs: Sequence[_Graph],
        *,
        is_blank: bool,
    ) -> None:
        before = self._writer.depth
        own = [self._graph(graph, f"graph {number}.{i}") for i, graph in enumerate(rule.graphs)]
        graphs = list(dict.fromkeys([*graphs, *own]))
        constants = [Fixed(c) for p in rule.predicates if (c := constant_of(p)) is not None]
        self._lines(subject, constants, objects, graphs, is_blank=is_blank)
        for position, predicate in enumerate(rule.predicates):
            if constant_of(predicate) is None:
                depth = self._writer.depth
                assigned = self._inline.assign_text(predicate, self._context, f"predicate {number}.{position}")
                self._lines(subject, self._each(assigned), objects, graphs, is_blank=is_blank)
                self._writer.depth = depth
        self._writer.depth = before

    # Graphs and lines

    def _graph(self, graph: TermMap, role: str) -> _Graph:
        constant = constant_of(graph)
        if constant is not None:
            return _Graph(constant, is_constant=True)
        assigned = self._inline.assign_text(graph, self._context, role)
        return _Graph(assigned.name, assigned.is_list)

    def _lines(
        self,
        subject: str,
        predicates: Sequence[str],
        objects: Sequence[tuple[str, ...]],
        graphs: Sequence[_Graph],
        *,
        is_blank: bool,
    ) -> None:
        """A line for each combination; blank nodes are told apart by graph, for they belong to one."""
        if not predicates:
            return
        writer, subject_is_blank = self._writer, self._map.subject.term_type is TermType.BLANK_NODE
        targets: Sequence[_Graph | None] = graphs or [None]
        for graph in targets:
            depth = writer.depth
            end, suffix = self._enter(graph, scoped=subject_is_blank or is_blank)
            for predicate, value in product(predicates, objects):
                of_subject = [suffix] if subject_is_blank else []
                of_object = [suffix] if is_blank else []
                parts = [subject, *of_subject, Fixed(" "), predicate, Fixed(" "), *value, *of_object, end]
                writer.put(f"add({writer.joined(parts)})")
            writer.depth = depth

    def _enter(self, graph: _Graph | None, *, scoped: bool) -> tuple[str, str]:
        """Go into a graph: what ends a line there, and what the labels of blank nodes get."""
        if graph is None:
            return Fixed(self._settings.end), Fixed("")
        if graph.is_constant:
            if not text.is_default_graph(graph.name):
                self._note_origin(self._writer.bind(graph.name))
            return Fixed(text.graph_end(self._settings.end)(graph.name)), Fixed(text.scope(graph.name))
        (name,) = self._each(Assigned(graph.name, is_list=graph.is_list))
        self._note_origin(name)
        return f"{self._ends}[{name}]", f"{self._scopes}[{name}]" if scoped else ""


def _nothing(_name: str) -> None:
    """What a record that is no object gives for a name."""
