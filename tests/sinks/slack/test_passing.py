"""What passes at Slack costs no message: votes and digests by bot and by webhook, in the kit."""

from typing import Any

import pytest

from votepipe.emulator.http.receiver import Answer
from votepipe.emulator.http.slack import Slack
from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
SINKS = {"slack": ["settle", "slack"], "digest": ["settle", "tally", "digest"]}
BOT = {"bot_token": "xoxb-1", "channel": "C1"}


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize(
    ("settings", "answer"),
    [
        (BOT, {"body": "<html>busy</html>"}),
        (BOT, {"body": ""}),
        (BOT, {"body": "ok"}),
        (BOT, {"body": {"ok": False, "error": "request_timeout"}}),
        (BOT, {"body": {"ok": False, "error": "service_unavailable"}}),
        (BOT, {"body": {"ok": False, "error": "ratelimited"}}),
        ({}, {"body": "<html>busy</html>"}),
        ({}, {"status": 503, "body": "<html>busy</html>"}),
    ],
    ids=str,
)
def test_it_is_tried_again(sink: str, settings: dict[str, Any], answer: dict[str, Any]) -> None:
    with Pipeline(sinks=SINKS[sink], settings={sink: settings}) as pipeline:
        slack = Slack()
        pipeline.serve(sink, slack)
        pipeline.answer(sink, **answer)
        pipeline.put(VOTE)
        pipeline.advance(hours=24)

        assert pipeline.dead_letters(sink) == []
        assert len(slack.shown) == 1
        assert len(pipeline.attempts(sink)) >= 2


@pytest.mark.parametrize("sink", SINKS)
def test_what_does_not_pass_is_a_dead_letter(sink: str) -> None:
    with Pipeline(sinks=SINKS[sink], settings={sink: BOT}) as pipeline:
        pipeline.serve(sink, lambda _: Answer(body={"ok": False, "error": "is_archived"}))
        pipeline.put(VOTE)
        pipeline.advance(hours=24)

        assert "Correct the template parameter" in pipeline.dead_letters(sink)[0].reason
