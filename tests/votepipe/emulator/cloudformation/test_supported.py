"""votepipe/emulator/cloudformation/supported.py, and the table of it in docs/testing.md."""

from pathlib import Path

import pytest

from votepipe.emulator.cloudformation import supported
from votepipe.emulator.simulation.errors import Unmodelled


def test_the_page_lists_what_is_modelled() -> None:
    page = Path("docs/testing.md").read_text()
    rows = [
        f"| `{kind}` | {words(facts.modelled)} | {words(facts.without_effect)} |"
        for kind, facts in sorted(supported.MODELLED.items())
    ]

    missing = [row for row in rows if row not in page]
    assert missing == [], "docs/testing.md: write these rows into its table\n" + "\n".join(rows)


def test_the_page_lists_what_has_no_say() -> None:
    page = Path("docs/testing.md").read_text()
    expected = ", ".join(f"`{kind}`" for kind in sorted(supported.INERT))

    assert expected in page, f"docs/testing.md: write this list\n{expected}"


def words(names: frozenset[str]) -> str:
    return " ".join(f"`{name}`" for name in sorted(names))


def test_an_unknown_type_is_refused_by_its_name() -> None:
    with pytest.raises(Unmodelled, match="'Stream' is of type 'AWS::Kinesis::Stream'"):
        supported.check("Stream", "AWS::Kinesis::Stream", {})


def test_an_unknown_property_is_refused_by_its_name() -> None:
    with pytest.raises(Unmodelled, match=r"'Queue' \(AWS::SQS::Queue\) has 'FifoQueue'"):
        supported.check("Queue", "AWS::SQS::Queue", {"FifoQueue": True, "DelaySeconds": 1})


def test_what_moves_no_event_is_let_be() -> None:
    supported.check("Alarm", "AWS::CloudWatch::Alarm", {"Anything": 1})

    assert "AWS::CloudWatch::Alarm" not in supported.MODELLED
