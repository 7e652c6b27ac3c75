"""votepipe/project/sync.py: a sink on a schedule has a timer in the place of a rule."""

from pathlib import Path
from typing import Any

import pytest

from votepipe.project import generated
from votepipe.project.sync import block, resources
from votepipe.project.template import parsed

SINK = '''"""Tell the time."""
from votepipe import sink

@sink(schedule="rate(1 hour)")
def handler(event): ...
'''


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Any]:
    """Parameters and resources that `votepipe sync` makes of a sink called `big_ben`."""
    (tmp_path / "sinks").mkdir()
    (tmp_path / "sinks" / "big_ben.py").write_text(SINK)
    found = resources(tmp_path)
    parts = [block(name, found) for name in (generated.SETTINGS, generated.RESOURCES)]
    return parsed("\n".join(parts))


def test_its_schedule_and_time_zone_are_parameters(made: dict[str, Any]) -> None:
    assert made["BigBenSchedule"]["Default"] == "rate(1 hour)"
    assert made["BigBenTimezone"]["Default"] == "UTC"


def test_it_has_a_timer_and_no_rule(made: dict[str, Any]) -> None:
    properties = made["BigBenTimer"]["Properties"]

    assert "BigBenRule" not in made
    assert properties["ScheduleExpression"] == {"Ref": "BigBenSchedule"}
    assert properties["ScheduleExpressionTimezone"] == {"Ref": "BigBenTimezone"}
    assert properties["Target"]["Arn"] == {"Fn::GetAtt": ["BigBenQueue", "Arn"]}


def test_nothing_but_the_timers_role_lets_anybody_send(made: dict[str, Any]) -> None:
    for queue in ("BigBenQueue", "BigBenDeadLetters"):
        policy = made[f"{queue}Policy"]
        statements = policy["Properties"]["PolicyDocument"]["Statement"]

        assert policy["Condition"] == "IsAws"
        assert [statement["Effect"] for statement in statements] == ["Deny"]
