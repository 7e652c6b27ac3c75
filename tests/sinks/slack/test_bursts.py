"""sinks/slack: a newsletter goes out, and hundreds vote in a minute."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from votepipe.testing import Pipeline

BOT = {"bot_token": "xoxb-1", "channel": "C1"}
WEBHOOK: dict[str, Any] = {"bot_token": None}
MANY = re.compile(r"got (\d+) votes")


@pytest.fixture
def burst(slack_class: Any) -> Any:
    """Have so many people vote in so many seconds, on so many articles; what came of it."""

    def burst(
        way: dict[str, Any], votes: int, seconds: float, articles: int, **more: Any
    ) -> tuple[Pipeline, Any]:
        with Pipeline(
            sinks=["settle", "slack"],
            parameters={"QuietPeriodSeconds": "30"},
            settings={"slack": {**way, **more}},
        ) as pipeline:
            slack = slack_class(lambda: pipeline.world.now)
            pipeline.serve("slack", slack)
            for number in range(votes):
                vote = {"widgetId": "w", "voteId": f"v{number}", "voteType": "thumbsup"}
                answers = json.dumps({"q": f"{number}!"}) if number % 4 == 0 else {}
                pipeline.put({**vote, "instanceOfJoy": f"a{number % articles}", "answers": answers})
                pipeline.advance(seconds=seconds / votes)
            pipeline.run_until_idle()
            return pipeline, slack

    return burst


def counted(slack: Any) -> int:
    """How many votes the messages that are shown stand for."""
    found = [MANY.search(text) for text in slack.shown.values()]
    return sum(int(match[1]) if match else 1 for match in found)


def receives(pipeline: Pipeline) -> list[int]:
    """How often each message was received."""
    most: Counter[str] = Counter()
    for line in pipeline.lines("SlackSink"):
        if "messageId" in line:
            most[line["messageId"]] = max(most[line["messageId"]], line["attempt"])
    return list(most.values())


@pytest.mark.parametrize("way", [BOT, WEBHOOK], ids=["bot", "webhook"])
@pytest.mark.parametrize("articles", [1, 15])
def test_in_a_burst_the_pace_is_kept_and_every_vote_accounted_for(
    burst: Any, way: dict[str, Any], articles: int
) -> None:
    pipeline, slack = burst(way, votes=600, seconds=72, articles=articles)

    assert slack.limited == 0
    assert counted(slack) == 600
    assert len(slack.calls) < 150
    assert pipeline.dead_letters() == []
    assert sum(receives(pipeline)) / len(receives(pipeline)) < 3


def test_without_anything_to_gather_the_line_is_long_and_nobody_is_hot(burst: Any) -> None:
    pipeline, slack = burst(WEBHOOK, votes=300, seconds=36, articles=300)

    assert slack.limited == 0
    assert len(slack.calls) == counted(slack) == 300
    assert max(receives(pipeline)) <= 5


def test_on_an_ordinary_day_each_vote_is_a_message(burst: Any) -> None:
    _, slack = burst(WEBHOOK, votes=100, seconds=600, articles=2)

    assert len(slack.calls) == counted(slack) == 100
