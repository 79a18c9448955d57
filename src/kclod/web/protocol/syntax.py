"""Where in a query the triple patterns with a property stand: a reader of group graph patterns over the lexer's tokens.

It follows the grammar of SPARQL 1.1 (section 19.8, rules 53 to 112) as far as telling subject, verb and objects apart
needs it, of queries that the engine has found well-formed. What it cannot read it refuses, such as one that is written
so that lexers may differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kclod.web.protocol.tokens import Token, UnreadableError

_GROUPS = frozenset({"optional", "minus", "union", "lateral", "where"})
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Span:
    """From a token to another one, the last not included."""

    first: int
    last: int


@dataclass(slots=True)
class Statement:
    """A subject with its verbs and their objects, as tokens; and where the block of triples begins that it is in."""

    subject: Span
    pairs: list[Pair] = field(default_factory=list)
    last: int = 0
    block: int = 0
    nested: bool = False
    """Whether it stands in brackets, as the properties of a blank node."""
    in_graphs: bool = False
    """Whether it is asked of each of several graphs: inside `GRAPH ?variable { … }`."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A verb with its objects."""

    verb: Span
    objects: tuple[Span, ...]


class Reader:
    """Reads the patterns of a query. Comes out: every statement of a group, nested ones after those they are in."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.statements: list[Statement] = []
        self._at = 0
        self._block: int | None = None
        self._in_graphs = False

    def read(self) -> list[Statement]:
        """All statements in patterns; those of a template of CONSTRUCT are not among them."""
        while self._at < len(self.tokens):
            token = self._here()
            if token.is_word("construct") and self._text(1) == "{":
                self._at += 1
                self._skip_balanced()
            elif token.is_word("values"):
                self._values()
            elif token.text == "{":
                self._group()
            else:
                self._at += 1
        return self.statements

    # What follows moves on from the present token --------------------------------------------------------------------

    def _here(self) -> Token:
        if self._at >= len(self.tokens):
            end = self.tokens[-1].end if self.tokens else 0
            raise UnreadableError("the query ends too early", end)
        return self.tokens[self._at]

    def _text(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self.tokens[place].text if place < len(self.tokens) else ""

    def _take(self, text: str) -> None:
        if self._here().text != text:
            raise self._unexpected()
        self._at += 1

    def _unexpected(self) -> UnreadableError:
        return UnreadableError(f"unexpected {self._here().text!r}", self._here().start)

    def _group(self) -> None:
        """GroupGraphPattern, SubSelect (rules 53 to 55)."""
        self._take("{")
        outer, self._block = self._block, None
        while self._here().text != "}":
            self._part()
        self._take("}")
        self._block = outer

    def _part(self) -> None:
        token = self._here()
        if token.is_word("filter"):  # does not end a basic graph pattern (section 18.2.2)
            self._at += 1
            self._constraint()
        elif token.is_word("select"):
            self._block = None
            self._subselect()
        elif token.text == ".":
            self._at += 1
        elif token.text == "{":
            self._block = None
            self._group()
        elif token.kind == "word" and not token.is_word("true", "false", "a"):
            self._block = None
            self._keyword(token)
        else:
            if self._block is None:
                self._block = self._at
            self._statement()

    def _keyword(self, token: Token) -> None:
        self._at += 1
        if token.is_word(*_GROUPS):
            return
        if token.is_word("graph", "service"):
            self._at += self._here().is_word("silent")
            outer, self._in_graphs = self._in_graphs, self._here().kind == "variable"
            self._at += 1
            self._group()
            self._in_graphs = outer
        elif token.is_word("bind"):
            self._bracketed()
        elif token.is_word("values"):
            self._at -= 1
            self._values()
        else:
            self._at -= 1
            raise self._unexpected()

    def _subselect(self) -> None:
        """To the brace that closes the group around it, which stays."""
        while self._text() != "}":
            if self._here().is_word("values"):
                self._values()
            elif self._text() == "{":
                self._group()
            else:
                self._at += 1
                self._here()

    def _values(self) -> None:
        """DataBlock (rules 61 to 65)."""
        self._at += 1
        while self._here().text != "{":
            if self._here().kind != "variable" and self._text() not in ("(", ")"):
                raise self._unexpected()
            self._at += 1
        self._skip_balanced()

    def _constraint(self) -> None:
        """BrackettedExpression, BuiltInCall or FunctionCall (rules 69 to 71)."""
        while self._here().is_word("not", "exists"):
            self._at += 1
        if self._text() == "{":
            self._group()
            return
        if self._here().kind in ("word", "name", "iri"):
            self._at += 1
        self._bracketed()

    def _bracketed(self) -> None:
        """An expression in brackets; groups in it are those of EXISTS."""
        self._take("(")
        while self._text() != ")":
            if self._here().text == "(":
                self._bracketed()
            elif self._here().text == "{":
                self._group()
            else:
                self._at += 1
        self._take(")")

    def _skip_balanced(self) -> None:
        depth = 0
        while True:
            text = self._here().text if self._here().kind == "other" else ""
            depth += (text in _OPENING) - (text in _CLOSING)
            self._at += 1
            if depth == 0:
                return

    def _statement(self) -> None:
        """TriplesSameSubjectPath (rule 81)."""
        first = self._at
        place = len(self.statements)
        brackets = self._text() == "["
        self._term()
        statement = Statement(Span(first, self._at), block=self._block or 0, in_graphs=self._in_graphs)
        self.statements.insert(place, statement)
        if not (brackets and self._text() in (".", "}")):
            statement.pairs = list(self._pairs())
        statement.last = self._at

    def _pairs(self) -> Iterator[Pair]:
        """PropertyListPathNotEmpty (rule 83)."""
        while True:
            if self._text() == ";":
                self._at += 1
                continue
            if self._text() in (".", "}", "]") or not self._verb_begins():
                return
            first = self._at
            self._path()
            verb, objects = Span(first, self._at), []
            while True:
                start = self._at
                self._term()
                objects.append(Span(start, self._at))
                if self._text() != ",":
                    break
                self._at += 1
            yield Pair(verb, tuple(objects))
            if self._text() != ";":
                return

    def _verb_begins(self) -> bool:
        token = self._here()
        return token.kind in ("iri", "name", "variable") or token.is_word("a") or token.text in ("^", "!", "(")

    def _path(self) -> None:
        """A verb: a variable or a path (rules 84 to 96)."""
        if self._here().kind == "variable":
            self._at += 1
            return
        while True:
            while self._text() in ("^", "!"):
                self._at += 1
            if self._text() == "(":
                self._at += 1
                while self._text() != ")":
                    if self._text() == "|":
                        self._at += 1
                    else:
                        self._path()
                self._take(")")
            elif self._here().kind in ("iri", "name") or self._here().is_word("a"):
                self._at += 1
            else:
                raise self._unexpected()
            while self._text() in ("*", "+", "?"):
                self._at += 1
            if self._text() not in ("/", "|"):
                return
            self._at += 1

    def _term(self) -> None:
        """VarOrTerm or TriplesNode (rules 98 to 109)."""
        token = self._here()
        if token.kind in ("variable", "iri", "name") or token.is_word("true", "false"):
            self._at += 1
        elif token.kind == "string":
            self._at += 1
            if self._at < len(self.tokens) and self._here().kind == "language":
                self._at += 1
            elif self._text() == "^" and self._text(1) == "^":
                self._at += 3
        elif token.kind == "number" or token.text in ("+", "-"):
            self._at += 1 if token.kind == "number" else 2
        elif token.text == "(":
            self._at += 1
            while self._text() != ")":
                self._term()
            self._take(")")
        elif token.text == "[":
            self._at += 1
            inner = Statement(Span(self._at, self._at), block=self._block or 0, nested=True)
            self.statements.append(inner)
            inner.pairs = list(self._pairs())
            inner.last = self._at
            self._take("]")
        else:
            raise self._unexpected()
