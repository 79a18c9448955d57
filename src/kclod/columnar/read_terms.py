"""Reads tokens and terms of a query (SPARQL 1.1 Query, sections 4.1 and 19)."""

from __future__ import annotations

import re
from itertools import count

from kclod.columnar.algebra import Node, UnsupportedError, Var
from kclod.columnar.build import as_stored
from kclod.columnar.dictionary import IRI, STRING, Term, read_term, unescaped, write_term
from kclod.columnar.lexer import Token

XSD = "http://www.w3.org/2001/XMLSchema#"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class TermReader:
    """Takes tokens one after the other."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self.prefixes: dict[str, str] = {}
        self.names = count()

    def peek(self, ahead: int = 0) -> Token:
        """A token that comes, and is left."""
        return self._tokens[min(self._place + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        """The next token, which is taken."""
        token = self._tokens[self._place]
        self._place += 1
        return token

    def word(self, *words: str) -> bool:
        """Whether the next tokens are these key words; they are then taken."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token.kind != "word" or token.text.upper() != word:
                return False
        self._place += len(words)
        return True

    def sign(self, text: str) -> bool:
        """Whether the next token is this sign; it is then taken."""
        if self.peek() == ("sign", text):
            self._place += 1
            return True
        return False

    def must(self, text: str) -> None:
        """Take a sign that has to come."""
        if not self.sign(text):
            raise UnsupportedError(f"{self.peek().text!r} where {text!r} was expected")

    def absolute(self, iri: str) -> str:
        """The IRI, which has to be one with a scheme."""
        if not _ABSOLUTE.match(iri):
            raise UnsupportedError("a relative IRI")
        return iri

    def iri(self, token: Token) -> Term:
        """The IRI that a token writes."""
        if token.kind == "iri":
            return Term(IRI, self.absolute(token.text[1:-1]))
        prefix, _, local = token.text.partition(":")
        if prefix not in self.prefixes:
            raise UnsupportedError("an unknown prefix")
        return Term(IRI, self.prefixes[prefix] + local)

    def node(self) -> Node:
        """A variable or a term."""
        token = self.peek()
        match token.kind:
            case "var":
                return Var(self.next().text[1:])
            case "blank":
                return Var(self.next().text)
            case "iri" | "pname":
                return self.iri(self.next())
        return self.literal()

    def literal(self) -> Term:
        """A literal, as the store has it."""
        sign = "-" if self.sign("-") else "" if not self.sign("+") else "+"
        token = self.next()
        match token.kind:
            case "integer" | "decimal" | "double":
                return _stored(Term(f"^^<{XSD}{token.kind}>", sign + token.text))
            case "string":
                return self._string(token.text)
            case "word" if token.text.lower() in ("true", "false"):
                return Term(f"^^<{XSD}boolean>", token.text.lower())
        raise UnsupportedError(f"{token.text!r} where a term was expected")

    def _string(self, text: str) -> Term:
        quotes = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
        value = unescaped(text[quotes:-quotes])
        if self.peek().kind == "lang":
            return Term(self.next().text.lower(), value)
        if self.sign("^^"):
            datatype = self.iri(self.next()).value
            return Term(STRING, value) if datatype == f"{XSD}string" else _stored(Term(f"^^<{datatype}>", value))
        return Term(STRING, value)


def _stored(term: Term) -> Term:
    """A typed literal as the store has it."""
    return read_term(as_stored([write_term(term)])[0])
