"""What a newsletter's 5,000 votes in ten minutes make of a Slack channel.

    .venv/bin/python bench/burst.py [VOTES]

On the virtual clock, against a channel that answers 429 to a second call within a second. Every
fourth reader answers a question 15 seconds after their vote. Every vote must be accounted for in
what the channel shows at the end, by article and kind. The functions run in processes of their own,
so that what each holds can be distinguished from what the kit keeps.
"""

import contextlib
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

from apart import LATENCY, Apart, Memory

from votepipe.emulator.http.slack import Slack
from votepipe.testing import Pipeline
from votepipe.testing.pipeline import START

BOT = {"bot_token": "xoxb-1", "channel": "C1"}
WAYS: dict[str, dict[str, Any]] = {
    "webhook": {"bot_token": None},
    "bot": BOT,
    "threads": BOT | {"threads": "true"},
}
KINDS = {"👍": "thumbsup", "👎": "thumbsdown"}
PARENT = re.compile(r"_(a\d+)_: 👍 (\d+) · 👎 (\d+)")
MANY = re.compile(r"_(a\d+)_ got \d+ votes: ([^\n]*)")
ONE = re.compile(r"\w+ _(a\d+)_ got a (👍|👎)")

# Votes by article and kind.
Votes = Counter[tuple[str, str]]
Write = tuple[float, str, str, dict[str, Any]]


def main(votes: int = 5_000) -> None:
    for way in WAYS:
        for articles in (1, 20, votes):
            if articles < votes or way == "webhook":
                print(f"{way}, {votes:,} votes, articles: {articles:,}", flush=True)
                print(burst(way, articles, votes), flush=True)


@dataclass
class Seen:
    """What came of a burst; `memory` has each function's, a few times in the course of it."""

    channel: Slack
    pipeline: Pipeline
    memory: dict[str, list[Memory]]
    drained: float

    def __str__(self) -> str:
        received = receives(self.pipeline)
        methods = Counter(self.channel.methods)
        edits = methods.pop("chat.update", 0)
        lines = [
            f"{methods.total():,} messages, {edits:,} edits, {self.channel.limited} times 429; "
            f"the last {self.drained:,.0f} s after the last write",
            f"each event received {sum(received) / len(received):.2f} times, "
            f"at most {max(received)}",
        ]
        for function, seen in self.memory.items():
            sizes = " ".join(f"{each.megabytes:.1f}" for each in seen)
            objects = " ".join(f"{each.objects:,}" for each in seen)
            lines.append(f"{function}: MB {sizes}; objects {objects}")
        return "".join(f"  {line}\n" for line in lines)


def burst(
    way: str, articles: int, votes: int, *, seconds: float = 600, quiet: int = 120, looks: int = 5
) -> Seen:
    """Have so many people vote; the memory of each function is looked at so many times."""
    sinks = ["settle", "slack", *(["tally"] if way == "threads" else [])]
    with contextlib.ExitStack() as stack:
        pipeline = stack.enter_context(
            Pipeline(
                sinks=sinks,
                parameters={"QuietPeriodSeconds": str(quiet)},
                settings={"slack": WAYS[way]},
            )
        )
        pipeline.latency(*LATENCY)
        channel = Slack(lambda: pipeline.simulation.now)
        pipeline.serve("slack", channel)
        functions = {
            name: stack.enter_context(Apart(pipeline, name))
            for name in (f"{sink.title()}Sink" for sink in sinks if looks)
        }
        written: Votes = Counter()
        made = writes(articles, votes, seconds)
        for number, (at, article, kind, item) in enumerate(made, 1):
            pipeline.advance(seconds=at - (pipeline.simulation.now - START.timestamp()))
            pipeline.put(item)
            written[article, kind] += not item["answers"]
            if looks and number % (len(made) // looks) == 0:
                look(functions)
        last = pipeline.simulation.now
        pipeline.run_until_idle()
        look(functions)
        drained = max(message.at for message in pipeline.sent("slack")) - last
        check(pipeline, channel, written)
        memory = {name: function.looks for name, function in functions.items()}
        return Seen(channel, pipeline, memory, drained)


def look(functions: dict[str, Apart]) -> None:
    for function in functions.values():
        function.look()


def writes(articles: int, votes: int, seconds: float) -> list[Write]:
    """Every write in its order: when, to which article, of which kind, and what."""
    made = []
    for number in range(votes):
        at, kind = number * seconds / votes, "👎" if number % 5 == 3 else "👍"
        article = f"a{number % articles}"
        keys = {"widgetId": "w", "voteId": f"v{number}", "instanceOfJoy": article}
        vote = keys | {"voteType": KINDS[kind]}
        made.append((at, article, kind, vote | {"answers": {}}))
        if number % 4 == 0:
            answers = json.dumps({"q": f"{number}!"})
            made.append((at + 15, article, kind, vote | {"answers": answers}))
    return sorted(made, key=lambda each: each[0])


def check(pipeline: Pipeline, channel: Slack, written: Votes) -> None:
    """Stop where a vote is not accounted for."""
    if not pipeline.nothing_lost() or pipeline.dead_letters():
        raise SystemExit(str(pipeline.nothing_lost()))
    shown, above = accounted(channel)
    if shown != written:
        raise SystemExit(f"Votes that are not accounted for: {written - shown}; {shown - written}")
    if above and above != written:
        raise SystemExit(f"Counts that are not right: {above} are {written}")


def accounted(channel: Slack) -> tuple[Votes, Votes]:
    """The votes that messages show, and those in the counts above threads."""
    posts = {f"{number}.000100": body for number, (_, body) in enumerate(channel.calls, 1)}
    shown: Votes = Counter()
    above: Votes = Counter()
    for ts, text in channel.shown.items():
        if parent := PARENT.match(text):
            article, *counts = parent.groups()
            above += Counter(
                {(article, kind): int(n) for kind, n in zip(KINDS, counts, strict=True)}
            )
            continue
        many, one = MANY.match(text), ONE.match(text)
        found = many or one
        if not found or "may still change" in text:
            raise SystemExit(f"What is this: {text!r}")
        if (thread := posts[ts].get("thread_ts")) and f"_{found[1]}_" not in channel.shown[thread]:
            raise SystemExit(f"Below the wrong message: {text!r}")
        kinds = re.findall(r"(👍|👎) (\d+)", many[2]) if many else [(found[2], 1)]
        shown.update({(found[1], kind): int(n) for kind, n in kinds})
    return shown, above


def receives(pipeline: Pipeline) -> list[int]:
    """How often each message was received."""
    most: Counter[str] = Counter()
    for line in pipeline.lines("SlackSink"):
        if "messageId" in line:
            most[line["messageId"]] = max(most[line["messageId"]], line["attempt"])
    return list(most.values())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
