"""What a newsletter's 5,000 votes in ten minutes make of a Slack channel: python bench/burst.py.

On the virtual clock, against a channel that answers 429 to a second call within a second. Every
vote must be accounted for in what the channel shows.
"""

import json
import re
from collections import Counter
from typing import Any

from votepipe.testing import Pipeline
from votepipe.testing.slack import Channel

VOTES, SECONDS = 5_000, 600
BOT = {"bot_token": "xoxb-1", "channel": "C1"}
WAYS: dict[str, dict[str, Any]] = {
    "webhook": {"bot_token": None},
    "bot": BOT,
    "threads": BOT | {"threads": "true"},
}
MANY = re.compile(r"got (\d+) votes")
COUNTS = re.compile(r"^_a\d+_: 👍 (\d+) · 👎 (\d+)")


def main() -> None:
    print(f"{'way':8} articles  calls  votes shown  429s  receives  most")
    for way in WAYS:
        for articles in (1, 20):
            print(f"{way:8} {articles:8}  {burst(way, articles)}")


def burst(way: str, articles: int) -> str:
    sinks = ["settle", "slack", *(["tally"] if way == "threads" else [])]
    with Pipeline(sinks=sinks, settings={"slack": WAYS[way]}) as pipeline:
        channel = Channel(lambda: pipeline.world.now)
        pipeline.serve("slack", channel)
        for number in range(VOTES):
            vote = {"widgetId": "w", "voteId": f"v{number}", "voteType": "thumbsup"}
            answers = json.dumps({"q": f"{number}!"}) if number % 4 == 0 else {}
            pipeline.put({**vote, "instanceOfJoy": f"a{number % articles}", "answers": answers})
            pipeline.advance(seconds=SECONDS / VOTES)
        pipeline.run_until_idle()
        if not pipeline.nothing_lost() or pipeline.dead_letters():
            raise SystemExit(str(pipeline.nothing_lost()))
        received = receives(pipeline)
        mean = sum(received) / len(received)
        return (
            f"{len(channel.calls):5}  {shown(channel):11,}  {channel.limited:4}  {mean:8.2f}  "
            f"{max(received):4}"
        )


def shown(channel: Channel) -> int:
    """How many votes the messages that are shown stand for, counts above threads left out."""
    texts = [text for text in channel.shown.values() if not COUNTS.match(text)]
    return sum(int(match[1]) if (match := MANY.search(text)) else 1 for text in texts)


def receives(pipeline: Pipeline) -> list[int]:
    """How often each message was received."""
    most: Counter[str] = Counter()
    for line in pipeline.lines("SlackSink"):
        if "messageId" in line:
            most[line["messageId"]] = max(most[line["messageId"]], line["attempt"])
    return list(most.values())


if __name__ == "__main__":
    main()
