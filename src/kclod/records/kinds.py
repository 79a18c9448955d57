"""The kinds of record that a project declares, as a typed model and as JSON Schema.

`mappings/records.yaml` says which kinds of entity and of item there are and which fields each has. From it, and from
the concepts and classes of the ontology and the registry's entities, the pydantic models are made that check the
record files; the published JSON Schema is made from the same models.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import pyoxigraph as ox
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model
from pydantic import ValidationError as ModelError
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from kclod.errors import Problem, RefusedError
from kclod.records.dates import bounds
from kclod.records.located import Located, read_yaml

FieldType = Literal[
    "ref", "claim", "concept", "class", "text", "string", "date", "integer", "decimal", "iri", "boolean", "object"
]


RESERVED = {
    "article": ("id", "iri", "origin", "title", "text"),
    "claim": ("id", "kind", "claim", "article", "origin", "note", "evidence"),
    "entities": ("id", "iri", "kind", "origin", "label", "alt", "definition", "note"),
    "items": ("id", "kind", "claim", "article", "origin", "note", "evidence"),
}
"""The names that a row has whatever the project declares."""

RESERVED_NESTED = ("n", "parent")
"""Those that the row of a nested object has."""


class FieldSpec(BaseModel):
    """One field of a kind: its type, and whether it may repeat or must be there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType
    doc: str = ""
    to: list[str] = Field(default_factory=list, description="for ref: the kinds of entity that it may name")
    scheme: str = Field("", description="for concept: the slug of the SKOS scheme")
    under: str = Field("", description="for class: the local name of the class whose subclasses may be named")
    fields: dict[str, FieldSpec] = Field(default_factory=dict, description="for object: its fields")
    many: bool = False
    required: bool = False


class KindSpec(BaseModel):
    """A kind of entity or item."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    doc: str = ""
    fields: dict[str, FieldSpec] = Field(default_factory=dict)


class Kinds(BaseModel):
    """The whole declaration: fields of a source article, fields that every item has, kinds of entity and of item."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    article: KindSpec
    claim: KindSpec
    entities: dict[str, KindSpec]
    items: dict[str, KindSpec]

    def fields(self) -> Iterator[tuple[tuple[str, ...], FieldSpec]]:
        """Every declared field with its path in the declaration, those of objects after the object."""
        todo: list[tuple[tuple[str, ...], Mapping[str, FieldSpec]]] = [
            (("article",), self.article.fields),
            (("claim",), self.claim.fields),
            *((("entities", key), kind.fields) for key, kind in self.entities.items()),
            *((("items", key), kind.fields) for key, kind in self.items.items()),
        ]
        while todo:
            steps, fields = todo.pop(0)
            for key, spec in fields.items():
                path = (*steps, "fields", key)
                yield path, spec
                if spec.fields:
                    todo.append((path, spec.fields))


@dataclass(frozen=True)
class Vocabulary:
    """The names that fields may use: token → IRI for concepts (by scheme) and classes (by superclass), and the kind of
    each registered entity and the identifiers of all claims."""

    concepts: Mapping[str, Mapping[str, str]]
    classes: Mapping[str, Mapping[str, str]]
    entities: Mapping[str, Collection[str]]
    """Kind → slugs."""
    claims: Collection[str] | None
    """`{article}/{item}` of every item of every article; None where that is not known, and so not asked."""

    def has_claim(self, key: str) -> bool:
        """Whether there is such an item, as far as that is known."""
        return self.claims is None or key in self.claims


# --- what problems are called, and what to do about them ---------------------------------------------------------

FIXES = {
    "extra_forbidden": ("record.unknown-field", "remove the field or correct its name"),
    "missing": ("record.missing-field", "add the field"),
    "unknown_entity": ("record.unknown-entity", "register it under examples/entities/ or correct its name"),
    "unknown_concept": ("record.unknown-concept", "use one of the scheme's concepts, or add it to the ontology"),
    "unknown_class": ("record.unknown-class", "use one of the classes, or add it to the ontology"),
    "unknown_claim": ("record.unknown-claim", "name an item as ITEM or ARTICLE/ITEM"),
    "bad_date": ("record.date", "write an EDTF date such as 2025-07, 2025-07-29 or 2025-07-29/2025-07-30"),
    "bad_iri": ("record.iri", "write an absolute IRI"),
    "bad_span": ("record.span", "give start < end, both within the text, in Unicode code points"),
    "union_tag_invalid": ("record.unknown-kind", "use one of the kinds that mappings/records.yaml declares"),
    "union_tag_not_found": ("record.missing-field", "add the field `kind`"),
    "string_pattern_mismatch": ("record.form", "correct the value's form"),
}


def problems_of(error: ModelError, document: Located) -> list[Problem]:
    """Each fault that the model found, with the line and column of the value or of the record that lacks it."""
    problems = []
    for fault in error.errors(include_url=False):
        rule, fix = FIXES.get(fault["type"], (f"record.{fault['type'].replace('_', '-')}", "correct the value"))
        line, column = document.place(fault["loc"])
        where = ".".join(str(step) for step in fault["loc"])
        problems.append(Problem(rule, f"{where}: {fault['msg']}", fix, document.name, line, column))
    return problems


def read_kinds(path: Path, name: str) -> Kinds:
    """`mappings/records.yaml` → Kinds. RefusedError with every fault and its line."""
    document = read_yaml(path, name)
    try:
        kinds = Kinds.model_validate(document.value)
    except ModelError as error:
        raise RefusedError(problems_of(error, document)) from None
    needs: dict[str, Callable[[FieldSpec], object]] = {
        "ref": lambda spec: spec.to and set(spec.to) <= set(kinds.entities),
        "concept": lambda spec: spec.scheme,
        "class": lambda spec: spec.under,
        "object": lambda spec: spec.fields,
    }
    problems: list[Problem] = []

    for steps, spec in kinds.fields():
        if steps[-1] in (RESERVED_NESTED if steps.count("fields") > 1 else RESERVED[steps[0]]):
            line, column = document.place(steps)
            message = f"{'.'.join(steps)}: every row has a {steps[-1]!r} of its own"
            problems.append(Problem("kinds.reserved-field", message, "give the field another name", name, line, column))
        if spec.type in needs and not needs[spec.type](spec):
            line, column = document.place(steps)
            problems.append(
                Problem(
                    "kinds.incomplete",
                    f"{'.'.join(steps)}: a field of type {spec.type} does not say which",
                    "`to` names kinds of entity, `scheme` a SKOS scheme, `under` a class, `fields` an object's fields",
                    name,
                    line,
                    column,
                )
            )
    if problems:
        raise RefusedError(problems)
    return kinds


# --- field types --------------------------------------------------------------------------------------------------

Slug = Annotated[str, StringConstraints(pattern=r"^[^\W_]+(-[^\W_]+)*$", max_length=120)]
"""Lower- or upper-case letters and digits of any script, joined by single hyphens."""

LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _date(value: str) -> str:
    try:
        bounds(value)
    except ValueError as error:
        raise PydanticCustomError("bad_date", "{reason}", {"reason": str(error)}) from None
    return value


def _iri(value: str) -> str:
    try:
        ox.NamedNode(value)  # checks by RFC 3987
    except ValueError:
        raise PydanticCustomError("bad_iri", "{value} is no absolute IRI", {"value": repr(value)}) from None
    return value


def _year_as_text(value: object) -> object:
    return str(value) if type(value) is int else value  # YAML reads a bare year as a number


Date = Annotated[
    str,
    BeforeValidator(_year_as_text),
    AfterValidator(_date),
    WithJsonSchema(
        {"type": "string", "description": "a date in EDTF (ISO 8601-2)", "examples": ["2025-07-29", "2025-07"]}
    ),
]
Iri = Annotated[str, AfterValidator(_iri), WithJsonSchema({"type": "string", "format": "iri"})]


def _one_of(names: Collection[str], error: str, what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in names:
            raise PydanticCustomError(error, "{value} is no {what}", {"value": repr(value), "what": what})
        return value

    return check


@dataclass(frozen=True)
class _Models:
    """Makes the pydantic models of a declaration."""

    kinds: Kinds
    vocabulary: Vocabulary

    def type_of(self, spec: FieldSpec, name: str) -> Any:  # a type form, which has no better type
        known = self.vocabulary
        match spec.type:
            case "ref":
                slugs = {slug for kind in spec.to for slug in known.entities.get(kind, ())}
                check = _one_of(slugs, "unknown_entity", f"registered {' or '.join(spec.to)}")
                schema = {"type": "string", "description": f"a registered {' or '.join(spec.to)}"}
                return Annotated[str, AfterValidator(check), WithJsonSchema(schema)]
            case "claim":
                schema = {"type": "string", "description": "an item: ITEM, or ARTICLE/ITEM"}
                return Annotated[str, WithJsonSchema(schema)]
            case "concept":
                return self.token(known.concepts.get(spec.scheme, {}), "unknown_concept", f"concept of {spec.scheme}")
            case "class":
                return self.token(known.classes.get(spec.under, {}), "unknown_class", f"subclass of {spec.under}")
            case "text":
                return Annotated[dict[LanguageTag, Words], Field(min_length=1)]
            case "string":
                return Words
            case "date":
                return Date
            case "iri":
                return Iri
            case "object":
                return self.model(name, spec.fields)
            case "integer":
                return Annotated[int, Field(strict=True)]
            case "decimal":
                return Decimal
            case "boolean":
                return Annotated[bool, Field(strict=True)]

    def token(self, names: Mapping[str, str], error: str, what: str) -> Any:  # a type form
        return Annotated[
            str, AfterValidator(_one_of(names, error, what)), WithJsonSchema({"type": "string", "enum": sorted(names)})
        ]

    def definitions(self, name: str, fields: Mapping[str, FieldSpec]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, spec in fields.items():
            one = self.type_of(spec, f"{name}-{key}")
            whole: Any = Annotated[list[one], Field(min_length=1)] if spec.many else one  # type: ignore[valid-type]  # made at run time
            default = ... if spec.required else None
            result[key] = (whole if spec.required else whole | None, Field(default, description=spec.doc or None))
        return result

    def model(self, name: str, fields: Mapping[str, FieldSpec], base: type[BaseModel] | None = None) -> type[BaseModel]:
        return create_model(name, __base__=base or Strict, **self.definitions(name, fields))


class Strict(BaseModel):
    """Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class SourceText(Strict):
    """The text that the positions count in, by digest; the text itself is not kept."""

    file: Words
    sha256: Sha256
    length: Annotated[int, Field(gt=0, description="in Unicode code points")]


class Span(Strict):
    """Evidence: a stretch of the source text."""

    start: Annotated[int, Field(ge=0, description="first code point, from 0")]
    end: Annotated[int, Field(gt=0, description="one past the last code point")]
    sha256: Annotated[Sha256, Field(description="of the stretch, in UTF-8")]


class ArticleBase(Strict):
    """What each article's head has, whatever the project adds."""

    id: Slug
    title: Words
    text: SourceText


class ItemBase(Strict):
    """What each item has, whatever its kind."""

    id: Slug
    evidence: Annotated[list[Span], Field(min_length=1)]
    note: Words | None = Field(None, description="the curator's remark")


class EntityBase(Strict):
    """What each entity of the registry has, whatever its kind."""

    id: Slug
    label: Annotated[dict[LanguageTag, Words], Field(min_length=1, description="preferred label by language")]
    alt: dict[LanguageTag, list[Words]] | None = Field(None, description="other names by language")
    definition: dict[LanguageTag, Words] | None = None
    note: Words | None = Field(None, description="the curator's remark")


@dataclass(frozen=True)
class RecordModels:
    """The models that check record files."""

    article_file: type[BaseModel]
    entity_files: Mapping[str, type[BaseModel]]

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of an article file and, under `$defs`, of each kind of entity file."""
        schema = self.article_file.model_json_schema()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        definitions = schema.setdefault("$defs", {})
        for kind, model in self.entity_files.items():
            entity = model.model_json_schema()
            definitions.update(entity.pop("$defs", {}))
            definitions[f"entities-{kind}"] = entity
        return schema


def build_models(kinds: Kinds, vocabulary: Vocabulary) -> RecordModels:
    """The models of a declaration; fields may use the names that the vocabulary knows."""
    models = _Models(kinds, vocabulary)
    optional = {key: spec.model_copy(update={"required": False}) for key, spec in kinds.claim.fields.items()}

    def file_model(name: str, **parts: Any) -> type[BaseModel]:  # type forms, which have no better type
        return create_model(name, __base__=Strict, **parts)

    def item_model(kind: str, fields: Mapping[str, FieldSpec]) -> type[BaseModel]:
        tagged: dict[str, Any] = {"kind": (Literal[kind], ...)}
        return models.model(f"item-{kind}", {**optional, **fields}, create_model("item", __base__=ItemBase, **tagged))

    # whether a required field of every item is there, is known only once the defaults are filled in
    items = tuple(item_model(kind, spec.fields) for kind, spec in kinds.items.items())
    item: Any = Annotated[Union[items], Field(discriminator="kind")]  # noqa: UP007  # made at run time
    defaults: Any = models.model("defaults", optional) | None
    article_file = file_model(
        "article file",
        article=(models.model("article", kinds.article.fields, ArticleBase), ...),
        defaults=(defaults, Field(None, description="values for the items that do not state them")),
        items=(list[item], ...),
    )
    entity_files = {}
    for kind, spec in kinds.entities.items():
        tag: Any = Literal[kind]
        entity: Any = models.model(f"entity-{kind}", spec.fields, EntityBase)
        entity_files[kind] = file_model(f"{kind} file", kind=(tag, ...), entities=(list[entity], ...))
    return RecordModels(article_file, entity_files)
