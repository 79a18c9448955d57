"""Reads a SELECT or ASK query of SPARQL 1.1 that the store has found well-formed, as far as the columns can answer it.

What is not known here raises UnsupportedError, and nothing is read otherwise than the specification says: the store
answers all that is refused.
"""

from __future__ import annotations

from kclod.columnar.algebra import (
    Bind,
    Element,
    Expr,
    Group,
    Minus,
    Node,
    Optional,
    Path,
    Select,
    Triple,
    Union,
    UnsupportedError,
    Values,
    Var,
)
from kclod.columnar.dictionary import IRI, Term
from kclod.columnar.lexer import Token, tokens_of
from kclod.columnar.read_expressions import ExpressionReader

_RDF_TYPE = Term(IRI, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def parse(query: str) -> Select:
    """The query. UnsupportedError for any other form, for what the columns do not answer, and for what is malformed."""
    try:
        return _Parser(tokens_of(query)).query()
    except (IndexError, RecursionError, ValueError):
        raise UnsupportedError("no query, or one too deep") from None


class _Parser(ExpressionReader):
    def query(self) -> Select:
        """The whole of it."""
        self._prologue()
        if self.word("SELECT"):
            found = self._select()
        elif self.word("ASK"):
            self.word("WHERE")
            found = Select(self.group(), form="ask")
            if self.peek().kind != "end":
                raise UnsupportedError("a modifier of ASK")
        else:
            raise UnsupportedError("another form of query")
        if self.peek().kind != "end":
            raise UnsupportedError(f"{self.peek().text!r} at the end")
        return found

    def _prologue(self) -> None:
        while self.word("PREFIX"):
            name, iri = self.next(), self.next()
            self.prefixes[name.text[:-1]] = self.absolute(iri.text[1:-1])
        if self.peek().kind == "word" and self.peek().text.upper() == "BASE":
            raise UnsupportedError("BASE")

    def _select(self) -> Select:
        distinct = self.word("DISTINCT")
        if self.word("REDUCED"):
            raise UnsupportedError("REDUCED")
        projection: list[tuple[str, Expr | None]] = []
        if not self.sign("*"):
            while self.peek().kind == "var" or self.peek() == ("sign", "("):
                projection.append(self._projected())
            if not projection:
                raise UnsupportedError("an empty projection")
        if not self.word("WHERE") and self.peek() != ("sign", "{"):
            raise UnsupportedError("FROM")
        where = self.group()
        grouping = self._grouping()
        having = self._having()
        ordering = self._ordering()
        limit, offset = None, 0
        for _ in range(2):
            if self.word("LIMIT"):
                limit = int(self.next().text)
            elif self.word("OFFSET"):
                offset = int(self.next().text)
        values = self._values() if self.word("VALUES") else None
        return Select(
            where,
            tuple(projection),
            "select",
            distinct,
            grouping,
            having,
            ordering,
            limit,
            offset,
            values,
        )

    def _grouping(self) -> tuple[tuple[str, Expr | None], ...] | None:
        if not self.word("GROUP", "BY"):
            return None
        found = [self._grouped()]
        while self.peek().kind == "var" or self.peek() == ("sign", "(") or self.calls():
            found.append(self._grouped())
        return tuple(found)

    def _having(self) -> tuple[Expr, ...]:
        if not self.word("HAVING"):
            return ()
        found = [self.constraint()]
        while self.peek() == ("sign", "(") or self.calls():
            found.append(self.constraint())
        return tuple(found)

    def _ordering(self) -> tuple[tuple[Expr, bool], ...]:
        if not self.word("ORDER", "BY"):
            return ()
        found = [self._ordered()]
        while (key := self.peek()) == ("sign", "(") or key.kind == "var" or self.calls() or _directs(key):
            found.append(self._ordered())
        return tuple(found)

    def _projected(self) -> tuple[str, Expr | None]:
        if self.peek().kind == "var":
            return self.next().text[1:], None
        self.must("(")
        expression = self.expression()
        if not self.word("AS"):
            raise UnsupportedError("an expression without a name")
        name = self.next().text[1:]
        self.must(")")
        return name, expression

    def _grouped(self) -> tuple[str, Expr | None]:
        if self.peek().kind == "var":
            return self.next().text[1:], None
        if self.calls():
            return f".{next(self.names)}", self.constraint()
        self.must("(")
        expression = self.expression()
        name = self.next().text[1:] if self.word("AS") else f".{next(self.names)}"
        self.must(")")
        return name, expression

    def _ordered(self) -> tuple[Expr, bool]:
        descends = self.word("DESC")
        if descends or self.word("ASC"):
            self.must("(")
            expression = self.expression()
            self.must(")")
            return expression, descends
        if self.peek().kind == "var":
            return self.primary(), False
        return self.constraint(), False

    def group(self) -> Group:
        """A group graph pattern, or the subquery that is all of it."""
        self.must("{")
        if self.word("SELECT"):
            select = self._select()
            self.must("}")
            return Group((select,))
        elements: list[Element] = []
        filters: list[Expr] = []
        while not self.sign("}"):
            if self.word("FILTER"):
                filters.append(self.constraint())
            elif self.word("OPTIONAL"):
                elements.append(Optional(self.group()))
            elif self.word("MINUS"):
                elements.append(Minus(self.group()))
            elif self.word("BIND"):
                self.must("(")
                expression = self.expression()
                if not self.word("AS"):
                    raise UnsupportedError("BIND without AS")
                elements.append(Bind(expression, self.next().text[1:]))
                self.must(")")
            elif self.word("VALUES"):
                elements.append(self._values())
            elif self.peek() == ("sign", "{"):
                groups = [self.group()]
                while self.word("UNION"):
                    groups.append(self.group())
                elements.append(groups[0] if len(groups) == 1 else Union(tuple(groups)))
            elif self.peek().kind == "word" and self.peek().text.upper() in ("GRAPH", "SERVICE", "LATERAL"):
                raise UnsupportedError(self.peek().text)
            else:
                elements.extend(self._triples())
            self.sign(".")
        return Group(tuple(elements), tuple(filters))

    def _values(self) -> Values:
        if self.peek().kind == "var":
            variables = (self.next().text[1:],)
            self.must("{")
            rows = []
            while not self.sign("}"):
                rows.append((self._data_value(),))
            return Values(variables, tuple(rows))
        self.must("(")
        names = []
        while not self.sign(")"):
            names.append(self.next().text[1:])
        self.must("{")
        many: list[tuple[Term | None, ...]] = []
        while not self.sign("}"):
            self.must("(")
            row = []
            while not self.sign(")"):
                row.append(self._data_value())
            many.append(tuple(row))
        return Values(tuple(names), tuple(many))

    def _data_value(self) -> Term | None:
        if self.word("UNDEF"):
            return None
        node = self.node()
        if isinstance(node, Var):
            raise UnsupportedError("a blank node in VALUES")
        return node

    def _triples(self) -> list[Triple]:
        found: list[Triple] = []
        if self.peek() == ("sign", "["):
            subject: Node = self._blank_node(found)
            if self.peek().text in (".", "}"):
                return found
        else:
            subject = self.node()
        self._properties(subject, found)
        return found

    def _properties(self, subject: Node, found: list[Triple]) -> None:
        while True:
            predicate = self._verb()
            while True:
                value: Node = self._blank_node(found) if self.peek() == ("sign", "[") else self.node()
                found.append(Triple(subject, predicate, value))
                if not self.sign(","):
                    break
            if not self.sign(";"):
                return
            while self.sign(";"):
                pass
            if self.peek().text in (".", "}", "]"):
                return

    def _blank_node(self, found: list[Triple]) -> Var:
        self.must("[")
        node = Var(f"_: {next(self.names)}")  # a space, so that no label is the same
        if not self.sign("]"):
            self._properties(node, found)
            self.must("]")
        return node

    def _verb(self) -> Node | Path:
        if self.peek().kind == "var":
            return Var(self.next().text[1:])
        path = self._path()
        if path.form == "link" and path.link is not None:
            return path.link
        return path

    def _path(self) -> Path:
        parts = [self._path_sequence()]
        while self.sign("|"):
            parts.append(self._path_sequence())
        return parts[0] if len(parts) == 1 else Path("alternative", tuple(parts))

    def _path_sequence(self) -> Path:
        parts = [self._path_step()]
        while self.sign("/"):
            parts.append(self._path_step())
        return parts[0] if len(parts) == 1 else Path("sequence", tuple(parts))

    def _path_step(self) -> Path:
        inverse = self.sign("^")
        if self.sign("("):
            path = self._path()
            self.must(")")
        elif self.peek() == ("word", "a"):
            self.next()
            path = Path("link", link=_RDF_TYPE)
        elif self.peek().kind in ("iri", "pname"):
            path = Path("link", link=self.iri(self.next()))
        else:
            raise UnsupportedError("a path of another form")
        for sign in ("*", "+", "?"):
            if self.sign(sign):
                path = Path(sign, (path,))
                break
        return Path("inverse", (path,)) if inverse else path


def _directs(token: Token) -> bool:
    return token.kind == "word" and token.text.upper() in ("ASC", "DESC")
