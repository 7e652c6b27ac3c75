"""votepipe/dev/commands/subscribers.py: a team is subscribed by a command and a review."""

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import yaml

BUS = "arn:aws:events:us-east-1:222222222222:event-bus/votepipe-feed"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(checkout: Path, in_process: Callable[..., "subprocess.CompletedProcess[str]"]) -> Run:
    """Run votepipe in the test's checkout."""
    return partial(in_process, checkout)


def test_another_account_deploys_first_and_is_then_activated(checkout: Path, run: Run) -> None:
    template = (checkout / "template.yaml").read_text()

    pending = run("subscribe", "analytics", "--account", "222222222222", "--events", "VoteSettled")

    assert pending.returncode == 0, pending.stderr
    assert "'analytics' is in subscribers.yaml, pending. Region: us-east-1." in pending.stdout
    assert "PublisherAccount=000000000000" in pending.stdout
    assert f"Its output BusArn must be {BUS}." in pending.stdout
    assert (checkout / "template.yaml").read_text() == template
    entry = {"bus": BUS, "events": ["VoteSettled"], "status": "pending"}
    assert yaml.safe_load((checkout / "subscribers.yaml").read_text()) == {"analytics": entry}

    active = run("subscribe", "analytics", "--activate")

    assert "+ resources of the subscribers: SubscriberAnalyticsRule" in active.stdout
    assert "Next: make up" in active.stdout
    assert f"Arn: {BUS}" in (checkout / "template.yaml").read_text()

    gone = run("unsubscribe", "analytics")

    assert "'analytics' is out of subscribers.yaml." in gone.stdout
    assert (checkout / "template.yaml").read_text() == template
    assert not (checkout / "subscribers.yaml").exists()


def test_https_and_the_same_account_are_shown_what_to_do(checkout: Path, run: Run) -> None:
    url = "https://crm.example.com/hook?token=secret"
    crm = run("subscribe", "crm", "--url", url, "--events", "VoteSettled,VoteWithdrawn")
    search = run(
        *("subscribe", "search", "--same-account", "--events", "VoteCast"),
        *("--where", '{"vote": {"voteType": ["thumbsdown"]}}'),
    )

    assert "votepipe secret set subscriber_crm" in crm.stdout
    text = (checkout / "subscribers.yaml").read_text()
    assert "host: crm.example.com\n" in text
    assert "token" not in text
    snippet = search.stdout.partition("# For the template")[2].partition("\n")[2]
    resources = yaml.load(snippet, Loader=_Tags)
    pattern = resources["FeedRule"]["Properties"]["EventPattern"]
    assert pattern["detail"] == {"vote": {"voteType": ["thumbsdown"]}}
    assert resources["FeedRule"]["Properties"]["EventBusName"] == "votepipe-local-feed"
    (checkout / "copied.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n" + snippet
    )
    lint = subprocess.run(
        [checkout / ".venv/bin/cfn-lint", checkout / "copied.yaml"], capture_output=True, text=True
    )
    assert (lint.stdout, lint.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            ("--account", "222222222222", "--bus", BUS.replace("us-east-1", "eu-west-1")),
            "--bus is in eu-west-1, and the feed in us-east-1. Ask them for a bus in that Region.",
        ),
        (
            ("--account", "333333333333", "--bus", BUS),
            "--bus is in account 222222222222. Give that as --account.",
        ),
        (("--url", "http://crm.example.com/"), "--url is not an address that begins with https://"),
        (("--same-account", "--where", "{"), "--where is not JSON"),
        (
            ("--same-account", "--where", '{"vote": {"voteTyp": ["thumbsup"]}}'),
            "Did you mean 'vote.voteType'?",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    checkout: Path, run: Run, words: tuple[str, ...], problem: str
) -> None:
    refused = run("subscribe", "crm", *words, "--events", "VoteSettled")

    assert refused.returncode != 0
    assert problem in refused.stderr
    assert not (checkout / "subscribers.yaml").exists()


def test_an_unknown_name_is_refused_with_what_was_meant(checkout: Path, run: Run) -> None:
    run("subscribe", "search", "--same-account", "--events", "VoteCast")

    assert "Did you mean 'search'?" in run("unsubscribe", "serch").stderr
    assert "No subscriber named 'other'" in run("subscribe", "other", "--activate").stderr


class _Tags(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their text."""


_Tags.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix} {node.value}")
