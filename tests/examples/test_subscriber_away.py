"""examples/subscriber/: what failed for one subscriber comes back to it alone, and in order."""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from votepipe.emulator.cloudformation.resources import ACCOUNT
from votepipe.project import Project, checkout
from votepipe.testing import Pipeline
from votepipe.testing.account import Account
from votepipe.testing.messages import DeadLetter

AWAY, OTHER = "222222222222", "333333333333"
KIT = checkout() / "examples" / "subscriber"
VOTES = 6
EVENTS = ["VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled"]


def bus(account: str) -> str:
    return f"arn:aws:events:us-east-1:{account}:event-bus/votepipe-feed"


def subscriber(name: str, account: str) -> dict[str, Any]:
    """A rule of ours that forwards the feed to a subscriber's bus, and what belongs to it."""
    prefix = f"Subscriber{name}"
    put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus(account)}
    send = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": [f"{prefix}DeadLetters", "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [f"{prefix}Rule", "Arn"]}}},
    }
    target = {
        "Id": "bus",
        "Arn": bus(account),
        "RoleArn": {"Fn::GetAtt": [f"{prefix}Role", "Arn"]},
        "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [f"{prefix}DeadLetters", "Arn"]}},
    }
    properties: dict[str, tuple[str, dict[str, Any]]] = {
        "Rule": (
            "Events::Rule",
            {
                "EventBusName": {"Ref": "FeedBus"},
                "EventPattern": {"source": ["votepipe.feed"], "detail-type": EVENTS},
                "Targets": [target],
            },
        ),
        "Role": (
            "IAM::Role",
            {"Policies": [{"PolicyName": "bus", "PolicyDocument": {"Statement": [put]}}]},
        ),
        "DeadLetters": ("SQS::Queue", {"MessageRetentionPeriod": 1209600}),
        "DeadLettersPolicy": (
            "SQS::QueuePolicy",
            {
                "Queues": [{"Ref": f"{prefix}DeadLetters"}],
                "PolicyDocument": {"Statement": [send]},
            },
        ),
    }
    return {
        f"{prefix}{part}": {"Type": f"AWS::{kind}", "Properties": facts}
        for part, (kind, facts) in properties.items()
    }


@pytest.fixture(scope="module")
def project() -> Project:
    """This checkout with two subscribers of other accounts."""
    found = dataclasses.replace(Project.read())
    resources = {**subscriber("Away", AWAY), **subscriber("Other", OTHER)}
    template = dict(found.template)
    template["Resources"] = template["Resources"] | resources
    found.__dict__["template"] = template
    return found


@pytest.fixture
def pipeline(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    monkeypatch.setattr(Project, "read", lambda root=None: project)
    with Pipeline(sinks=["settle", "feed"], fill_secrets=True) as made:
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


def taken(account: Account, since: int = 0) -> list[str]:
    """The ids of the events that their function took out of their queue, in that order."""
    return [
        hop.vote_key.event
        for hop in account.trace.hops[since:]
        if (hop.what, hop.where) == ("deleted", "Queue")
    ]


def put_back(pipeline: Pipeline, letters: Sequence[DeadLetter]) -> None:
    """Put a subscriber's dead letters on its bus, oldest first."""
    for start in range(0, len(letters), 10):
        entries = [
            {
                "EventBusName": letter.attributes["TARGET_ARN"],
                "Source": letter.body["source"],
                "DetailType": letter.body["detail-type"],
                "Detail": json.dumps(letter.body["detail"]),
                "Time": letter.body["time"],
            }
            for letter in letters[start : start + 10]
        ]
        assert pipeline.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0


@pytest.mark.parametrize("way", ["function", "bus", "policy"])
def test_a_subscriber_that_was_away_for_a_day_gets_everything_and_no_other_notices(
    way: str, pipeline: Pipeline
) -> None:
    away, other = (
        pipeline.account(each, KIT, {"PublisherAccount": ACCOUNT}) for each in (AWAY, OTHER)
    )
    if way == "function":
        away.fail("Function", times=1_000_000)
    else:
        away.away({"bus": "Bus", "policy": "BusPolicy"}[way])
    a_day_of_votes(pipeline)
    feed = {event["detail"]["eventID"]: event["detail"] for event in pipeline.events(bus="FeedBus")}
    letters = pipeline.dead_letters("SubscriberAwayDeadLetters")
    missed, seen = len(taken(away)), len(other.trace.hops)

    assert (missed, away.items("Votes"), len(feed) > 3 * VOTES) == (0, [], True)
    assert taken(other) == list(feed)
    assert pipeline.nothing_lost(), pipeline.nothing_lost()

    away.heal()
    if way == "function":
        assert letters == []
        away.redrive("DeadLetters")
    else:
        assert [letter.vote_key.event for letter in letters] == list(feed)
        put_back(pipeline, letters)
    pipeline.run_until_idle()

    assert sorted(taken(away)) == sorted(feed)
    for sequences in by_vote(feed[event] for event in taken(away)).values():
        assert sequences == sorted(sequences)
    assert away.dead_letters() == []
    assert rows(away) == rows(other)
    assert len(rows(away)) == VOTES
    # Not one hop more at the other, nor on our own buses.
    assert len(other.trace.hops) == seen
    assert len(pipeline.events(bus="FeedBus")) == len(feed)
    assert pipeline.dead_letters("SubscriberOtherDeadLetters") == []


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
