"""How terms are shown to one reader: words in a language, links to where things are described on this site."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlsplit

import flask
import pyoxigraph as ox
from markupsafe import Markup, escape
from werkzeug.routing import BaseConverter

from kclod.rdf import Term
from kclod.site import Section
from kclod.vocab import RDF, XSD
from kclod.web import interface
from kclod.web.http.addresses import Address
from kclod.web.http.negotiation import choose_language
from kclod.web.http.responses import local_path
from kclod.web.plain import plain
from kclod.web.publication import Publication, current
from kclod.web.things.labels import Label, local_name, pick
from kclod.web.things.statements import Statement

_EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
_DATES = frozenset({XSD["date"].value, XSD["gYear"].value, XSD["gYearMonth"].value, _EDTF})
_QUIET = frozenset(
    {XSD[n].value for n in ("string", "integer", "decimal", "boolean", "anyURI", "nonNegativeInteger")}
    | {RDF["langString"].value}
)
_NUMBERS = frozenset(
    XSD[n].value for n in ("integer", "decimal", "nonNegativeInteger", "positiveInteger", "long", "int")
)
_NUMERIC = re.compile(r"[+-]?(\d{5,30}(\.\d{1,30})?|\d{1,4}\.\d{1,30})")
_IN_PATH, _IN_FRAGMENT = "!$&'()*+,/:;=@", "%!#$&'()*+,/:;=?@"
"""What is not escaped in the path and the fragment of an address, as Werkzeug does it."""
LANGUAGE, KEPT = "kclod.language", "kclod.kept"
"""In the WSGI environment of who makes pages: the language of a request whose `lang` is the text under KEPT, which no
data holds. By it the links that keep the language are found in the page, which tells the two pages apart that a
language has: one by its address, one by Accept-Language."""
_LONG = 80
_NO_ID = re.compile(r"[^\w-]+")
_RULES = {
    "cax": "classes",
    "scm": "classes",
    "prp-spo1": "properties",
    "prp-eqp1": "properties",
    "prp-eqp2": "properties",
    "prp-spo2": "chain",
    "prp-inv1": "inverse",
    "prp-inv2": "inverse",
    "prp-trp": "transitive",
    "prp-symp": "symmetric",
    "prp-dom": "domain",
    "prp-rng": "range",
}
"""Rules, or the first part of their names, and the words for them."""
_PUNCTUATED = re.compile(r"(?<!\S)\S{1,40} [?!:;»](?!\S)|« \S{1,40}(?!\S)")
"""In French, a word and the punctuation that a space parts from it."""
_MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class View:
    """A term ready for a template, nothing in it trusted: the template escapes all of it.

    `href` is a local path, `external` an http(s) address; `language` the tag of the text; `datatype` is named only
    where it tells the reader something; `moment` is the machine's form of a date.
    """

    text: str
    language: str | None = None
    iri: str | None = None
    href: str | None = None
    external: str | None = None
    datatype: str | None = None
    moment: str | None = None
    lexical: str | None = None
    named: bool = True


class LanguageConverter(BaseConverter):
    """A language of the interface in a path; in links also what stands for one."""

    regex = f"(?:{'|'.join(interface.LANGUAGES)})"


class Presenter:
    """For one request: the reader's language, and whether it was chosen by address (then links keep it).

    `kept` is how links spell that language.
    """

    def __init__(self, publication: Publication, language: str, *, chosen: bool, kept: str | None = None) -> None:
        self.publication, self.language, self.chosen, self.kept = publication, language, chosen, kept or language
        self._hrefs: dict[str, str | None] = {}
        self._pages: tuple[str, str] | None = None
        self._things: dict[str, View] = {}
        self._written: dict[Callable[..., str], dict[Term, str]] = {}
        self._terms: dict[str, View] = {}

    @classmethod
    def of_request(cls) -> Presenter:
        """By the address (`?lang=`, or a language in the path), else by Accept-Language."""
        wish = (flask.request.view_args or {}).get("lang") or flask.request.args.get("lang", "")
        if wish == flask.request.environ.get(KEPT):
            return cls(current(), flask.request.environ[LANGUAGE], chosen=True, kept=wish)
        if wish in interface.LANGUAGES:
            return cls(current(), wish, chosen=True)
        flask.g.worded = True
        language = choose_language(flask.request.headers.get("Accept-Language"), interface.LANGUAGES)
        return cls(current(), language, chosen=False)

    def word(self, key: str, **values: object) -> str:
        """A word of the interface."""
        return interface.word(self.language, key, **values)

    def unbroken(self, text: str, language: str | None) -> str:
        """A text in a language, by default the reader's; in French no line begins with its punctuation.

        The spaces stay as they are in the data, so that what is copied from a page is found by a query.
        """
        if (language or self.language) != "fr":
            return text
        return Markup(_PUNCTUATED.sub(r'<span class="unbroken">\g<0></span>', str(escape(text))))  # noqa: S704  # escaped

    def word_or(self, key: str, text: str) -> str:
        """A word of the interface, or another text where there is no such word."""
        return interface.word(self.language, key) if interface.has_word(key) else text

    def number(self, value: int) -> str:
        """A number as the reader writes it."""
        return interface.number(self.language, value)

    def day(self, moment: datetime) -> str:
        """The day of a moment (UTC) in words."""
        return interface.date(self.language, moment.strftime("%Y-%m-%d")) or ""

    def url(self, endpoint: str, **values: object) -> str:
        """A local path (with the prefix the site is mounted at) that keeps a chosen language."""
        if self.chosen:
            values.setdefault("lang", self.kept)
        return local_path(endpoint, values)

    def has(self, endpoint: str) -> bool:
        """Whether the site has such a page."""
        return endpoint in flask.current_app.view_functions

    def text(self, texts: Mapping[str, str]) -> Label:
        """The reader's one of texts by language."""
        return pick(texts, self.language) or Label("")

    def href(self, iri: str) -> str | None:
        """Where on this site an IRI is described; None when it is not."""
        if iri not in self._hrefs:  # a page names the same things over and over
            self._hrefs[iri] = self._href(iri)
        return self._hrefs[iri]

    def _href(self, iri: str) -> str | None:
        site = self.publication.release.site
        document, _, fragment = iri.partition("#")
        if site.ontology_iri and document == site.ontology_iri.partition("#")[0]:
            return self.url("ontology.page", _anchor=fragment or None)
        try:
            node = ox.NamedNode(iri)
        except ValueError:
            return None
        address = self.publication.addresses.of(iri)
        if address is not None:
            return self.page(address)
        return self.url("documents.describe", iri=iri) if self.publication.reader.described(node) else None

    def page(self, address: Address) -> str:
        """What `url` gives for a page, faster: a page links to hundreds of others."""
        if self._pages is None:
            before, _, after = self.url("documents.page", path="PATH").partition("PATH")
            self._pages = before, after
        path, fragment = quote(address.path, safe=_IN_PATH), quote(address.fragment, safe=_IN_FRAGMENT)
        return f"{self._pages[0]}{path}{self._pages[1]}{f'#{fragment}' if fragment else ''}"

    def class_href(self, iri: str) -> str | None:
        """The list of a class's members, or where the class is described when it has none in the default graph."""
        if iri in self.publication.reader.classes():
            return self.url("overview.browse", **{"class": iri})
        return self.href(iri)

    def iri(self, iri: str) -> View:
        """A thing, by its label."""
        if iri not in self._things:
            self._things[iri] = self._thing(iri)
        return self._things[iri]

    def _thing(self, iri: str) -> View:
        label = self.publication.labels.of(iri, self.language)
        if not label.given and (standard := interface.standard_term(self.language, iri)):
            label = Label(standard, self.language)
        text = label.text if label.given or len(label.text) <= _LONG else f"{label.text[: _LONG - 1]}…"
        return View(text, self._tag(label), iri, self.href(iri), web_address(iri), named=label.given)

    def term(self, iri: str) -> View:
        """A class or property, by its label or its local name in words."""
        if iri not in self._terms:
            self._terms[iri] = self._term(iri)
        return self._terms[iri]

    def _term(self, iri: str) -> View:
        label = self.publication.labels.of_term(iri, self.language)
        if not label.given or label.language != self.language:
            standard = interface.standard_term(self.language, iri)
            label = Label(standard, self.language) if standard else label
        return View(label.text, self._tag(label), iri, self.href(iri), web_address(iri), named=label.given)

    def once(self, key: Term, macro: Callable[..., str], *arguments: object) -> str:
        """What a template's macro makes of a term, or of arguments that the term stands for: a page repeats itself."""
        known = self._written.setdefault(macro, {})
        if key not in known:
            known[key] = macro(*(arguments or (key,)))
        return known[key]

    def value(self, term: Term) -> View:
        """Any term."""
        if isinstance(term, ox.NamedNode):
            return self.iri(term.value)
        if isinstance(term, ox.Literal):
            return self._literal(term)
        return View(str(term), named=False)

    def by_language(self, statements: Sequence[Statement]) -> tuple[Sequence[Statement], Sequence[Statement]]:
        """Texts for the reader, and those in other languages; what is no tagged text is for every reader."""
        tags = [s.value.language if isinstance(s.value, ox.Literal) else None for s in statements]
        present = sorted({tag for tag in tags if tag})
        if len(present) < 2:  # nothing to choose from
            return statements, ()
        best = pick({tag: tag for tag in present}, self.language)
        chosen = [not tag or tag == best.language for tag in tags] if best else [True] * len(tags)
        return (
            [s for s, mine in zip(statements, chosen, strict=True) if mine],
            [s for s, mine in zip(statements, chosen, strict=True) if not mine],
        )

    def cell(self, text: str | None) -> View | None:
        """A cell of a stored result: an N-Triples term, or nothing."""
        return None if text is None else self.value(parse_term(text))

    def heading(self, section: Section, column: str) -> str:
        """What stands above a column of a stored query's answers: what the content calls it, else the variable."""
        texts = section.query.headings.get(column)
        return self.text(texts).text if texts else column.replace("_", " ")

    def rule(self, name: str) -> str:
        """What a rule of OWL 2 RL goes by (OWL 2 Profiles, section 4.3), in words."""
        return self.word(f"rule.{_RULES.get(name, _RULES.get(name.partition('-')[0], 'other'))}")

    def brief(self, term: Term) -> View:
        """A term where there is room for a few words: what has no name is called by its kind."""
        view = self.value(term)
        if view.iri is None or view.named or view.href is None:
            return view
        kinds = self.publication.arranger.kinds(ox.NamedNode(view.iri))
        return replace(view, text=self.term(kinds[0].value).text, named=True) if kinds else view

    def anchor(self, iri: str) -> str:
        """The id of the place on a page where a declared fact stands."""
        return f"fact-{_NO_ID.sub('-', local_name(iri))}"

    def one_line(self, text: str) -> str:
        """A text in one line, without what would turn the text around it."""
        return plain(text)

    def local_name(self, iri: str) -> str:
        """The last part of an IRI."""
        return local_name(iri)

    def _tag(self, label: Label) -> str | None:
        return None if label.language == self.language else label.language

    def _literal(self, literal: ox.Literal) -> View:
        value, datatype = literal.value, literal.datatype.value
        if literal.language:
            return View(value, None if literal.language == self.language else literal.language)
        if datatype in _DATES:
            shown = interface.date(self.language, value)
            return View(
                shown or value,
                moment=value if shown and _MOMENT.fullmatch(value) else None,
                lexical=value if shown else None,
                datatype=None if shown else "EDTF" if datatype == _EDTF else None,
            )
        if datatype == XSD["boolean"].value and value in ("true", "false", "1", "0"):
            return View(self.word("yes" if value in ("true", "1") else "no"))
        if datatype in _NUMBERS and _NUMERIC.fullmatch(value):  # a year is often an integer: four digits stay together
            return View(interface.number(self.language, Decimal(value)))
        if datatype == XSD["language"].value:
            return View(interface.language_name(self.language, value) or value)
        if datatype == XSD["anyURI"].value:
            return View(value, external=web_address(value))
        shown_type = None if datatype in _QUIET else self.publication.labels.compact(datatype)
        return View(value, datatype=shown_type)


def web_address(iri: str) -> str | None:
    """The IRI when a browser may be sent there: http or https with a host, and no control character."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return None
    safe = parts.scheme in ("http", "https") and parts.netloc and not re.search(r"[\x00-\x20\x7f]", iri)
    return iri if safe else None


def parse_term(text: str) -> Term:
    """The term that an N-Triples term is."""
    if text.startswith("<") and text.endswith(">") and not text.startswith("<<") and "\\" not in text:
        return ox.NamedNode(text[1:-1])
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    quad: ox.Quad = next(iter(ox.parse(f"<x:s> <x:p> {text} .".encode(), ox.RdfFormat.N_TRIPLES)))
    return quad.object
