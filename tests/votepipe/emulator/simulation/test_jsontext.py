"""votepipe/emulator/simulation/jsontext.py."""

from typing import Any

import pytest

from votepipe.emulator.simulation.jsontext import as_json, last_part, parsed


@pytest.mark.parametrize(
    ("text", "expected"), [('{"a": 1}', {"a": 1}), ("no json", None), ("[" * 100_000, None)]
)
def test_json_is_read_where_there_is_some(text: str, expected: Any) -> None:
    assert parsed(text) == expected


def test_a_copy_is_what_json_makes_of_it() -> None:
    assert as_json({"a": (1, 2), "b": b"\x00", "c": {"x"}}) == {
        "a": [1, 2],
        "b": "AA==",
        "c": ["x"],
    }


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="object is not JSON"):
        as_json(object())


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:events:us-east-1:1:event-bus/votes", "votes"),
        ("arn:aws:sqs:us-east-1:1:queue", "queue"),
        ("https://sqs.us-east-1.amazonaws.com/1/queue", "queue"),
        ("votes", "votes"),
    ],
)
def test_the_name_is_at_the_end(arn: str, name: str) -> None:
    assert last_part(arn) == name
