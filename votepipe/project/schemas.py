"""The JSON Schemas in `schemas/`, and what breaks them in words without values."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from votepipe.model.errors import reason

FOLDER = Path(__file__).resolve().parents[2] / "schemas"

Check = Callable[[object], list[str]]

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def load(name: str) -> dict[str, Any]:
    """Read a schema by its name with version, such as `vote-cast.v1`."""
    schema: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return schema


@cache
def checker(name: str) -> Check:
    """Compile a schema once, to a function that returns every reason to reject a document."""
    # Formats differ between validators; what a schema asserts, it says in patterns.
    validate = fastjsonschema.compile(
        load(name), use_default=False, use_formats=False, fast_fail=False
    )

    def check(document: object) -> list[str]:
        try:
            validate(document)
        except fastjsonschema.JsonSchemaValuesException as errors:
            return [text for error in errors.errors for text in _words(error)]
        return []

    return check


def _words(error: fastjsonschema.JsonSchemaValueException) -> Iterator[str]:
    path = (error.name or "").removeprefix("data").removeprefix(".") or "document"
    if error.rule == "required":
        at = "" if path == "document" else f"{path}."
        for member in error.rule_definition:
            if member not in error.value:
                yield reason(at + member, "missing")
    else:
        yield reason(path, _rule(error.rule, error.rule_definition))


def _rule(rule: str | None, limit: Any) -> str:
    """Say what a keyword of JSON Schema asks for."""
    match rule:
        case "type":
            kinds = [limit] if isinstance(limit, str) else limit
            return "not " + " or ".join(_TYPES[kind] for kind in kinds if kind != "null")
        case "enum":
            return "not one of " + ", ".join(f"'{allowed}'" for allowed in limit)
        case "const":
            return f"not '{limit}'"
        case "minLength":
            return "empty" if limit == 1 else f"shorter than {limit} characters"
        case "maxLength":
            return f"longer than {limit} characters"
        case "maxProperties":
            return f"more than {limit} fields"
        case "propertyNames":
            return f"a field name longer than {limit['maxLength']} characters"
        case _:
            return f"breaks '{rule}'"
