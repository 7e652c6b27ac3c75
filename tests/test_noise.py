"""docs/noise.md: its time line is what happens."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from votepipe.testing import Pipeline

PAGE = Path("docs/noise.md").read_text()


def test_the_time_line_is_what_happens() -> None:
    shown = re.findall(r"^(10:\d\d:\d\d)  (Vote\w+)", PAGE, re.MULTILINE)
    vote: dict[str, Any] = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup"}
    first = vote | {"answers": json.dumps({"field_1": "yes"})}
    both = vote | {"answers": json.dumps({"field_1": "yes", "field_2": "no"})}
    with Pipeline(sinks=["settle", "slack"]) as pipeline:
        for gap, item in (
            (20, vote | {"answers": {}}),
            (30, first),
            (180, both),
            (0, both | {"voteType": "thumbsdown"}),
        ):
            pipeline.put(item)
            pipeline.advance(seconds=gap)
        pipeline.run_until_idle()

        happened = [
            (datetime.fromisoformat(event["time"]), event["detail-type"])
            for event in pipeline.events()
        ]

        assert [kind for _, kind in happened] == [kind for _, kind in shown]
        for (at, kind), (text, _) in zip(happened, shown, strict=True):
            late = (at - datetime.fromisoformat(f"{at:%Y-%m-%d} {text}Z")).total_seconds()
            # Settling waits twice for up to a second for other messages, and one in the queue.
            assert 0 <= late <= (3 if kind == "VoteSettled" else 0)
        assert len(pipeline.sent("slack")) == 2
