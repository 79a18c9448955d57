"""How to cite what the site says of a thing: plain text, BibTeX and CSL-JSON (Citation Style Language 1.0.2)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from kclod.web.plain import plain

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_KEY = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Citation:
    """What is cited: a thing's name, the dataset that describes it, who publishes that, and which release it is."""

    iri: str
    title: str
    dataset: str
    publisher: str | None
    version: str
    issued: str | None
    """The day on which the dataset was issued, or its year or month (ISO 8601)."""
    language: str

    def text(self) -> str:
        """One line to paste."""
        year = f" ({self.issued[:4]})" if self.issued else ""
        publisher = f"{plain(self.publisher)}{year}. " if self.publisher else f"{year.strip()} ".lstrip()
        return f"{publisher}{plain(self.title)}. {plain(self.dataset)}, {self.version}. {self.iri}"

    def bibtex(self) -> str:
        """An entry of the type @misc, which every BibTeX style knows; the version and the note say which release."""
        key = _KEY.sub("-", f"{self.iri.partition('//')[2]}-{self.version}").strip("-").lower()
        fields = {
            "title": f"{{{_latex(self.title)}}}",
            "author": f"{{{_latex(self.publisher)}}}" if self.publisher else None,
            "howpublished": _latex(self.dataset),
            "version": _latex(self.version),
            "year": self.issued[:4] if self.issued else None,
            "url": self.iri.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C"),
            "language": self.language,
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"

    def csl(self) -> str:
        """One item in a list, as reference managers import it."""
        item: dict[str, object] = {
            "id": self.iri,
            "type": "dataset",
            "title": plain(self.title),
            "container-title": plain(self.dataset),
            "version": self.version,
            "URL": self.iri,
            "language": self.language,
        }
        if self.publisher:
            item |= {"publisher": plain(self.publisher), "author": [{"literal": plain(self.publisher)}]}
        if self.issued:
            item["issued"] = {"date-parts": [[int(part) for part in self.issued.split("-")]]}
        return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in plain(text))
