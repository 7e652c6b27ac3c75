"""votepipe/dev/local/{kits,relay}.py: a subscriber with an account of its own gets the feed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from votepipe.dev.operations.casting import answer, cast
from votepipe.dev.operations.deployment import Deployment, LocalSession

THEIRS = "222222222222"
ANALYTICS, CRM = "subscriber_analytics", "subscriber_crm"
README = (Path(__file__).parents[4] / "README.md").read_text()
VOTES = 20


class Reader(NamedTuple):
    """What must not cross: a reader's name, address and answer."""

    name: str
    address: str
    answer: str

    @classmethod
    def number(cls, number: int) -> "Reader":
        name = f"Ada{number}Quill"
        return cls(name, f"{name}@readers.example", f"my words {number}, call {name}")


class Accounts:
    """The local stack with a subscriber in a second account and another by HTTPS."""

    def __init__(self, root: Path, up: Any, deploy: str) -> None:
        self.root = root
        self.up = up
        self.deploy = deploy
        self.theirs = LocalSession(up.status["endpoint"], THEIRS)
        self.table = up.deployment.table

    @property
    def kit(self) -> Deployment:
        """What the second team deployed."""
        return Deployment("votepipe-feed", self.theirs)

    def received(self, subscriber: str) -> list[dict[str, Any]]:
        """The messages of a subscriber, as the console lists them."""
        found = requests.get(f"{self.up.url}/api/messages", timeout=10).json()
        return [each for each in found if each["sink"] == subscriber]

    def events(self, subscriber: str) -> list[str]:
        """The ids of the events that it got, in order."""
        bodies = [each["body"] for each in self.received(subscriber)]
        return sorted(str(each.get("detail", each)["eventID"]) for each in bodies)

    def rows(self) -> dict[str, Any]:
        """What their function stored, by vote."""
        table = self.kit.stack.outputs["VotesTableName"]
        items = self.theirs.resource("dynamodb").Table(table).scan()["Items"]
        return {str(each["voteId"]): each for each in items}

    def dead_letters(self) -> list[dict[str, Any]]:
        """What the console shows of what failed."""
        found: list[dict[str, Any]] = requests.get(
            f"{self.up.url}/api/dead-letters", timeout=10
        ).json()
        return found

    def journal(self) -> list[dict[str, Any]]:
        """The votes, as the console lists them."""
        found: list[dict[str, Any]] = requests.get(f"{self.up.url}/api/journal", timeout=10).json()[
            "votes"
        ]
        return found

    def run(self, command: str) -> str:
        """Run a command in the checkout, as the second team does; returns what it printed."""
        environment = {
            "VOTEPIPE_PORT": str(self.up.port),
            "AWS_ENDPOINT_URL": self.theirs.endpoint,
            "AWS_ACCESS_KEY_ID": THEIRS,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.3",
        }
        return shell(self.root, command, **environment)

    def everything_they_have(self) -> str:
        """Every byte that reached the second account: messages, logs, rows, what still waits."""
        logs, sqs = self.theirs.client("logs"), self.theirs.client("sqs")
        lines = [
            event["message"]
            for group in logs.describe_log_groups()["logGroups"]
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        ]
        waiting = [
            sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            for url in sqs.list_queues()["QueueUrls"]
        ]
        assert lines
        messages = [each["raw"] for each in self.received(ANALYTICS)]
        return json.dumps([lines, waiting, messages, self.rows()], ensure_ascii=False)


def shell(root: Path, command: str, **environment: str) -> str:
    """Run a command with the programs of this environment; returns what it printed."""
    programs = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", "-ec", command],
        cwd=root,
        env={**os.environ, **programs, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def two_accounts(
    make_checkout: Callable[[], Path], running_stack: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Accounts]:
    """A checkout with two subscribers, up."""
    root = make_checkout()
    subscribe, activate = re.findall(r"^\$ (.*votepipe subscribe .*)", README, re.MULTILINE)
    said = shell(root, subscribe)
    # What they are to type; the endpoint is only known once it is up.
    deploy = "\n".join(re.findall(r"^     ((?!.*…).+)", said, re.MULTILINE))
    shell(root, activate)
    shell(root, "votepipe subscribe crm --url https://crm.example.com --events VoteSettled")
    up = running_stack(tmp_path_factory.mktemp("two-accounts"), root)
    yield Accounts(root, up, deploy)
    up.end()


def vote(accounts: Accounts, number: int) -> str:
    """Cast a vote; every second changes, and every third has an answer."""
    reader, table = Reader.number(number), accounts.table
    keys = cast(table, vote_type="thumbsup", voter=reader.address, instance_of_joy="an article")
    if number % 2:
        cast(table, **keys_of(keys), vote_type="thumbsdown", voter=reader.address)
    if number % 3 == 0:
        answer(table, keys["widgetId"], keys["voteId"], "field_1", reader.answer)
    return keys["voteId"]


def keys_of(keys: Any) -> dict[str, str]:
    """A vote's key as arguments of `cast`."""
    return {"widget_id": keys["widgetId"], "vote_id": keys["voteId"]}


def test_they_get_every_settled_vote_and_nothing_else_nor_anything_personal(
    two_accounts: Accounts, eventually: Any
) -> None:
    votes = {vote(two_accounts, number): number for number in range(VOTES)}
    expected = {each: "thumbsdown" if number % 2 else "thumbsup" for each, number in votes.items()}

    eventually(
        lambda: {each: row["voteType"] for each, row in two_accounts.rows().items()} == expected
    )
    eventually(lambda: two_accounts.events(ANALYTICS) == two_accounts.events(CRM))

    received = [each["body"] for each in two_accounts.received(ANALYTICS)]
    assert {each["detail-type"] for each in received} == {"VoteSettled"}
    assert {each["account"] for each in received} == {"000000000000"}
    assert {each["detail"]["vote"]["voteId"] for each in received} == set(votes)
    assert len({each["detail"]["vote"]["reader"] for each in received}) == VOTES
    theirs = two_accounts.everything_they_have()
    ours = json.dumps(two_accounts.received("slack"), ensure_ascii=False)
    for number in range(VOTES):
        for words in Reader.number(number):
            assert words not in theirs
        # That these words can be found where they are allowed shows that the search works.
        assert Reader.number(number).address in ours
    assert two_accounts.dead_letters() == []
    for each in two_accounts.journal():
        assert f"arrived at {ANALYTICS}" in [hop["text"] for hop in each["hops"]]


def test_the_console_shows_what_their_own_function_gave_up(
    two_accounts: Accounts, eventually: Any
) -> None:
    queue = two_accounts.kit.stack.physical_id("DeadLetters")
    sqs = two_accounts.theirs.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="theirs")

    (letter,) = eventually(two_accounts.dead_letters)
    sqs.purge_queue(QueueUrl=queue)

    assert letter["queue"] == queue.rpartition("/")[2]


def test_what_their_missing_bus_cannot_take_comes_back_to_them_alone(
    two_accounts: Accounts, eventually: Any
) -> None:
    two_accounts.run("sam delete --no-prompts --stack-name votepipe-feed")
    before = set(two_accounts.events(CRM))

    votes = {vote(two_accounts, number) for number in range(100, 106)}

    def missed() -> list[str]:
        return sorted(each["eventId"] for each in two_accounts.dead_letters())

    def crm_got() -> list[str]:
        return sorted(set(two_accounts.events(CRM)) - before)

    eventually(lambda: {each["voteId"] for each in two_accounts.dead_letters()} == votes)
    eventually(lambda: missed() == crm_got())
    (queue,) = {each["queue"] for each in two_accounts.dead_letters()}
    (reason,) = {each["reason"] for each in two_accounts.dead_letters()}
    assert "SubscriberAnalyticsDeadLetters" in queue
    assert reason == "There is no bus 'votepipe-feed' in account 222222222222."
    events, at_crm = missed(), two_accounts.received(CRM)

    two_accounts.run(two_accounts.deploy)
    said = two_accounts.run(f"votepipe redrive {ANALYTICS}")

    assert said == (
        f"{len(events)} dead letters of '{ANALYTICS}': {len(events)} to send.\n"
        f"Sent {len(events)} events to '{ANALYTICS}', and to nobody else.\n"
    )
    eventually(lambda: two_accounts.rows().keys() == votes)
    assert two_accounts.dead_letters() == []
    # Each once; and the other subscriber noticed nothing.
    assert two_accounts.events(ANALYTICS) == two_accounts.events(CRM)
    assert two_accounts.received(CRM) == at_crm


def test_what_a_webhook_gave_up_comes_back_to_it_alone(
    two_accounts: Accounts, eventually: Any
) -> None:
    fault = {"sink": CRM, "status": 404}
    faults = f"{two_accounts.up.url}/api/faults"
    requests.post(faults, json=fault, timeout=10).raise_for_status()
    cast = vote(two_accounts, 200)

    eventually(lambda: {each["voteId"] for each in two_accounts.dead_letters()} == {cast})
    requests.delete(faults, timeout=10).raise_for_status()
    at_analytics = eventually(
        lambda: cast in two_accounts.rows() and two_accounts.received(ANALYTICS)
    )
    two_accounts.run(f"votepipe redrive {CRM}")

    eventually(lambda: two_accounts.events(CRM) == two_accounts.events(ANALYTICS))
    assert two_accounts.dead_letters() == []
    assert two_accounts.received(ANALYTICS) == at_analytics
    said = two_accounts.run("votepipe subscribers")
    assert len(re.findall("^  events: last in the hour from ", said, re.MULTILINE)) == 2
    listed = json.loads(two_accounts.run("votepipe subscribers --output json"))
    assert [(each["name"], each["deployed"], each["failures"]) for each in listed] == [
        ("analytics", True, {}),
        ("crm", True, {}),
    ]
    assert all(each["last"] for each in listed)
