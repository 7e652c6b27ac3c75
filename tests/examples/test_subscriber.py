"""examples/subscriber/: its samples are those of the feed, and it runs in an account of its own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sinks import feed
from votepipe import Event, Secret
from votepipe.dev.local import sam
from votepipe.dev.local.ministack import MiniStack
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.project import checkout
from votepipe.project.template import read

FOLDER = checkout() / "examples" / "subscriber"
# Each of its samples, and the event that it is the public form of.
SAMPLES = {
    "cast": "first-write",
    "changed": "changed-mind",
    "settled": "settled",
    "withdrawn": "removed",
}
RESOURCES: dict[str, Any] = read(FOLDER)["Resources"]
THEIRS = "222222222222"


def sample(name: str) -> dict[str, Any]:
    """An envelope of its samples."""
    found: dict[str, Any] = json.loads((FOLDER / "tests" / "events" / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_its_samples_are_what_the_feed_sends(name: str) -> None:
    before = json.loads((checkout() / "events" / "bus" / f"{SAMPLES[name]}.json").read_text())
    settings = feed.Settings(reader_key=Secret("r1:" + "k" * 32))
    detail = json.loads(
        json.dumps(feed.public(Event.from_envelope(before), settings), default=dict)
    )
    schema = json.loads((checkout() / "schemas" / f"vote-{name}.v1.json").read_text())

    Draft7Validator(schema).validate(detail)
    assert sample(name) == before | {
        "source": feed.SOURCE,
        "account": "111122223333",
        "region": "us-east-1",
        "detail": detail,
    }
    assert "voter" not in detail["vote"]


def test_its_readme_shows_a_sample() -> None:
    shown = (FOLDER / "README.md").read_text().split("```json\n")[1].split("```")[0]

    assert sample("settled") | json.loads(shown) == sample("settled")


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy statement in a value."""
    if isinstance(value, dict) and "Effect" in value:
        yield value
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from statements(each)


def test_nothing_is_allowed_to_everyone_or_on_everything() -> None:
    allowed = [each for each in statements(RESOURCES) if each["Effect"] == "Allow"]

    assert len(allowed) == 7
    for each in allowed:
        named = [each.get("Principal"), each["Action"], each.get("Resource")]
        assert '"*"' not in json.dumps(named)
        assert ":*" not in json.dumps(each["Action"])


def test_the_bus_admits_the_publishers_feed_alone() -> None:
    assert RESOURCES["BusPolicy"]["Condition"] == "IsAws"  # the local AWS refuses the type
    assert RESOURCES["BusPolicy"]["Properties"]["Statement"] == {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${PublisherAccount}:root"}},
        "Action": "events:PutEvents",
        "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
        "Condition": {"StringEquals": {"events:source": "votepipe.feed"}},
    }
    pattern = RESOURCES["Rule"]["Properties"]["EventPattern"]
    assert pattern["account"] == [{"Ref": "PublisherAccount"}]
    assert pattern["source"] == ["votepipe.feed"]


@pytest.fixture(scope="module")
def subscriber(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The kit, built and deployed with sam to a second account of a local AWS with roles."""
    folder = tmp_path_factory.mktemp("subscriber")
    with MiniStack(folder / "ministack", enforce_iam=True) as ministack:
        env = ministack.environment(THEIRS)
        found = Deployment(
            sam.stack_name("local", FOLDER), LocalSession(ministack.endpoint, THEIRS)
        )
        built, values = sam.build(folder, env, FOLDER), sam.parameters("local", FOLDER)
        sam.deploy(found, built, folder, env, values, FOLDER)
        yield found


def test_deployed_to_a_second_account_it_stores_each_vote_once(
    subscriber: Deployment, eventually: Any
) -> None:
    stack, session = subscriber.stack, subscriber.session
    table = session.resource("dynamodb").Table(stack.outputs["VotesTableName"])
    sqs = session.client("sqs")

    def deliver(name: str) -> None:
        sqs.send_message(QueueUrl=stack.physical_id("Queue"), MessageBody=json.dumps(sample(name)))

    def messages(queue: str) -> int:
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(found[name]) for name in names)

    deliver("settled")
    (row,) = eventually(lambda: table.scan()["Items"])
    deliver("settled")
    deliver("changed")
    eventually(lambda: messages(stack.physical_id("Queue")) == 0)

    assert f":{THEIRS}:" in stack.outputs["BusArn"]
    assert row["type"] == "VoteSettled"
    assert table.scan()["Items"] == [row]
    assert messages(stack.physical_id("DeadLetters")) == 0


def test_its_rule_takes_the_publishers_events_and_no_others(subscriber: Deployment) -> None:
    events = subscriber.session.client("events")
    bus = subscriber.stack.physical_id("Bus")
    (rule,) = events.list_rules(EventBusName=bus)["Rules"]

    def takes(**envelope: str) -> bool:
        event = json.dumps(sample("settled") | envelope)
        result = events.test_event_pattern(EventPattern=rule["EventPattern"], Event=event)
        return bool(result["Result"])

    assert takes(account="000000000000")
    assert not takes(account=THEIRS)
    assert not takes(account="000000000000", source="votepipe")
