"""votepipe/project/contracts/exports.py: the official parser and linter take what we write."""

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from votepipe.project import Project, checkout
from votepipe.project.contracts.exports import asyncapi, eventcatalog

PROJECT = Project.read(checkout())
PARSE = """
import { text } from "node:stream/consumers";
import { Parser } from "@asyncapi/parser";
const { document, diagnostics } = await new Parser().parse(await text(process.stdin));
const names = document ? document.allMessages().all().map((each) => each.id()) : [];
console.log(JSON.stringify({ names, found: diagnostics.map((each) => each.message) }));
"""


def parsed(document: Any, node_modules: Path) -> dict[str, list[str]]:
    """What the official parser finds."""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", PARSE],
        input=json.dumps(document),
        cwd=node_modules.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_the_official_parser_takes_the_asyncapi_document(
    node_modules: Path, grown: Project
) -> None:
    names = ["VoteCast.v1", "VoteChanged.v1", "VoteSettled.v1", "VoteWithdrawn.v1"]

    assert parsed(asyncapi(PROJECT), node_modules) == {"names": names, "found": []}
    assert parsed(asyncapi(grown), node_modules)["found"] == []


@pytest.mark.slow
def test_the_official_parser_refuses_a_reference_to_nothing(node_modules: Path) -> None:
    document = asyncapi(PROJECT)
    del document["components"]["schemas"]["VoteCast.v1"]

    assert parsed(document, node_modules)["found"]


def invalid(document: dict[str, Any]) -> list[str]:
    """The messages with an example that its payload refuses, which the parser does not check."""
    return [
        name
        for name, message in document["components"]["messages"].items()
        for example in message["examples"]
        if not jsonschema.Draft7Validator(
            {**document, "$ref": f"{message['payload']['$ref']}/schema"}
        ).is_valid(example["payload"])
    ]


def test_every_example_fits_its_payload() -> None:
    document = asyncapi(PROJECT)
    assert invalid(document) == []

    document["components"]["messages"]["VoteCast.v1"]["examples"][0]["payload"]["vote"][
        "answers"
    ] = 5
    assert invalid(document) == ["VoteCast.v1"]


def linted(files: dict[str, str], folder: Path, node_modules: Path) -> tuple[int, str]:
    """What EventCatalog's linter finds."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    command = [node_modules / ".bin" / "eventcatalog-linter", "--fail-on-warning", folder]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_eventcatalogs_linter_takes_the_files(node_modules: Path, tmp_path: Path) -> None:
    files = eventcatalog(PROJECT)

    code, said = linted(files, tmp_path, node_modules)

    assert code == 0, said
    assert f"{sum(name.endswith('.mdx') for name in files)} files checked" in said


@pytest.mark.slow
def test_eventcatalogs_linter_warns_only_of_the_version_that_ends(
    node_modules: Path, tmp_path: Path, grown: Project
) -> None:
    files = eventcatalog(grown)

    _, said = linted(files, tmp_path / "catalog", node_modules)

    assert "0 errors, 3 warnings" in said
    assert said.count("versions/no-deprecated-references") == 3
    assert 'version: "2.0.0"' in files["events/VoteSettled/index.mdx"]
    assert '"date": "2027-06-30"' in files["events/VoteSettled/versioned/1.0.0/index.mdx"]
    assert '"version": "1.0.0"' in files["services/analytics/index.mdx"]


@pytest.mark.slow
def test_eventcatalogs_linter_refuses_a_version_that_is_not_there(
    node_modules: Path, tmp_path: Path
) -> None:
    files = eventcatalog(PROJECT)
    path = "services/votepipe/index.mdx"
    files[path] = files[path].replace('"1.0.0"}', '"9.0.0"}')

    code, said = linted(files, tmp_path, node_modules)

    assert code != 0
    assert "9.0.0" in said
