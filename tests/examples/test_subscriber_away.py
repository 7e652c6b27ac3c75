"""examples/subscriber/: what failed for one subscriber comes back to it alone, and in order."""

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.recovery import redrive
from votepipe.emulator.cloudformation.resources import ACCOUNT
from votepipe.project import Project, checkout
from votepipe.project.subscribers import FILE
from votepipe.project.sync import in_step
from votepipe.testing import Account, Pipeline
from votepipe.testing.messages import DeadLetter

AWAY, OTHER = "222222222222", "333333333333"
BUS = "arn:aws:events:us-east-1:{}:event-bus/votepipe-feed"
CRM = "subscriber_crm"
KIT = checkout() / "examples" / "subscriber"
VOTES = 6
EVENTS = ["VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled"]
SUBSCRIBERS = f"""
away: {{bus: "{BUS.format(AWAY)}", events: {EVENTS}}}
other: {{bus: "{BUS.format(OTHER)}", events: {EVENTS}}}
crm: {{host: crm.example.com, events: {EVENTS}}}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout with two subscribers of other accounts, and one that is reached by HTTPS."""
    found, here = tmp_path_factory.mktemp("checkout"), checkout()
    for name in ("sinks", "enrichers", "schemas", "widgets.toml"):
        (found / name).symlink_to(here / name)
    (found / FILE).write_text(SUBSCRIBERS)
    text = (here / "template.yaml").read_text()
    (found / "template.yaml").write_text(text)
    (found / "template.yaml").write_text(in_step(text, Project.read(found)))
    return found


@pytest.fixture
def pipeline(root: Path, valid_events: list[str]) -> Iterator[Pipeline]:
    with Pipeline(root, sinks=["settle", "feed", CRM], fill_secrets=True) as made:
        yield made


def a_day_of_votes(pipeline: Pipeline) -> None:
    """Each vote is cast, changed and changed again through a day; some are withdrawn."""
    for hour in range(24):
        for number in range(VOTES):
            if hour == 6 * (number % 3):
                pipeline.put(vote(number, "thumbsup"))
            elif hour in (8 + number, 20):
                pipeline.put(vote(number, "thumbsdown" if hour < 20 else "thumbsup"))
            elif hour == 22 and number == 1:
                pipeline.remove(vote(number, "thumbsup"))
        pipeline.advance(hours=1)


def vote(number: int, kind: str) -> dict[str, Any]:
    return {"widgetId": "docs", "voteId": str(number), "voteType": kind, "answers": {}}


def out_of_the_queue(account: Account) -> list[str]:
    """The ids of the events that their function took out of their queue, in that order."""
    return [
        hop.vote_key.event
        for hop in account.trace.hops
        if (hop.what, hop.where) == ("deleted", "Queue")
    ]


class DeadLetters:
    """A queue's dead letters as SQS gives them to who receives and deletes them."""

    def __init__(self, letters: Sequence[DeadLetter]) -> None:
        self.waiting = [json.dumps(letter.body) for letter in letters]
        self.received: set[str] = set()

    def receive_message(self, **_: Any) -> dict[str, Any]:
        bodies, self.waiting = self.waiting[:10], self.waiting[10:]
        self.received |= set(bodies)
        return {"Messages": [{"ReceiptHandle": body, "Body": body} for body in bodies]}

    def delete_message(self, *, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        self.received.remove(ReceiptHandle)


def redriven(pipeline: Pipeline, letters: DeadLetters) -> tuple[int, Mapping[str, int]]:
    """Do what `votepipe redrive subscriber_away` does on AWS."""
    stack = SimpleNamespace(
        physical_id=lambda name: name,
        physical_ids={},
        resolved=lambda _: {"Targets": [{"Arn": BUS.format(AWAY)}]},
    )
    session = SimpleNamespace(
        client=lambda name: letters if name == "sqs" else pipeline.client(name)
    )
    deployment: Any = SimpleNamespace(stack=stack, session=session)
    with redrive.DeadLetters(deployment, "subscriber_away") as found:
        found.send(math.inf)
    return found.sent, found.kept


@pytest.mark.parametrize("way", ["function", "bus", "policy", "https"])
def test_a_subscriber_that_was_away_for_a_day_gets_everything_and_no_other_notices(
    way: str, pipeline: Pipeline
) -> None:
    away, other = (
        pipeline.account(each, KIT, {"PublisherAccount": ACCOUNT}) for each in (AWAY, OTHER)
    )
    who = "crm" if way == "https" else "away"
    if way == "https":
        pipeline.answer(CRM, status=503, times=1_000_000)
    elif way == "function":
        away.fail("Function", times=1_000_000)
    else:
        away.away({"bus": "Bus", "policy": "BusPolicy"}[way])

    def taken() -> dict[str, list[str]]:
        """The ids of the events that each subscriber took, in that order."""
        crm = [message.body["eventID"] for message in pipeline.sent(CRM)]
        return {"away": out_of_the_queue(away), "other": out_of_the_queue(other), "crm": crm}

    a_day_of_votes(pipeline)
    pipeline.advance(hours=24)
    feed = {event["detail"]["eventID"]: event["detail"] for event in pipeline.events(bus="FeedBus")}
    letters = pipeline.dead_letters("SubscriberAwayDeadLetters")

    assert taken() == {"away": [*feed], "other": [*feed], "crm": [*feed], who: []}
    assert len(feed) > 3 * VOTES
    assert ("SubscriberAwayDeadLettersAlarm" in pipeline.alarms()) == bool(letters)
    assert pipeline.nothing_lost(), pipeline.nothing_lost()

    away.heal()
    pipeline.heal()
    if way == "https":
        pipeline.redrive(CRM)
    elif way == "function":
        away.redrive("DeadLetters")
    else:
        assert [letter.vote_key.event for letter in letters] == [*feed]
        waiting = DeadLetters(random.Random(1).sample(letters, len(letters)))
        assert redriven(pipeline, waiting) == (len(feed), {})
        assert waiting.received == set()
    pipeline.run_until_idle()

    got = taken()
    assert got == {"away": [*feed], "other": [*feed], "crm": [*feed], who: got[who]}
    assert sorted(got[who]) == sorted(feed)
    # A webhook's events wait each for itself, and fail in any order: its receiver compares them.
    for sequences in by_vote(feed[event] for event in got["away"]).values():
        assert sequences == sorted(sequences)
    assert rows(away) == rows(other)
    assert len(rows(away)) == VOTES
    assert len(pipeline.events(bus="FeedBus")) == len(feed)
    assert away.dead_letters() == other.dead_letters() == pipeline.dead_letters(CRM) == []


def by_vote(details: Iterator[dict[str, Any]]) -> dict[str, list[int]]:
    """The sequences of each vote, in the order given."""
    found: dict[str, list[int]] = defaultdict(list)
    for detail in details:
        found[detail["vote"]["voteId"]].append(int(detail["sequence"]))
    return found


def rows(account: Account) -> list[dict[str, Any]]:
    """What their table holds; of a withdrawn vote without when its row goes."""
    return sorted(
        ({name: value for name, value in item.items() if name != "expires"}
         for item in account.items("Votes")),
        key=lambda item: item["voteId"]["S"],
    )  # fmt: skip
