"""What to do, step by step, until a team gets the feed; and how each team's deliveries stand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from votepipe.dev.operations.deployment import Deployment
from votepipe.project import templates
from votepipe.project.subscribers import Subscriber

KIT = "examples/subscriber"
# Words for the codes that EventBridge gives a dead letter (user guide, "eb-rule-dlq").
CODES = {
    "CROSS_ACCOUNT_INGESTION_FAILED": "Their account did not take the event.",
    "FAILED_TO_ASSUME_ROLE": "The role of our rule cannot be taken. Run: make deploy",
    "NO_PERMISSIONS": "Their bus does not admit us, or our role may not put on it.",
    "NO_RESOURCE": "Their bus is not there.",
    "THIRD_ACCOUNT_HOP_DETECTED": "Their bus forwards to a third account, which AWS refuses.",
    "THROTTLING": "Their account was at its limit for too long.",
    "TIMEOUT": "Their bus did not answer for too long.",
}
_DAYS = 14  # as long as a dead letter is kept


@dataclass(frozen=True)
class Publisher:
    """Where the feed is: the account, the Region, the stack and what deploys to its Region."""

    account: str
    region: str
    stack: str
    local: bool

    @classmethod
    def of(cls, found: Deployment) -> "Publisher":
        """Ask AWS who deploys this stack."""
        account = found.session.client("sts").get_caller_identity()["Account"]
        region = str(found.session.region_name)
        return cls(account, region, found.name, found.console is not None)


def steps(subscriber: Subscriber, publisher: Publisher) -> Iterator[str]:
    """What is left to do, one line each."""
    if subscriber.same_account:
        yield "Copy this into their template and deploy it, after ours (make deploy):"
        yield _same_account(subscriber, publisher)
    elif subscriber.host:
        yield from _https(subscriber, publisher)
    elif not subscriber.active:
        yield from _they_deploy_first(subscriber, publisher)
    else:
        yield f"Next: {_deploy(publisher)}"


def _they_deploy_first(subscriber: Subscriber, publisher: Publisher) -> Iterator[str]:
    yield f"1. They deploy the kit first, in account {subscriber.account}, {publisher.region}:"
    bus = str(subscriber.bus).rpartition("/")[2]
    values = f"PublisherAccount={publisher.account}"
    config = ""
    if publisher.local:
        values, config = f"Environment=local {values}", " --config-env local"
        yield f"     export AWS_ACCESS_KEY_ID={subscriber.account} AWS_SECRET_ACCESS_KEY=test"
        yield "     export AWS_ENDPOINT_URL=…  # 'endpoint' of votepipe status"
    if bus != "votepipe-feed":
        values += f" BusName={bus}"
    yield f"     cd {KIT} && sam build{config}"
    region = f"--region {publisher.region}"
    yield f"     sam deploy{config} {region} --parameter-overrides {values}"
    yield f"   Its output BusArn must be {subscriber.bus}."
    yield f"2. votepipe subscribe {subscriber.name} --activate"
    yield f"3. {_deploy(publisher)}"


def _https(subscriber: Subscriber, publisher: Publisher) -> Iterator[str]:
    stack = "" if publisher.local else f" --stack {publisher.stack}"
    yield f"1. {_deploy(publisher)}"
    yield f"2. votepipe secret set {subscriber.sink}{stack}"
    yield f"   'url' on {subscriber.host}; 'signing_secret' is 'whsec_' and the base64 of 24 bytes"
    yield "   or more: openssl rand -base64 32"
    yield "3. They verify each request with that secret: examples/subscriber-webhook."


def _deploy(publisher: Publisher) -> str:
    return "make up" if publisher.local else "make deploy"


def _same_account(subscriber: Subscriber, publisher: Publisher) -> str:
    # Names are checked before, so that YAML holds them as they are.
    template = templates.beside(__file__).get_template("same_account.yaml.j2")
    return template.render(
        bus=f"{publisher.stack}-feed",
        region=publisher.region,
        pattern=json.dumps(subscriber.pattern, ensure_ascii=False),
    )


@dataclass(frozen=True)
class Status:
    """How deliveries to a subscriber stand; `failures` counts its dead letters by reason."""

    last: datetime | None
    failures: Mapping[str, int]


def status(subscriber: Subscriber, found: Deployment) -> Status | None:
    """When its rule last matched, and why what failed did; None where the stack has no rule."""
    ids = found.stack.physical_ids
    if f"{subscriber.id}Rule" not in ids:
        return None
    failures: dict[str, int] = {}
    for message in _peeked(found, ids[f"{subscriber.id}DeadLetters"]):
        attributes = {
            name: each["StringValue"] for name, each in message.get("MessageAttributes", {}).items()
        }
        code = attributes.get("ERROR_CODE", "")
        reason = attributes.get("reason") or CODES.get(code) or code or "No reason is known."
        failures[reason] = failures.get(reason, 0) + 1
    last = _last_here(subscriber, found.console) if found.console else _last(subscriber, found)
    return Status(last, failures)


def _last(subscriber: Subscriber, found: Deployment) -> datetime | None:
    """The hour in which the subscriber's rule last invoked its target."""
    now = datetime.now(UTC)
    points = found.session.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Events",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EventBusName", "Value": found.stack.physical_ids["FeedBus"]},
            {"Name": "RuleName", "Value": found.stack.ref(f"{subscriber.id}Rule")},
        ],
        StartTime=now - timedelta(days=_DAYS),
        EndTime=now,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return max((each["Timestamp"] for each in points if each["Sum"]), default=None)


def _last_here(subscriber: Subscriber, console: str) -> datetime | None:
    """The hour of its newest message at the console: the local AWS has no metric of rules."""
    messages = requests.get(f"{console}/api/messages", timeout=10).json()
    times = [each["receivedAt"] for each in messages if each["sink"] == subscriber.sink]
    newest = max(times, default=None)
    return newest and datetime.fromisoformat(newest).replace(minute=0)


def _peeked(found: Deployment, url: str) -> Sequence[Mapping[str, Any]]:
    """Up to ten dead letters, which stay visible."""
    client: Any = found.session.client("sqs")
    answer = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))
