"""What the Reconciliation Service API 0.2 says of messages, as JSON Schemas, and a client that does as OpenRefine does.

The schemas state what those of the specification state (https://reconciliation-api.github.io/specs/0.2/schemas/, W3C
Community Group Final Report CG-FINAL-specs-0.2-20230410) and what its text adds; they are written anew, not copied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jsonschema
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WORD: Schema = {"type": "string", "minLength": 1}  # section 2: identifiers and names are not empty


def record(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, *, only: bool = True
) -> Schema:
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": not only}


def listed(item: Schema, **more: object) -> Schema:
    return {"type": "array", "items": item, **more}


NAMED = record({"id": WORD, "name": WORD})
KIND = record({"id": WORD, "name": WORD}, {"description": WORD, "broader": listed(NAMED)})
TEMPLATE: Schema = {"type": "string", "format": "uri", "pattern": r"\{\{id\}\}"}
ADDRESS: Schema = {"type": "string", "pattern": "^https?://[^ ]+$"}
SUGGESTER = record(
    {"service_url": ADDRESS, "service_path": {"type": "string", "pattern": "^/[^?]*$"}},
    {"flyout_service_url": ADDRESS, "flyout_service_path": {"type": "string", "pattern": r"\$\{id\}"}},
)
_SETTING = {"name": WORD, "label": WORD}
SETTING: Schema = {
    "oneOf": [
        record({**_SETTING, "type": {"const": "number"}}, {"default": {"type": "number"}, "help_text": TEXT}),
        record({**_SETTING, "type": {"const": "text"}}, {"default": TEXT, "help_text": TEXT}),
        record({**_SETTING, "type": {"const": "checkbox"}}, {"default": {"type": "boolean"}, "help_text": TEXT}),
        record(
            {**_SETTING, "type": {"const": "select"}, "choices": listed(record({"value": TEXT, "name": WORD}))},
            {"default": TEXT, "help_text": TEXT},
        ),
    ]
}
MANIFEST = record(
    {
        "versions": listed(WORD, contains={"const": "0.2"}),
        "name": WORD,
        "identifierSpace": ADDRESS,
        "schemaSpace": ADDRESS,
    },
    {
        "documentation": ADDRESS,
        "logo": ADDRESS,
        "serviceVersion": WORD,
        "defaultTypes": listed(KIND, uniqueItems=True),
        "view": record({"url": TEMPLATE}),
        "feature_view": record({"url": TEMPLATE}),
        "preview": record({"url": TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}}),
        "suggest": record({}, dict.fromkeys(("entity", "property", "type"), SUGGESTER)),
        "extend": record(
            {},
            {
                "propose_properties": record({"service_url": ADDRESS, "service_path": WORD}),
                "property_settings": listed(SETTING),
            },
        ),
        "batchSize": {"type": "integer", "minimum": 1},
    },
)
VALUE: Schema = {
    "oneOf": [
        {"type": ["string", "number", "boolean"]},
        record({"id": WORD}, {"name": TEXT}, only=False),
    ]
}
QUERY: Schema = record(
    {},
    {
        "query": TEXT,
        "type": {"oneOf": [TEXT, listed(TEXT)]},
        "limit": {"type": "number"},
        "properties": listed(record({"pid": TEXT, "v": {"oneOf": [VALUE, listed(VALUE)]}}, only=False)),
        "type_strict": {"enum": ["any", "should", "all"]},
    },
) | {
    "anyOf": [
        {"required": ["query"]},
        {"required": ["properties"], "properties": {"properties": {"minItems": 1}}},
    ]
}
QUERIES: Schema = {"type": "object", "additionalProperties": QUERY}
CANDIDATE = record(
    {"id": WORD, "name": WORD, "score": {"type": "number", "minimum": 0, "maximum": 100}},
    {
        "description": TEXT,
        "type": listed(NAMED),
        "match": {"type": "boolean"},
        "features": listed(record({"id": WORD, "value": {"type": ["number", "boolean"]}})),
    },
)
RESULTS: Schema = {
    "type": "object",
    "additionalProperties": record({"result": listed(CANDIDATE)}, {"error": {"type": "object"}}),
}
ENTITIES = record(
    {"result": listed(record({"id": WORD, "name": WORD}, {"description": TEXT, "notable": listed(NAMED)}))}
)
PROPERTIES = record({"result": listed(record({"id": WORD, "name": WORD}, {"description": TEXT}))})
KINDS = record({"result": listed(KIND)})
PROPOSED = record(
    {"properties": listed(record({"id": WORD, "name": WORD}, {"description": TEXT}))},
    {"type": TEXT, "limit": {"type": "integer"}},
)
FLYOUT = record({"id": WORD, "html": WORD})
MOMENT = r"^-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"
EXTENDED = record(
    {
        "meta": listed(record({"id": WORD, "name": WORD}, {"type": NAMED, "service": ADDRESS})),
        "rows": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": listed(
                    {
                        "oneOf": [
                            record({"id": WORD, "name": WORD}, {"description": TEXT}),
                            record({"str": TEXT}),
                            record({"float": {"type": "number"}}),
                            record({"int": {"type": "integer"}}),
                            record({"date": {"type": "string", "pattern": MOMENT}}),
                        ]
                    }
                ),
            },
        },
    },
    {"errors": listed({"type": "object"})},
)


def conforms(value: object, schema: Schema) -> None:
    jsonschema.Draft202012Validator(schema).validate(value)


class OpenRefine:
    """A client that does what OpenRefine 3.7 does, from its sources: how it writes addresses, forms and settings."""

    def __init__(self, client: FlaskClient, address: str = "/reconcile") -> None:
        """Add the service: its manifest is fetched by a script of another origin, which jQuery lets name its Accept."""
        self._client, self._address = client, address
        headers = {"Accept": "application/json, text/javascript, */*; q=0.01", "Origin": "http://127.0.0.1:3333"}
        response = client.get(address, headers=headers)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.mimetype == "application/json"
        self.manifest: dict[str, Any] = response.json
        conforms(self.manifest, MANIFEST)

    def reconcile(self, queries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        """A batch: keys q0, q1 …, form-encoded; what has no `result` would be an error in the cell."""
        batch = {f"q{number}": query for number, query in enumerate(queries)}
        conforms(batch, QUERIES)
        response = self._post("queries", batch)
        assert response.status_code == 200, response.text
        conforms(response.json, RESULTS)
        assert list(response.json) == list(batch)
        return [response.json[key]["result"] for key in batch]

    def suggest(self, what: str, prefix: str, **more: str) -> list[dict[str, Any]]:
        at = self.manifest["suggest"][what]
        found = self._get(f"{at['service_url']}{at['service_path']}?{urlencode({'prefix': prefix, **more})}").json
        conforms(found, {"entity": ENTITIES, "type": KINDS, "property": PROPERTIES}[what])
        return found["result"]

    def flyout(self, what: str, identifier: str) -> str:
        at = self.manifest["suggest"][what]
        path = at["flyout_service_path"].replace("${id}", quote(identifier, safe=""))
        found = self._get(at.get("flyout_service_url", at["service_url"]) + path).json
        conforms(found, FLYOUT)
        assert found["id"] == identifier
        return found["html"]

    def preview(self, identifier: str) -> TestResponse:
        return self._get(self.manifest["preview"]["url"].replace("{{id}}", quote(identifier, safe="")))

    def view(self, identifier: str) -> TestResponse:
        """`encodeURI` leaves slashes as they are."""
        return self._get(self.manifest["view"]["url"].replace("{{id}}", quote(identifier, safe="/")))

    def propose(self, kind: str) -> list[dict[str, Any]]:
        """The identifier of the type is put behind the address as it is."""
        at = self.manifest["extend"]["propose_properties"]
        found = self._get(f"{at['service_url']}{at['service_path']}?type={kind}").json
        conforms(found, PROPOSED)
        return found["properties"]

    def extend(self, identifiers: list[str], properties: list[dict[str, Any]]) -> dict[str, Any]:
        response = self._post("extend", {"ids": identifiers, "properties": properties})
        assert response.status_code == 200, response.text
        conforms(response.json, EXTENDED)
        rows = response.json["rows"]
        assert set(rows) == set(identifiers)
        assert all(set(row) == {one["id"] for one in properties} for row in rows.values())
        return response.json

    def _post(self, field: str, value: object) -> TestResponse:
        body = f"{field}={quote(json.dumps(value, ensure_ascii=False), safe='')}"
        return self._client.post(self._address, data=body, content_type="application/x-www-form-urlencoded")

    def _get(self, address: str) -> TestResponse:
        """An address of the manifest, which is one from outside, on this site."""
        parts = urlsplit(address)
        path = parts.path[parts.path.index("/reconcile") :]
        return self._client.get(f"{path}?{parts.query}")
