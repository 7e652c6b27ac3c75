"""Types of the events for consumers, in Python and TypeScript, by generators that know both."""

import functools
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from votepipe.project.contracts import Contract, ContractError, mapped

Schema = dict[str, Any]

_WORDS = "The events of a votepipe feed; 'make models' writes this from schemas/."
_PYTHON = [
    *(sys.executable, "-m", "datamodel_code_generator", "--input-file-type", "jsonschema"),
    *("--output-model-type", "typing.TypedDict", "--target-python-version", "3.11"),
    *("--class-name", "VoteEvent", "--formatters", "builtin", "--use-union-operator"),
    *("--use-typed-map-values-beside-other-types", "--use-schema-description"),
    *("--custom-file-header", f'"""{_WORDS}"""'),
]
_TYPESCRIPT = """
import { text } from "node:stream/consumers";
import { compile } from "json-schema-to-typescript";
const options = { bannerComment: process.argv[1], additionalProperties: false };
process.stdout.write(await compile(JSON.parse(await text(process.stdin)), "VoteEvent", options));
"""


def python(contracts: Iterable[Contract]) -> str:
    """A module of TypedDicts, which needs nothing at run time."""
    return _run(_PYTHON, mapped(combined(contracts), _as_map))


def typescript(contracts: Iterable[Contract], packages: Path) -> str:
    """A module of interfaces; `packages` is a folder with node_modules/."""
    command = ["node", "--input-type=module", "-e", _TYPESCRIPT, f"/* {_WORDS} */"]
    return _run(command, mapped(combined(contracts), _unknown), packages)


def combined(contracts: Iterable[Contract]) -> Schema:
    """One schema for any of the events, with each event and its parts by name.

    Equal parts are one; those that differ begin with the name of their event.
    """
    names: list[str] = []
    definitions: Schema = {}
    shared: Schema = {}
    for contract in contracts:
        names.append(contract.type.replace(".v", "V"))
        parts = contract.schema["definitions"]
        own = _differing(parts, shared)
        calls = {part: (names[-1] if part in own else "") + part.capitalize() for part in parts}
        for part, schema in [*parts.items(), ("", contract.schema)]:
            bare = mapped(schema, functools.partial(_bare, calls=calls))
            definitions[calls.get(part, names[-1])] = bare
    return {
        "oneOf": [{"$ref": f"#/definitions/{name}"} for name in names],
        "definitions": definitions,
    }


def _differing(parts: Schema, shared: Schema) -> set[str]:
    """The parts that are not those of the same name before, or that refer to one which is not."""
    own = {name for name, part in parts.items() if shared.setdefault(name, part) != part}
    for _ in parts:
        references = [f'"#/definitions/{name}"' for name in own]
        own |= {
            name
            for name, part in parts.items()
            if any(each in json.dumps(part) for each in references)
        }
    return own


def _bare(schema: Schema, calls: Mapping[str, str]) -> Schema:
    """What generators need of a schema: they would name types by titles and addresses."""
    if "$ref" in schema:
        return {"$ref": f"#/definitions/{calls[schema['$ref'].rpartition('/')[2]]}"}
    unread = ("$schema", "$id", "title", "examples", "definitions")
    return {word: value for word, value in schema.items() if word not in unread}


def _as_map(schema: Schema) -> Schema:
    """Only type checkers of tomorrow know dictionaries with some names that are known."""
    if isinstance(schema.get("additionalProperties"), dict):
        return {word: value for word, value in schema.items() if word != "properties"}
    return schema


def _unknown(schema: Schema) -> Schema:
    """json-schema-to-typescript takes what may be anything for an object."""
    anything = not schema.keys() & {"type", "const", "enum", "$ref", "allOf", "oneOf"}
    return {**schema, "tsType": "unknown"} if anything else schema


def _run(command: list[str], schema: Schema, folder: Path | None = None) -> str:
    done = subprocess.run(
        command, input=json.dumps(schema), cwd=folder, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "Error" in line]
        raise ContractError(f"{Path(command[0]).name} wrote no types: {' '.join(said)}")
    return done.stdout
