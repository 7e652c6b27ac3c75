"""votepipe/dev/recovery/forget.py: nothing of a reader stays, and nothing of another goes."""

import json
from collections.abc import Callable
from typing import Any

from votepipe.dev.recovery.forget import Forgotten, forget
from votepipe.emulator.http.slack import Slack
from votepipe.testing import Answer, Pipeline

READER, OTHER = "reader@example.com", "other@example.com"
SETTINGS = {"slack": {"bot_token": "xoxb-1", "channel": "C1"}}


def test_nothing_of_a_reader_stays_where_it_can_be_erased(deployed: Callable[..., Any]) -> None:
    sinks = ["settle", "slack", "tally", "webhook"]
    with Pipeline(sinks=sinks, settings=SETTINGS, fill_secrets=True) as pipeline:
        slack = Slack()
        pipeline.serve("slack", slack)
        pipeline.serve("webhook", lambda _: Answer(status=404))
        for number, voter in enumerate((READER, OTHER, READER)):
            pipeline.put(
                {"widgetId": "w", "voteId": f"v{number}", "voteType": "thumbsup", "voter": voter}
            )
        pipeline.run_until_idle()
        assert len(slack.shown) == 3

        pipeline.serve("webhook", lambda _: Answer())
        found = deployed(pipeline)
        gone = forget(found, found.table.name, READER)
        pipeline.run_until_idle()

        assert gone == Forgotten(votes=2, letters=2, unread=0)
        assert [item["voter"]["S"] for item in pipeline.items("VotesTable")] == [OTHER]
        assert sum("withdrawn" in text for text in slack.shown.values()) == 2
        kept = json.dumps([pipeline.items(name) for name in ("DeliveriesTable", "TallyTable")])
        assert READER not in kept
        (letter,) = pipeline.dead_letters()
        assert OTHER in json.dumps(letter.body)
        (article,) = (item for item in pipeline.items("TallyTable") if "up" in item)
        assert article["up"] == {"N": "1"}
