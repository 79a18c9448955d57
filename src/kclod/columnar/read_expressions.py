"""Reads expressions of a query (SPARQL 1.1 Query, section 17)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from kclod.columnar.algebra import Expr, Group, UnsupportedError
from kclod.columnar.dictionary import write_term
from kclod.columnar.read_terms import XSD, TermReader

_AGGREGATES = frozenset({"COUNT", "MIN", "MAX", "SAMPLE"})
_REFUSED = frozenset(
    [
        "AVG",
        "SUM",
        "GROUP_CONCAT",
        "NOW",
        "RAND",
        "UUID",
        "STRUUID",
        "BNODE",
        "TRIPLE",
        "SUBJECT",
        "PREDICATE",
        "OBJECT",
    ]
)
"""Functions that an expression may not call: aggregates not known here, and those that differ from call to call."""
_COMPARISONS = frozenset({"=", "!=", "<", ">", "<=", ">="})


class ExpressionReader(TermReader):
    """Takes the tokens of an expression. What is inside of EXISTS is read by `group`."""

    @abstractmethod
    def group(self) -> Group:
        """A group graph pattern."""

    def calls(self) -> bool:
        """Whether a constraint without brackets comes: a function or EXISTS."""
        token = self.peek()
        if token.kind in ("iri", "pname"):
            return True
        word = token.text.upper()
        if token.kind != "word" or word in ("HAVING", "VALUES", "ASC", "DESC"):
            return False
        return self.peek(1) == ("sign", "(") or word in ("NOT", "EXISTS")

    def constraint(self) -> Expr:
        """What FILTER and HAVING take: an expression in brackets, or a call."""
        return self.primary()

    def expression(self) -> Expr:
        """An expression of any kind."""
        return self._joined("||", "or", lambda: self._joined("&&", "and", self._relational))

    def _joined(self, sign: str, form: str, part: Callable[[], Expr]) -> Expr:
        parts = [part()]
        while self.sign(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else _compound(form, f" {sign} ", tuple(parts))

    def _relational(self) -> Expr:
        left = self._numeric()
        token = self.peek()
        if token.kind == "sign" and token.text in _COMPARISONS:
            self.next()
            return _compound(token.text, f" {token.text} ", (left, self._numeric()))
        negated = self.word("NOT", "IN")
        if negated or self.word("IN"):
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
        while self.peek().kind == "sign" and self.peek().text in ("+", "-", "*", "/"):
            sign = self.next().text
            left = _compound("other", f" {sign} ", (left, self._unary()))
        return left

    def _unary(self) -> Expr:
        if self.sign("!"):
            inner = self._unary()
            return Expr("not", f"(! {inner.text})", inner.variables, (inner,))
        if self.peek().text in ("-", "+") and self.peek(1).kind not in ("integer", "decimal", "double"):
            sign = self.next().text
            inner = self._unary()
            return Expr("other", f"({sign} {inner.text})", inner.variables, (inner,))
        return self.primary()

    def primary(self) -> Expr:
        """An expression in brackets, a call, a variable or a term."""
        token = self.peek()
        if self.sign("("):
            inner = self.expression()
            self.must(")")
            return inner
        if token.kind == "var":
            name = self.next().text[1:]
            return Expr("var", f"?{name}", frozenset((name,)), name=name)
        if token.kind == "word" and token.text.lower() not in ("true", "false"):
            return self._call(self.next().text.upper())
        if token.kind in ("iri", "pname"):
            iri = self.iri(self.next())
            if self.peek() == ("sign", "("):
                if not iri.value.startswith(XSD):
                    raise UnsupportedError("a function of another vocabulary")
                return self._called(write_term(iri))
            return Expr("term", write_term(iri), frozenset(), term=iri)
        literal = self.literal()
        return Expr("term", write_term(literal), frozenset(), term=literal)

    def _call(self, name: str) -> Expr:
        negated = name == "NOT"
        if negated:
            name = self.next().text.upper()
        if name == "EXISTS":
            group = self.group()
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
        self.must("(")
        distinct = self.word("DISTINCT")
        arguments: tuple[Expr, ...] = () if self.sign("*") else (self.expression(),)
        self.must(")")
        if any(argument.form != "var" for argument in arguments):
            raise UnsupportedError("an aggregate of an expression")
        return Expr("aggregate", "", frozenset(), arguments, name, distinct=distinct)

    def _arguments(self) -> tuple[Expr, ...]:
        self.must("(")
        found: list[Expr] = []
        while not self.sign(")"):
            found.append(self.expression())
            self.sign(",")
        return tuple(found)


def _compound(form: str, sign: str, parts: tuple[Expr, ...]) -> Expr:
    """An expression of several; its text is empty where one of theirs is, which then cannot be asked of the store."""
    variables = frozenset[str]().union(*(part.variables for part in parts))
    text = f"({sign.join(part.text for part in parts)})" if all(part.text for part in parts) else ""
    return Expr(form, text, variables, parts)
