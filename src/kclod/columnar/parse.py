"""Reads a SELECT or ASK query of SPARQL 1.1 that the store has found well-formed, as far as the columns can answer it.

What is not known here raises UnsupportedError, and nothing is read otherwise than the specification says: the store
answers all that is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

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
from kclod.columnar.build import as_stored
from kclod.columnar.dictionary import IRI, STRING, Term, read_term, unescaped, write_term
from kclod.columnar.lexer import Token, tokens_of

_RDF_TYPE = Term(IRI, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_XSD = "http://www.w3.org/2001/XMLSchema#"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "SAMPLE"})
_REFUSED = frozenset(
    ["AVG", "GROUP_CONCAT", "NOW", "RAND", "UUID", "STRUUID", "BNODE", "TRIPLE", "SUBJECT", "PREDICATE", "OBJECT"]
)
"""Functions that an expression may not call: aggregates not known here, and those that differ from call to call."""
_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})


def parse(query: str) -> Select:
    """The query. UnsupportedError for any other form, for what the columns do not answer, and for what is malformed."""
    try:
        return _Parser(tokens_of(query)).query()
    except (IndexError, RecursionError, ValueError):
        raise UnsupportedError("no query, or one too deep") from None


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._prefixes: dict[str, str] = {}
        self._names = count()

    # tokens

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._place + ahead, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._tokens[self._place]
        self._place += 1
        return token

    def _word(self, *words: str) -> bool:
        """Whether the next tokens are these key words; they are then taken."""
        for ahead, word in enumerate(words):
            token = self._peek(ahead)
            if token.kind != "word" or token.text.upper() != word:
                return False
        self._place += len(words)
        return True

    def _sign(self, text: str) -> bool:
        if self._peek() == ("sign", text):
            self._place += 1
            return True
        return False

    def _must(self, text: str) -> None:
        if not self._sign(text):
            raise UnsupportedError(f"{self._peek().text!r} where {text!r} was expected")

    # the query

    def query(self) -> Select:
        """The whole of it."""
        self._prologue()
        if self._word("SELECT"):
            found = self._select()
        elif self._word("ASK"):
            self._word("WHERE")
            found = Select(self._group(), form="ask")
            if self._peek().kind != "end":
                raise UnsupportedError("a modifier of ASK")
        else:
            raise UnsupportedError("another form of query")
        if self._peek().kind != "end":
            raise UnsupportedError(f"{self._peek().text!r} at the end")
        return found

    def _prologue(self) -> None:
        while self._word("PREFIX"):
            name, iri = self._next(), self._next()
            self._prefixes[name.text[:-1]] = self._absolute(iri.text[1:-1])
        if self._peek().kind == "word" and self._peek().text.upper() == "BASE":
            raise UnsupportedError("BASE")

    def _absolute(self, iri: str) -> str:
        if not _ABSOLUTE.match(iri):
            raise UnsupportedError("a relative IRI")
        return iri

    def _select(self) -> Select:
        distinct = self._word("DISTINCT")
        if self._word("REDUCED"):
            raise UnsupportedError("REDUCED")
        projection: list[tuple[str, Expr | None]] = []
        if not self._sign("*"):
            while self._peek().kind == "var" or self._peek() == ("sign", "("):
                projection.append(self._projected())
            if not projection:
                raise UnsupportedError("an empty projection")
        if not self._word("WHERE") and self._peek() != ("sign", "{"):
            raise UnsupportedError("FROM")
        where = self._group()
        grouping: list[tuple[str, Expr | None]] | None = None
        if self._word("GROUP", "BY"):
            grouping = [self._grouped()]
            while self._peek().kind == "var" or self._peek() == ("sign", "(") or self._calls():
                grouping.append(self._grouped())
        having: list[Expr] = []
        if self._word("HAVING"):
            having.append(self._constraint())
            while self._peek() == ("sign", "(") or self._calls():
                having.append(self._constraint())
        ordering: list[tuple[Expr, bool]] = []
        if self._word("ORDER", "BY"):
            ordering.append(self._ordered())
            while (
                (key := self._peek()) == ("sign", "(")
                or key.kind == "var"
                or self._calls()
                or key.text.upper() in ("ASC", "DESC")
            ):
                ordering.append(self._ordered())
        limit, offset = None, 0
        for _ in range(2):
            if self._word("LIMIT"):
                limit = int(self._next().text)
            elif self._word("OFFSET"):
                offset = int(self._next().text)
        values = self._values() if self._word("VALUES") else None
        return Select(
            where,
            tuple(projection),
            "select",
            distinct,
            None if grouping is None else tuple(grouping),
            tuple(having),
            tuple(ordering),
            limit,
            offset,
            values,
        )

    def _projected(self) -> tuple[str, Expr | None]:
        if self._peek().kind == "var":
            return self._next().text[1:], None
        self._must("(")
        expression = self._expression()
        if not self._word("AS"):
            raise UnsupportedError("an expression without a name")
        name = self._next().text[1:]
        self._must(")")
        return name, expression

    def _grouped(self) -> tuple[str, Expr | None]:
        if self._peek().kind == "var":
            return self._next().text[1:], None
        if self._calls():
            return f".{next(self._names)}", self._constraint()
        self._must("(")
        expression = self._expression()
        name = self._next().text[1:] if self._word("AS") else f".{next(self._names)}"
        self._must(")")
        return name, expression

    def _ordered(self) -> tuple[Expr, bool]:
        descends = self._word("DESC")
        if descends or self._word("ASC"):
            self._must("(")
            expression = self._expression()
            self._must(")")
            return expression, descends
        if self._peek().kind == "var":
            return self._primary(), False
        return self._constraint(), False

    # patterns

    def _group(self) -> Group:
        self._must("{")
        if self._word("SELECT"):
            select = self._select()
            self._must("}")
            return Group((select,))
        elements: list[Element] = []
        filters: list[Expr] = []
        while not self._sign("}"):
            if self._word("FILTER"):
                filters.append(self._constraint())
            elif self._word("OPTIONAL"):
                elements.append(Optional(self._group()))
            elif self._word("MINUS"):
                elements.append(Minus(self._group()))
            elif self._word("BIND"):
                self._must("(")
                expression = self._expression()
                if not self._word("AS"):
                    raise UnsupportedError("BIND without AS")
                elements.append(Bind(expression, self._next().text[1:]))
                self._must(")")
            elif self._word("VALUES"):
                elements.append(self._values())
            elif self._peek() == ("sign", "{"):
                groups = [self._group()]
                while self._word("UNION"):
                    groups.append(self._group())
                elements.append(groups[0] if len(groups) == 1 else Union(tuple(groups)))
            elif self._peek().kind == "word" and self._peek().text.upper() in ("GRAPH", "SERVICE", "LATERAL"):
                raise UnsupportedError(self._peek().text)
            else:
                elements.extend(self._triples())
            self._sign(".")
        return Group(tuple(elements), tuple(filters))

    def _values(self) -> Values:
        if self._peek().kind == "var":
            variables = (self._next().text[1:],)
            self._must("{")
            rows = []
            while not self._sign("}"):
                rows.append((self._data_value(),))
            return Values(variables, tuple(rows))
        self._must("(")
        names = []
        while not self._sign(")"):
            names.append(self._next().text[1:])
        self._must("{")
        many: list[tuple[Term | None, ...]] = []
        while not self._sign("}"):
            self._must("(")
            row = []
            while not self._sign(")"):
                row.append(self._data_value())
            many.append(tuple(row))
        return Values(tuple(names), tuple(many))

    def _data_value(self) -> Term | None:
        if self._word("UNDEF"):
            return None
        node = self._node()
        if isinstance(node, Var):
            raise UnsupportedError("a blank node in VALUES")
        return node

    def _triples(self) -> list[Triple]:
        found: list[Triple] = []
        if self._peek() == ("sign", "["):
            subject: Node = self._blank_node(found)
            if self._peek().text in (".", "}"):
                return found
        else:
            subject = self._node()
        self._properties(subject, found)
        return found

    def _properties(self, subject: Node, found: list[Triple]) -> None:
        while True:
            predicate = self._verb()
            while True:
                value: Node = self._blank_node(found) if self._peek() == ("sign", "[") else self._node()
                found.append(Triple(subject, predicate, value))
                if not self._sign(","):
                    break
            if not self._sign(";"):
                return
            while self._sign(";"):
                pass
            if self._peek().text in (".", "}", "]"):
                return

    def _blank_node(self, found: list[Triple]) -> Var:
        self._must("[")
        node = Var(f"_: {next(self._names)}")  # a space, so that no label is the same
        if not self._sign("]"):
            self._properties(node, found)
            self._must("]")
        return node

    def _verb(self) -> Node | Path:
        if self._peek().kind == "var":
            return Var(self._next().text[1:])
        path = self._path()
        if path.form == "link" and path.link is not None:
            return path.link
        return path

    def _path(self) -> Path:
        parts = [self._path_sequence()]
        while self._sign("|"):
            parts.append(self._path_sequence())
        return parts[0] if len(parts) == 1 else Path("alternative", tuple(parts))

    def _path_sequence(self) -> Path:
        parts = [self._path_step()]
        while self._sign("/"):
            parts.append(self._path_step())
        return parts[0] if len(parts) == 1 else Path("sequence", tuple(parts))

    def _path_step(self) -> Path:
        inverse = self._sign("^")
        if self._sign("("):
            path = self._path()
            self._must(")")
        elif self._peek() == ("word", "a"):
            self._next()
            path = Path("link", link=_RDF_TYPE)
        elif self._peek().kind in ("iri", "pname"):
            path = Path("link", link=self._iri(self._next()))
        else:
            raise UnsupportedError("a path of another form")
        for sign in ("*", "+", "?"):
            if self._sign(sign):
                path = Path(sign, (path,))
                break
        return Path("inverse", (path,)) if inverse else path

    # terms

    def _iri(self, token: Token) -> Term:
        if token.kind == "iri":
            return Term(IRI, self._absolute(token.text[1:-1]))
        prefix, _, local = token.text.partition(":")
        if prefix not in self._prefixes:
            raise UnsupportedError("an unknown prefix")
        return Term(IRI, self._prefixes[prefix] + local)

    def _node(self) -> Node:
        token = self._peek()
        match token.kind:
            case "var":
                return Var(self._next().text[1:])
            case "blank":
                return Var(self._next().text)
            case "iri" | "pname":
                return self._iri(self._next())
        return self._literal()

    def _literal(self) -> Term:
        sign = "-" if self._sign("-") else "" if not self._sign("+") else "+"
        token = self._next()
        match token.kind:
            case "integer" | "decimal" | "double":
                return _stored(Term(f"^^<{_XSD}{token.kind}>", sign + token.text))
            case "string":
                return self._string(token.text)
            case "word" if token.text.lower() in ("true", "false"):
                return Term(f"^^<{_XSD}boolean>", token.text.lower())
        raise UnsupportedError(f"{token.text!r} where a term was expected")

    def _string(self, text: str) -> Term:
        quotes = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
        value = unescaped(text[quotes:-quotes])
        if self._peek().kind == "lang":
            return Term(self._next().text.lower(), value)
        if self._sign("^^"):
            datatype = self._iri(self._next()).value
            return Term(STRING, value) if datatype == f"{_XSD}string" else _stored(Term(f"^^<{datatype}>", value))
        return Term(STRING, value)

    # expressions

    def _calls(self) -> bool:
        """Whether a constraint without brackets comes: a function or EXISTS."""
        token = self._peek()
        if token.kind in ("iri", "pname"):
            return True
        word = token.text.upper()
        if token.kind != "word" or word in ("HAVING", "VALUES", "ASC", "DESC"):
            return False
        return self._peek(1) == ("sign", "(") or word in ("NOT", "EXISTS")

    def _constraint(self) -> Expr:
        return self._primary()

    def _expression(self) -> Expr:
        return self._joined("||", "or", lambda: self._joined("&&", "and", self._relational))

    def _joined(self, sign: str, form: str, part: Callable[[], Expr]) -> Expr:
        parts = [part()]
        while self._sign(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else _compound(form, f" {sign} ", tuple(parts))

    def _relational(self) -> Expr:
        left = self._numeric()
        token = self._peek()
        if token.kind == "sign" and token.text in _COMPARISONS:
            self._next()
            return _compound(token.text, f" {token.text} ", (left, self._numeric()))
        negated = self._word("NOT", "IN")
        if negated or self._word("IN"):
            options = self._arguments()
            text = f"({left.text} {'NOT IN' if negated else 'IN'} ({', '.join(option.text for option in options)}))"
            variables = left.variables.union(*(option.variables for option in options))
            if negated or not options:
                return Expr("other", text, variables, (left, *options))
            equal = tuple(_compound("=", " = ", (left, option)) for option in options)
            return Expr("or", text, variables, equal)
        return left

    def _numeric(self) -> Expr:
        left = self._unary()
        while self._peek().kind == "sign" and self._peek().text in ("+", "-", "*", "/"):
            sign = self._next().text
            left = _compound("other", f" {sign} ", (left, self._unary()))
        return left

    def _unary(self) -> Expr:
        if self._sign("!"):
            inner = self._unary()
            return Expr("not", f"(! {inner.text})", inner.variables, (inner,))
        if self._peek().text in ("-", "+") and self._peek(1).kind not in ("integer", "decimal", "double"):
            sign = self._next().text
            inner = self._unary()
            return Expr("other", f"({sign} {inner.text})", inner.variables, (inner,))
        return self._primary()

    def _primary(self) -> Expr:
        token = self._peek()
        if self._sign("("):
            inner = self._expression()
            self._must(")")
            return inner
        if token.kind == "var":
            name = self._next().text[1:]
            return Expr("var", f"?{name}", frozenset((name,)), name=name)
        if token.kind == "word" and token.text.lower() not in ("true", "false"):
            return self._call(self._next().text.upper())
        if token.kind in ("iri", "pname"):
            iri = self._iri(self._next())
            if self._peek() == ("sign", "("):
                if not iri.value.startswith(_XSD):
                    raise UnsupportedError("a function of another vocabulary")
                return self._called(write_term(iri))
            return Expr("term", write_term(iri), frozenset(), term=iri)
        literal = self._literal()
        return Expr("term", write_term(literal), frozenset(), term=literal)

    def _call(self, name: str) -> Expr:
        negated = name == "NOT"
        if negated:
            name = self._next().text.upper()
        if name == "EXISTS":
            group = self._group()
            exists = Expr("exists", "", frozenset(), group=group)
            return Expr("not", "", frozenset(), (exists,)) if negated else exists
        if name in _AGGREGATES:
            return self._aggregate(name)
        if name in _REFUSED:
            raise UnsupportedError(name)
        return self._called(name)

    def _called(self, name: str) -> Expr:
        arguments = self._arguments()
        text = f"{name}({', '.join(argument.text for argument in arguments)})"
        variables = frozenset[str]().union(*(argument.variables for argument in arguments))
        if any(argument.form in ("exists", "aggregate") or not argument.text for argument in arguments):
            raise UnsupportedError("a pattern or an aggregate inside a function")
        return Expr("call", text, variables, arguments, name)

    def _aggregate(self, name: str) -> Expr:
        self._must("(")
        distinct = self._word("DISTINCT")
        arguments: tuple[Expr, ...] = () if self._sign("*") else (self._expression(),)
        self._must(")")
        if any(argument.form != "var" for argument in arguments):
            raise UnsupportedError("an aggregate of an expression")
        return Expr("aggregate", "", frozenset(), arguments, name, distinct=distinct)

    def _arguments(self) -> tuple[Expr, ...]:
        self._must("(")
        found: list[Expr] = []
        while not self._sign(")"):
            found.append(self._expression())
            self._sign(",")
        return tuple(found)


def _compound(form: str, sign: str, parts: tuple[Expr, ...]) -> Expr:
    """An expression of several; its text is empty where one of theirs is, which then cannot be asked of the store."""
    variables = frozenset[str]().union(*(part.variables for part in parts))
    text = f"({sign.join(part.text for part in parts)})" if all(part.text for part in parts) else ""
    return Expr(form, text, variables, parts)


def _stored(term: Term) -> Term:
    """A typed literal as the store has it."""
    return read_term(as_stored([write_term(term)])[0])
