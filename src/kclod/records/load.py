"""Record files → rows: every file read and checked, all problems of all files reported at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from pydantic import BaseModel
from pydantic import ValidationError as ModelError

from kclod.errors import Problem, RefusedError
from kclod.project import Project
from kclod.records.kinds import Kinds, Vocabulary, build_models, problems_of, read_kinds
from kclod.records.located import Located, read_yaml
from kclod.records.plain import Steps
from kclod.records.rows import Expander, Row
from kclod.vocab import RDFS, SKOS

Rows = dict[str, list[Row]]
SOURCES = ARTICLES, ENTITIES, ITEMS = ("articles.json", "entities.json", "items.json")
"""The source paths by which mappings name the rows."""


@dataclass(frozen=True)
class Records:
    """The rows that mappings read, by the source path by which they name them, and the models that checked them."""

    rows: Mapping[str, list[Row]]
    kinds: Kinds
    reader: Reader

    def to_files(self) -> dict[str, bytes]:
        """The rows as JSON files, a row a line."""
        return {
            name: ("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n").encode()
            for name, rows in self.rows.items()
        }


def concepts_by_scheme(ontology: Iterable[ox.Triple]) -> dict[str, dict[str, str]]:
    """Scheme → token → concept IRI, where scheme and token are the last segments of the IRIs."""
    found: dict[str, dict[str, str]] = {}
    for t in ontology:
        if (
            t.predicate == SKOS["inScheme"]
            and isinstance(t.subject, ox.NamedNode)
            and isinstance(t.object, ox.NamedNode)
        ):
            found.setdefault(_tail(t.object.value), {})[_tail(t.subject.value)] = t.subject.value
    return found


def classes_below(ontology: Collection[ox.Triple], names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Local name of a class → local name → IRI of the class and all its named subclasses."""
    below: dict[str, list[str]] = {}
    for t in ontology:
        if (
            t.predicate == RDFS["subClassOf"]
            and isinstance(t.subject, ox.NamedNode)
            and isinstance(t.object, ox.NamedNode)
        ):
            below.setdefault(t.object.value, []).append(t.subject.value)
    everyone = {iri for children in below.values() for iri in children} | set(below)
    found: dict[str, dict[str, str]] = {}
    for name in names:
        todo = [iri for iri in everyone if _tail(iri) == name]
        reached: dict[str, str] = {}
        while todo:
            iri = todo.pop()
            if reached.setdefault(_tail(iri), iri) == iri:
                todo.extend(child for child in below.get(iri, ()) if _tail(child) not in reached)
        found[name] = dict(sorted(reached.items()))
    return found


def _tail(iri: str) -> str:
    return iri.replace("#", "/").rsplit("/", 1)[-1]


def load_records(project: Project) -> Records:
    """All record files of a project → rows. RefusedError carries every problem of every file."""
    kinds = read_kinds(project.kinds_file, project.name_of(project.kinds_file))
    problems: list[Problem] = []
    entity_files = _read(project, project.entity_files, problems)
    article_files = _read(project, project.article_files, problems)
    vocabulary = vocabulary_of(
        project.ontology, kinds, registered(entity_files, kinds, problems), claims_of(article_files, problems)
    )
    reader = Reader(kinds, vocabulary, project.dataset.base_iri)
    rows: Rows = {name: [] for name in SOURCES}
    for read, documents in ((reader.entities, entity_files), (reader.article, article_files)):
        for document in documents:
            faults: list[Problem] = []
            for name, some in read(document, faults).items():
                rows[name].extend(some)
            problems.extend(faults)
    if problems:
        raise RefusedError(problems)
    return Records(rows, kinds, reader)


def vocabulary_of(
    ontology: Collection[ox.Triple],
    kinds: Kinds,
    entities: Mapping[str, Collection[str]],
    claims: Collection[str] | None,
) -> Vocabulary:
    """The names that fields may use: those of the ontology, the registered entities by kind, and the claims."""
    return Vocabulary(
        concepts=concepts_by_scheme(ontology),
        classes=classes_below(ontology, {spec.under for _, spec in kinds.fields() if spec.under}),
        entities=entities,
        claims=claims,
    )


class Reader:
    """Makes the rows of record files, one file at a time, by the source paths under which mappings read them."""

    def __init__(self, kinds: Kinds, vocabulary: Vocabulary, base_iri: str) -> None:
        self.models = build_models(kinds, vocabulary)
        self.expand = Expander(kinds, vocabulary, base_iri)
        self._kinds, self._vocabulary = kinds, vocabulary

    def schema(self) -> bytes:
        """The JSON Schema of the record files."""
        return (json.dumps(self.models.json_schema(), indent=1, ensure_ascii=False) + "\n").encode()

    def begin(self) -> None:
        """Forget which entities and claims the files so far have named."""
        self.expand.named_entities.clear()
        self.expand.named_claims.clear()

    def entities(self, document: Located, problems: list[Problem]) -> Rows:
        """The rows of a file of entities; none, and what is wrong in `problems`, where it is not as it should be."""
        model = self.models.entity_files.get(_get(document.value, "kind"))
        record = (_check(model, document, problems) if model else None) or {"kind": "", "entities": ()}
        entities = [
            self.expand.entity(record["kind"], one, _origin(document, ("entities", index)))
            for index, one in enumerate(record["entities"])
        ]
        return {ARTICLES: [], ENTITIES: entities, ITEMS: []}

    def article(self, document: Located, problems: list[Problem]) -> Rows:
        """The rows of an article's file; none, and what is wrong in `problems`, where it is not as it should be."""
        record = _check(self.models.article_file, document, problems)
        faults = _check_items(document, self._kinds, self._vocabulary) if record else []
        problems.extend(faults)
        if record is None or faults:
            return {ARTICLES: [], ENTITIES: [], ITEMS: []}
        head = self.expand.article(record["article"], _origin(document, ("article",)))
        defaults = record.get("defaults") or {}
        items = [
            self.expand.item(head, {**defaults, **one}, _origin(document, ("items", index)))
            for index, one in enumerate(record["items"])
        ]
        return {ARTICLES: [head], ENTITIES: [], ITEMS: items}


def _read(project: Project, paths: Iterable[Any], problems: list[Problem]) -> list[Located]:
    documents = []
    for path in paths:
        try:
            documents.append(read_yaml(path, project.name_of(path)))
        except RefusedError as error:
            problems.extend(error.problems)
    return documents


def _check(model: type[BaseModel], document: Located, problems: list[Problem]) -> dict[str, Any] | None:
    try:
        return model.model_validate(document.value).model_dump(exclude_none=True)
    except ModelError as error:
        problems.extend(problems_of(error, document))
        return None


def _origin(document: Located, steps: Steps) -> Row:
    return {"file": document.name, "line": document.place(steps)[0]}


def _get(value: object, key: str) -> Any:  # unchecked YAML
    return value.get(key) if isinstance(value, dict) else None


def _list(value: object, key: str) -> list[Any]:
    found = _get(value, key)
    return found if isinstance(found, list) else []


class _Names:
    """Collects names that must be unique, and says where each stood first."""

    def __init__(self, problems: list[Problem], what: str) -> None:
        self.problems, self.what = problems, what
        self.first: dict[str, tuple[Located, Steps]] = {}

    def add(self, name: object, document: Located, steps: Steps) -> bool:
        if not isinstance(name, str):
            return False  # the model reports it
        if name in self.first:
            line, column = document.place(steps)
            other, at = self.first[name]
            self.problems.append(
                Problem(
                    "record.duplicate-id",
                    f"the {self.what} {name!r} is there already, at {other.name}:{other.place(at)[0]}",
                    "give each its own id, or merge the two",
                    document.name,
                    line,
                    column,
                )
            )
            return False
        self.first[name] = (document, steps)
        return True


def registered(documents: Iterable[Located], kinds: Kinds, problems: list[Problem]) -> dict[str, set[str]]:
    """Kind → slugs of the entities that files register; slugs that stand twice and unknown kinds are problems."""
    slugs: dict[str, set[str]] = {kind: set() for kind in kinds.entities}
    names = _Names(problems, "entity")
    for document in documents:
        kind = _get(document.value, "kind")
        if kind not in slugs:
            line, column = document.place(("kind",))
            known = ", ".join(sorted(slugs))
            problems.append(
                Problem(
                    "record.unknown-kind",
                    f"kind: {kind!r} is declared nowhere",
                    f"use one of {known}",
                    document.name,
                    line,
                    column,
                )
            )
            continue
        for index, entity in enumerate(_list(document.value, "entities")):
            slug = _get(entity, "id")
            if names.add(slug, document, ("entities", index, "id")):
                slugs[kind].add(slug)
    return slugs


def claims_of(documents: Iterable[Located], problems: list[Problem]) -> set[str]:
    """`{article}/{item}` of all items of article files; articles and items that stand twice are problems."""
    articles, claims = _Names(problems, "article"), _Names(problems, "item")
    for document in documents:
        article = _get(_get(document.value, "article"), "id")
        articles.add(article, document, ("article", "id"))
        for index, item in enumerate(_list(document.value, "items")):
            if isinstance(slug := _get(item, "id"), str):
                claims.add(f"{article}/{slug}", document, ("items", index, "id"))
    return set(claims.first)


def _check_items(document: Located, kinds: Kinds, vocabulary: Vocabulary) -> list[Problem]:
    """What no single field shows: fields that only the defaults may fill, spans within the text, named claims."""
    problems: list[Problem] = []
    article, length = _get(document.value, "article")["id"], _get(document.value, "article")["text"]["length"]
    defaults = _get(document.value, "defaults") or {}

    def problem(steps: Steps, rule: str, message: str, fix: str) -> None:
        line, column = document.place(steps)
        problems.append(Problem(rule, message, fix, document.name, line, column))

    for index, item in enumerate(_list(document.value, "items")):
        steps: Steps = ("items", index)
        for key, spec in kinds.claim.fields.items():
            if spec.required and item.get(key) is None and defaults.get(key) is None:
                problem(
                    steps, "record.missing-field", f"{item['id']}: no {key}", "add the field here or to the defaults"
                )
            if spec.type == "claim":
                for name in item.get(key) or [] if spec.many else [item.get(key)]:
                    if name and not vocabulary.has_claim(name if "/" in name else f"{article}/{name}"):
                        problem(
                            (*steps, key),
                            "record.unknown-claim",
                            f"{name!r} is no item",
                            "name an item as ITEM or ARTICLE/ITEM",
                        )
        for n, span in enumerate(item["evidence"]):
            if not span["start"] < span["end"] <= length:
                problem(
                    (*steps, "evidence", n),
                    "record.span",
                    f"{item['id']}: {span['start']}–{span['end']} is no span of the text's {length} code points",
                    "give start < end ≤ length, in Unicode code points",
                )
    return problems
