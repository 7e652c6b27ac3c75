"""votepipe/aws/logs.py: one JSON line, which CloudWatch also counts by."""

import json
from typing import Any

import pytest

from votepipe import Secret, log
from votepipe.model import times


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(times, "now", lambda: 1_767_520_803.25)
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_has_level_message_time_and_facts(lines: Any) -> None:
    log("delivered", level="WARNING", eventId="e1", attempt=2)

    assert lines() == [
        {
            "level": "WARNING",
            "message": "delivered",
            "timestamp": "2026-01-04T10:00:03.250+00:00",
            "eventId": "e1",
            "attempt": 2,
        }
    ]


def test_facts_that_are_not_known_are_left_out(lines: Any) -> None:
    log("delivered", eventId=None)

    assert "eventId" not in lines()[0]


def test_what_json_cannot_hold_shows_its_type_alone(lines: Any) -> None:
    log("delivered", key=Secret("swordfish"), reasons=[{1}])

    (line,) = lines()
    assert line["key"] == "Secret"
    assert line["reasons"] == ["set"]


def test_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log("delivered", why="two\nlines \u2028 and half \ud83d")

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.isascii()


def test_metrics_are_facts_that_cloudwatch_reads_by_function(
    lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "votepipe-SlackSink")

    log("delivered", metrics={"Delivered": (1, "Count"), "took": (3, "Milliseconds")})

    (line,) = lines()
    assert (line["function"], line["Delivered"], line["took"]) == ("votepipe-SlackSink", 1, 3)
    assert line["_aws"] == {
        "Timestamp": 1_767_520_803_250,
        "CloudWatchMetrics": [
            {
                "Namespace": "votepipe",
                "Dimensions": [["function"]],
                "Metrics": [
                    {"Name": "Delivered", "Unit": "Count"},
                    {"Name": "took", "Unit": "Milliseconds"},
                ],
            }
        ],
    }
