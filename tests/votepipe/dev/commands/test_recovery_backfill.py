"""votepipe/dev/commands/recovery.py: a new sink gets the votes that are in the table, it alone."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from votepipe.dev.commands import recovery
from votepipe.testing import Pipeline
from votepipe.testing.client import attributes


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with Pipeline(sinks=["slack", "settle", "log", "webhook"], fill_secrets=True) as made:
        yield made


@pytest.fixture
def backfill(
    pipeline: Pipeline, deployed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run the command on the kit's stack, and then what follows from it."""
    found = deployed(pipeline)
    monkeypatch.setattr(recovery, "deployment", lambda _: found)

    def backfill(*arguments: str) -> Result:
        done = CliRunner().invoke(recovery.backfill, [*arguments, "--pace", "1000"])
        pipeline.run_until_idle()
        return done

    return backfill


def vote(name: str, hour: int = 9, widget: str = "w", **more: Any) -> dict[str, Any]:
    item = {"widgetId": widget, "voteId": name, "voteType": "thumbsup", "answers": {}}
    return item | {"createdAt": f"2026-01-04T{hour:02}:00:00.000Z"} | more


def before(pipeline: Pipeline, *votes: dict[str, Any]) -> None:
    """Put votes into the table that made no event."""
    table = pipeline.models.tables["VotesTable"]
    for item in map(attributes, votes):
        table.items[table.key_of(item)] = item


def shown(pipeline: Pipeline, sink: str = "slack") -> list[str]:
    return [each.vote_key.vote for each in pipeline.sent(sink)]


def test_the_sink_gets_each_vote_once_as_it_settled_and_no_other_hears_of_it(
    pipeline: Pipeline, backfill: Callable[..., Result]
) -> None:
    before(
        pipeline,
        vote("late", 9),
        vote("early", 8, widget="x", voteType="thumbsdown", answers={"field_1": "more"}),
        vote("old", 6),
        vote("new", 11),
        {name: value for name, value in vote("undated").items() if name != "createdAt"},
        vote("rejected", 8, voteType="sideways"),
    )
    period = ["--since", "2026-01-04T07:00", "--until", "2026-01-04T10:00"]

    plan = backfill("slack", *period, "--dry-run")
    silent = shown(pipeline)
    done = backfill("slack", *period)
    again = backfill("slack", *period)

    said = "Votes for 'slack': 3 to send, 1 without createdAt.\n"
    assert (plan.exit_code, plan.output, silent) == (0, said, [])
    assert (done.exit_code, done.output) == (
        0,
        said
        + "Sent 2 votes to 'slack', and to nobody else.\n"
        + "1 are not for it: its rule or the pipe's filter leaves them out.\n",
    )
    assert sorted(shown(pipeline)) == ["early", "late"]
    assert {each.event.type for each in pipeline.sent("slack") if each.event} == {"VoteSettled"}
    assert "Votes for 'slack': 1 to send, 2 delivered already, 1 without createdAt." in again.output
    assert pipeline.events() == []
    assert pipeline.lines("LogSink") == []
    assert pipeline.dead_letters() == []


def test_what_was_delivered_is_skipped_and_a_newer_state_wins(
    pipeline: Pipeline, backfill: Callable[..., Result]
) -> None:
    pipeline.put(vote("known"))
    pipeline.run_until_idle()
    before(pipeline, vote("other"))

    done = backfill("slack", "--since", "2026-01-01", "--widget", "w")
    pipeline.put(vote("other", voteType="thumbsdown"))
    pipeline.run_until_idle()
    again = backfill("slack", "--since", "2026-01-01", "--widget", "w")

    assert "1 to send, 1 delivered already." in done.output
    assert "0 to send, 2 delivered already." in again.output
    assert shown(pipeline).count("known") == 1
    last = pipeline.sent("slack")[-1]
    assert (last.vote_key.vote, last.event and last.event.vote.vote_type) == ("other", "thumbsdown")


def test_a_sink_without_settled_votes_gets_them_as_cast(
    pipeline: Pipeline, backfill: Callable[..., Result]
) -> None:
    before(pipeline, *(vote(f"v{number}") for number in range(23)))

    done = backfill("log", "--since", "2026-01-01")

    assert "Sent 23 votes to 'log'" in done.output
    lines = [each for each in pipeline.lines("LogSink") if each.get("outcome") == "delivered"]
    assert len({each["voteId"] for each in lines}) == len(lines) == 23
    assert shown(pipeline) == []


def test_the_archive_is_replayed_to_the_sinks_rule_alone_and_what_was_delivered_is_skipped(
    deployed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Pipeline(
        parameters={"ArchiveDays": "30", "Environment": "dev"},
        sinks=["slack", "settle", "log"],
        fill_secrets=True,
    ) as pipeline:
        resources, asked = pipeline.resources, list[dict[str, Any]]()
        events = SimpleNamespace(
            describe_archive=lambda **_: {
                "ArchiveArn": resources.arn("VotesArchive"),
                "EventSourceArn": resources.arn("VotesBus"),
            },
            describe_rule=lambda Name, **_: {"Arn": f"arn of {Name}"},  # noqa: N803
            start_replay=lambda **given: asked.append(given),
        )
        found = deployed(pipeline)
        found.session.client = {"events": events}.__getitem__
        monkeypatch.setattr(recovery, "deployment", lambda _: found)
        pipeline.put(vote("v"))
        pipeline.run_until_idle()
        shown_before, logged = len(pipeline.sent("slack")), len(pipeline.lines("LogSink"))

        done = CliRunner().invoke(
            recovery.backfill, ["slack", "--since", "2026-01-04", "--archive"]
        )
        pipeline.replay(rules=["SlackRule"])  # what AWS makes of it
        pipeline.run_until_idle()

        assert done.output == "EventBridge replays its archive to 'slack', and to nobody else.\n"
        (given,) = asked
        assert given["EventSourceArn"] == resources.arn("VotesArchive")
        assert given["EventStartTime"] == datetime(2026, 1, 4, tzinfo=UTC)
        assert given["Destination"] == {
            "Arn": resources.arn("VotesBus"),
            "FilterArns": [f"arn of {resources.ref('SlackRule')}"],
        }
        assert len(pipeline.sent("slack")) == shown_before > 0
        assert len(pipeline.lines("LogSink")) == logged


def test_without_an_archive_the_parameter_is_named(backfill: Callable[..., Result]) -> None:
    done = CliRunner().invoke(recovery.backfill, ["slack", "--since", "30d", "--archive"])

    assert "keeps no archive" in str(done.exception)
    assert "ArchiveDays=30" in str(done.exception)


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("settle", "Sink 'settle' cannot be filled."),
        ("slakc", "Did you mean 'slack'?"),
        ("email", "Sink 'email' is off. Deploy with EmailEnabled=true first."),
    ],
)
def test_a_sink_that_cannot_be_filled(
    sink: str, said: str, backfill: Callable[..., Result]
) -> None:
    done = backfill(sink, "--since", "30d")

    assert done.exit_code != 0
    assert said in done.output


def test_on_the_local_stack_a_vote_that_the_sink_knows_is_not_sent_again(
    stack: Any, eventually: Any
) -> None:
    widget = f"w-{uuid.uuid4().hex[:12]}"
    item = vote(str(uuid.uuid4()), widget=widget, instanceOfJoy=widget)
    arguments = ["--since", "2026-01-01", "--widget", widget]

    def texts() -> list[str]:
        found = requests.get(f"{stack.url}/api/messages", timeout=10).json()
        return [each["sink"] for each in found if widget in json.dumps(each["body"])]

    def run(sink: str) -> str:
        options = {"VOTEPIPE_PORT": str(stack.port)}
        return CliRunner().invoke(recovery.backfill, [sink, *arguments], env=options).output

    stack.deployment.table.put_item(Item=item)
    eventually(lambda: {"slack", "webhook"} <= set(texts()))
    known = run("slack")
    sent = texts()
    # By its events, this sink knows other ids than a backfill has.
    filled = run("webhook")
    eventually(lambda: texts().count("webhook") > sent.count("webhook"))

    assert known == "Votes for 'slack': 0 to send, 1 delivered already.\n"
    assert filled.endswith("Sent 1 votes to 'webhook', and to nobody else.\n")
    assert texts().count("slack") == sent.count("slack")
