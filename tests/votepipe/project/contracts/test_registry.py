"""The schemas in the template: OpenAPI that says what it can of each contract, in stable text."""

import json
from typing import Any

import openapi_spec_validator
import pytest
from openapi_schema_validator import OAS30Validator

from votepipe.project import Project, checkout
from votepipe.project.contracts import Contract, of_feed
from votepipe.project.contracts.registry import RegistryEntry, openapi
from votepipe.project.template import read

ROOT = checkout()
CONTRACTS = of_feed(Project.read(ROOT))
RESOURCES: dict[str, Any] = read(ROOT)["Resources"]
MOST_CHARACTERS = 100_000
each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.id)


def written(contract: Contract) -> dict[str, Any]:
    """The resource in the template."""
    resource: dict[str, Any] = RESOURCES[RegistryEntry(contract).id]
    return resource


@each_contract
def test_the_template_has_the_contract_for_aws(contract: Contract) -> None:
    resource = written(contract)

    assert resource["Condition"] == "IsAws"
    assert resource["Properties"]["SchemaName"] == f"votepipe.feed@{contract.id}"
    assert json.loads(resource["Properties"]["Content"]) == openapi(contract)


@each_contract
def test_the_text_is_canonical_and_fits(contract: Contract) -> None:
    text = written(contract)["Properties"]["Content"]

    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert text.isascii()
    assert len(text) <= MOST_CHARACTERS


@each_contract
def test_it_is_openapi_as_the_toolkits_read_it(contract: Contract) -> None:
    document = openapi(contract)

    openapi_spec_validator.validate(document)
    envelope = document["components"]["schemas"]["AWSEvent"]
    assert envelope["x-amazon-events-source"] == "votepipe.feed"
    assert envelope["x-amazon-events-detail-type"] == contract.type
    assert "$id" not in json.dumps(document["components"])


@each_contract
def test_it_takes_what_the_contract_takes_and_refuses_much_else(contract: Contract) -> None:
    document = openapi(contract)
    validator = OAS30Validator({**document, "$ref": "#/components/schemas/AWSEvent"})
    envelope = dict.fromkeys(("id", "account", "region", "version"), "x") | {
        "source": "votepipe.feed",
        "detail-type": contract.type,
        "time": "2026-01-04T10:00:03Z",
        "resources": [],
    }

    for example in contract.schema["examples"]:
        validator.validate(envelope | {"detail": example})
        assert not validator.is_valid(envelope | {"detail": example | {"version": 2}})
        assert not validator.is_valid(envelope | {"detail": example | {"vote": {"widgetId": 5}}})


def test_only_what_other_teams_get_is_there() -> None:
    schemas = [
        name for name, each in RESOURCES.items() if each["Type"] == "AWS::EventSchemas::Schema"
    ]

    assert schemas == [RegistryEntry(contract).id for contract in CONTRACTS]
    assert "VoteRejected" not in {contract.event for contract in CONTRACTS}
