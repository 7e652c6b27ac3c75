"""Files of contracts: added, removed, in two versions side by side."""

import copy
import json
from datetime import date
from typing import Any

from votepipe.emulator.patterns import matches
from votepipe.project import checkout, schemas
from votepipe.project.contracts import Contract, in_folder, parsed
from votepipe.project.contracts.evolution import check, remedy
from votepipe.project.subscribers import Subscriber
from votepipe.project.template import read

PRESENT = in_folder(schemas.FOLDER)
TODAY = date(2027, 1, 1)


def version_2() -> dict[str, Any]:
    """VoteSettled with a third vote, as its own version."""
    schema = copy.deepcopy(schemas.load("vote-settled.v1"))
    schema["$id"] = schema["$id"].replace(".v1.", ".v2.")
    schema["properties"]["version"]["const"] = 2
    schema["properties"]["type"]["const"] = "VoteSettled.v2"
    schema["definitions"]["vote"]["properties"]["voteType"]["enum"].append("sideways")
    return schema


def as_contract(file: str, schema: dict[str, Any]) -> Contract:
    return parsed(file, json.dumps(schema))


def sunset(day: str) -> list[Contract]:
    """The contracts with a day after which VoteSettled is no longer sent."""
    file = "vote-settled.v1.json"
    ending = as_contract(file, schemas.load("vote-settled.v1") | {"x-sunset": day})
    return [ending if each.file == file else each for each in PRESENT]


def breaking(published: list[Contract], present: list[Contract]) -> list[str]:
    return [
        f"{file}: {each.path} {each.reason}"
        for file, changes in check(published, present, TODAY).items()
        for each in changes
        if each.breaking
    ]


def test_nothing_changed() -> None:
    assert check(PRESENT, PRESENT, TODAY) == {}


def test_a_new_event_breaks_nobody() -> None:
    assert breaking(PRESENT[1:], PRESENT) == []
    assert "VoteCast" in check(PRESENT[1:], PRESENT, TODAY)["vote-cast.v1.json"][0].reason


def test_a_version_ends_after_its_day_only() -> None:
    without = [each for each in PRESENT if each.type != "VoteSettled"]

    assert "no 'x-sunset'" in breaking(PRESENT, without)[0]
    assert "until 2027-01-01" in breaking(sunset("2027-01-01"), without)[0]
    assert breaking(sunset("2026-12-31"), without) == []


def test_a_new_version_stands_beside_the_old_one_and_its_subscriber_notices_nothing() -> None:
    both = [*sunset("2027-06-30"), as_contract("vote-settled.v2.json", version_2())]
    kit = read(checkout() / "examples" / "subscriber")["Resources"]["Rule"]["Properties"]
    ours = Subscriber(name="team", events=("VoteSettled",), same_account=True).pattern

    assert breaking(PRESENT, both) == []
    for contract in both:
        envelope = {"account": "1", "source": "votepipe.feed", "detail-type": contract.type}
        for example in contract.schema["examples"]:
            sent = envelope | {"detail": example | {"version": contract.version}}
            assert matches(ours, sent) == (contract.id == "VoteSettled.v1")
            # The kit takes every event of version 1.
            assert matches(kit["EventPattern"] | {"account": ["1"]}, sent) == (
                contract.version == 1
            )


def test_a_version_has_a_file_an_address_and_a_type_of_its_own() -> None:
    taken = version_2()
    taken["properties"]["type"]["const"] = "VoteSettled"
    taken["$id"] = "https://votepipe.example/schemas/vote-settled.v1.json"

    wrong = breaking(PRESENT, [*PRESENT, as_contract("vote-settled.v2.json", taken)])

    assert any("'VoteSettled.v2'" in each for each in wrong)
    assert any("$id must end with /vote-settled.v2.json" in each for each in wrong)


def test_the_remedy_is_the_next_version() -> None:
    both = [*PRESENT, as_contract("vote-settled.v2.json", version_2())]

    text = remedy("vote-settled.v1.json", "v0.1.0", both)

    for part in ("as it is in v0.1.0", "vote-settled.v3.json", '"version": 3', '"VoteSettled.v3"'):
        assert part in text
