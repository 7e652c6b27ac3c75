"""The contracts as EventBridge's schema registry takes them: OpenAPI 3.0 in canonical text.

The same contract gives the same bytes, since a changed text makes a version in the registry, and a
schema has a hundred of them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from votepipe.project.contracts import Contract, mapped
from votepipe.project.subscribers import FEED_SOURCE

_ENVELOPE = ("id", "source", "detail-type", "account", "time", "region", "version")


@dataclass(frozen=True)
class RegistryEntry:
    """What the template needs to know of a contract."""

    contract: Contract

    @property
    def id(self) -> str:
        """The logical id."""
        return self.contract.id.replace(".v", "SchemaV")

    @property
    def name(self) -> str:
        """The name in the registry; its own versions count changes of the text."""
        return f"{FEED_SOURCE}@{self.contract.id}"

    @property
    def file(self) -> str:
        """The schema's own file, which says more than OpenAPI 3.0 can."""
        return f"schemas/{self.contract.file}"

    @property
    def quoted(self) -> str:
        """The text for YAML's single quotes."""
        text = json.dumps(openapi(self.contract), sort_keys=True, separators=(",", ":"))
        return text.replace("'", "''")


def openapi(contract: Contract) -> dict[str, Any]:
    """The document, in the form that AWS's toolkits read."""
    parts = {name.capitalize(): part for name, part in contract.schema["definitions"].items()}
    schemas = {name: mapped(part, _converted) for name, part in parts.items()}
    schemas[contract.event] = mapped(contract.schema, _converted)
    return {
        "openapi": "3.0.0",
        "info": {"title": contract.type, "version": f"{contract.version}.0.0"},
        "externalDocs": {"url": contract.schema["$id"]},
        "paths": {},
        "components": {"schemas": {"AWSEvent": _envelope(contract), **schemas}},
    }


def _envelope(contract: Contract) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "x-amazon-events-source": FEED_SOURCE,
        "x-amazon-events-detail-type": contract.type,
        "required": [*_ENVELOPE, "resources", "detail"],
        "properties": {
            **dict.fromkeys(_ENVELOPE, text),
            "time": {**text, "format": "date-time"},
            "resources": {"type": "array", "items": text},
            "detail": {"$ref": f"#/components/schemas/{contract.event}"},
        },
    }


def _converted(schema: Mapping[str, Any]) -> dict[str, Any]:
    """One schema in OpenAPI 3.0, which has fewer words; what it cannot say is left out."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2].capitalize()
        return {"$ref": f"#/components/schemas/{name}"}
    unsaid = ("$schema", "$id", "definitions", "propertyNames", "x-sunset", "const", "examples")
    new = {word: value for word, value in schema.items() if word not in unsaid}
    if "const" in schema:
        new["enum"] = [schema["const"]]
    if isinstance(schema.get("type"), list):
        del new["type"]
        new["nullable"] = True
    if schema.get("examples"):
        new["example"] = schema["examples"][-1]
    return new
