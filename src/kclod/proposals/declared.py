"""`mappings/registries.yaml`: the registries that links are proposed to, as the content declares them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from kclod.errors import Problem, RefusedError, UsageError
from kclod.match.registries import Table

FILE = "registries.yaml"


class Declared(BaseModel):
    """A registry. Its IRIs are `namespace`, an id and `after`; `prefix` stands for the namespace in CURIEs.

    `things` is a SPARQL query for what of ours may be linked, `sparql` one that asks an endpoint for candidates
    (docs/linking.md); `links` the mapping set in mappings/ that takes decisions. `exact` is what an exact match is said
    with: `schema:identifier` where the records have no IRIs, but numbers that are things of the dataset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    source: str
    namespace: str
    prefix: str
    things: str
    after: str = ""
    sparql: str | None = None
    exact: Literal["skos:exactMatch", "schema:identifier"] = "skos:exactMatch"
    links: str | None = None
    tables: tuple[Table, ...] = ()

    def iri(self, key: str) -> str:
        """The IRI of an id of the registry; an IRI as it is."""
        return key if key.startswith(self.namespace) else f"{self.namespace}{key}{self.after}"

    def curie(self, key: str) -> str:
        """An id of the registry, or its IRI, as a CURIE."""
        return f"{self.prefix}:{self.iri(key).removeprefix(self.namespace)}"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    registries: dict[str, Declared]


@dataclass(frozen=True, slots=True)
class Target:
    """A registry that links are proposed to. `links`: the project's mapping set for it, if it has one."""

    name: str
    declared: Declared
    links: Path | None


def read_target(project: Path, name: str) -> Target:
    """A registry by its name. UsageError where none has it; RefusedError for a declaration that is wrong."""
    path = project / "mappings" / FILE
    if not path.is_file():
        raise UsageError(Problem("linking.undeclared", "no registry is declared", "write this file", str(path)))
    try:
        found = _File.model_validate(YAML(typ="safe", pure=True).load(path.read_text("utf-8")))
    except (YAMLError, UnicodeDecodeError) as error:
        raise RefusedError(Problem("linking.declaration", str(error), "correct the YAML", str(path))) from None
    except ValidationError as error:
        raise RefusedError(
            Problem("linking.declaration", each["msg"], "correct it", str(path), item=".".join(map(str, each["loc"])))
            for each in error.errors()
        ) from None
    if name not in found.registries:
        known = ", ".join(found.registries)
        raise UsageError(Problem("linking.undeclared", f"no registry {name!r}", f"name one of {known}", str(path)))
    declared = found.registries[name]
    return Target(name, declared, project / "mappings" / declared.links if declared.links else None)
