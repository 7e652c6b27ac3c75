"""Reads log lines, dead letters and mail from MiniStack into the journal, every second or third.

While nothing changes there, it reads a fifth as often; a vote is in the journal by the pipe's trace
before anything of it is here to read.
It also counts the writes by PartiQL, of which MiniStack leaves no stream record.
"""

import itertools
import json
import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import requests
from botocore.exceptions import BotoCoreError, ClientError

from votepipe.dev.console.entries import utc
from votepipe.dev.console.journal import Journal

_log = logging.getLogger(__name__)

# A function's lines carry the time its call ended and may show up after later ones.
OVERLAP = 3_000  # milliseconds

QUIET = 10  # rounds without a change in the journal, after which only every SELDOM-th is read
SELDOM = 5

_STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
_WRITE = re.compile(r'"Statement": "(\\n|\W)*(insert|update|delete)\b', re.IGNORECASE)


class LogReader:
    """Follows one log group through `client` (boto3 `logs`), each line once.

    MiniStack gives at most 10,000 lines in one answer, with no token for the rest and no ids.
    So the reader advances by time, and identifies a line by its stream, time and text.
    """

    def __init__(self, client: Any, group: str, *, since: int, pattern: str = '"eventId"') -> None:
        self._client = client
        self._asked = {"logGroupName": group, "filterPattern": pattern}
        self._since = since
        self._seen: dict[tuple[str, int, str], None] = {}

    def read(self) -> list[tuple[int, str]]:
        """Return new lines as (milliseconds since 1970, text), oldest first."""
        fresh: list[tuple[int, str]] = []
        start = self._since
        while True:
            page = self._page(start)
            for event in page:
                line = (event["logStreamName"], event["timestamp"], event["message"])
                if line not in self._seen:
                    self._seen[line] = None
                    fresh.append((event["timestamp"], event["message"]))
            newest = max((event["timestamp"] for event in page), default=start)
            if newest <= start:
                break
            start = newest
        self._since = max(self._since, start - OVERLAP)
        self._seen = {line: None for line in self._seen if line[1] >= self._since}
        return fresh

    def _page(self, start: int) -> list[Any]:
        found: list[Any] = []
        token: dict[str, str] = {}
        while True:  # AWS gives pages, some of them empty
            try:
                reply = self._client.filter_log_events(**self._asked, startTime=start, **token)
            except self._client.exceptions.ResourceNotFoundException:
                return found  # a function that has not run yet may have no log group
            found += reply["events"]
            if not reply.get("nextToken"):
                return found
            token = {"nextToken": reply["nextToken"]}


class Watcher:
    """A reader in the background, as a context manager.

    `logs` and `trail` are boto3 clients of CloudWatch Logs and CloudTrail; `groups` names log
    groups; `dead_letter_queues` holds addresses of queues at MiniStack's `endpoint`.
    What fails is logged once and retried; the rest goes on.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        logs: Any,
        trail: Any,
        groups: Sequence[str],
        endpoint: str,
        dead_letter_queues: Sequence[str],
        since: int = 0,
        interval: float = 1.0,
    ) -> None:
        self._journal = journal
        self._readers: dict[str, LogReader] = {}
        self._logs, self._since = logs, since
        self._trail = trail
        self._endpoint = endpoint
        self.follow(groups, dead_letter_queues)
        self._letters: set[str] = set()
        self._mails: set[str] = set()
        self._statements: set[str] = set()
        self._failures: set[str] = set()
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def follow(self, groups: Sequence[str], dead_letter_queues: Sequence[str]) -> None:
        """Read these log groups and queues from now on; what was read of them stays read."""
        self._readers = {
            group: self._readers.get(group) or LogReader(self._logs, group, since=self._since)
            for group in groups
        }
        self._queues = dead_letter_queues

    def read_lines(self) -> None:
        """Note what the sinks logged since the last time."""
        for reader in self._readers.values():
            for at, text in reader.read():
                line = _json(text)
                if line is not None:
                    self._journal.line(line, at=utc(at / 1000))

    def read_dead_letters(self) -> None:
        """Note dead letters that were not there the last time."""
        letters = dead_letters(self._endpoint, self._queues)
        for letter in letters:
            if letter["messageId"] not in self._letters:
                self._journal.dead_letter(letter)
        self._letters = {letter["messageId"] for letter in letters}

    def read_mail(self) -> None:
        """Note mail that was not there the last time, as messages of the sink `email`."""
        for sent in mail(self._endpoint):
            if sent["MessageId"] not in self._mails:
                self._mails.add(sent["MessageId"])
                self._journal.message("email", json.dumps(sent, ensure_ascii=False), {})

    def read_statements(self) -> None:
        """Count the writes by PartiQL that were not there the last time."""
        for name in _STATEMENTS:
            by_name = [{"AttributeKey": "EventName", "AttributeValue": name}]
            for event in self._trail.lookup_events(LookupAttributes=by_name)["Events"]:
                if _WRITE.search(event["CloudTrailEvent"]):
                    self._statements.add(event["EventId"])

    @property
    def warning(self) -> str:
        """What keeps votes from becoming events, and what to do; "" when nothing does."""
        if not self._statements:
            return ""
        return (
            f"Writes by PartiQL, {len(self._statements)} so far, make no event: the local AWS "
            "leaves no stream record of them. Use PutItem or UpdateItem."
        )

    def _run(self) -> None:
        revision, quiet = 0, 0
        for turn in itertools.count():
            if self._stopped.wait(self._interval):
                return
            before, revision = revision, self._journal.state()["revision"]
            quiet = quiet + 1 if revision == before else 0
            if quiet > QUIET and quiet % SELDOM:
                continue
            self._try(self.read_lines)
            self._try(self.read_mail)
            if turn % 3 == 0:  # they show that something is wrong, and take a call for each queue
                self._try(self.read_dead_letters)
                self._try(self.read_statements)

    def _try(self, read: Callable[[], None]) -> None:
        try:
            read()
        except (BotoCoreError, ClientError, requests.RequestException) as error:
            name = type(error).__name__
            if name not in self._failures:
                self._failures.add(name)
                _log.warning("The console cannot read from MiniStack (%s).", name)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()


# Names of the attribute with the reason: ours, and those EventBridge sets itself.
_REASONS = ("reason", "why", "error_message", "error_code")


def dead_letters(
    endpoint: str, queues: Sequence[str], *, timeout: float = 5
) -> list[dict[str, Any]]:
    """Return the dead letters of `queues` (addresses of queues), oldest first.

    Each has `queue` (its name), `messageId`, `receivedAt` and `tries`, and where they are known
    `reason`, `eventId`, `type`, `widgetId` and `voteId`.
    Raises requests.RequestException when MiniStack at `endpoint` does not answer.
    """
    found: list[dict[str, Any]] = []
    for queue in queues:
        reply = requests.get(
            f"{endpoint}/_ministack/sqs/messages", params={"QueueUrl": queue}, timeout=timeout
        )
        reply.raise_for_status()
        for regions in reply.json()["messages"].values():
            for messages in regions.values():
                for group in messages.values():
                    found += [_dead_letter(queue.rpartition("/")[2], each) for each in group]
    return sorted(found, key=lambda each: each["receivedAt"])


def _dead_letter(queue: str, message: Mapping[str, Any]) -> dict[str, Any]:
    sent = message.get("Attributes", {}).get("SentTimestamp")
    attributes = {
        name.lower(): value.get("StringValue")
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    reason = next((attributes[name] for name in _REASONS if attributes.get(name)), None)
    known = _event_of(message, reason)
    return {
        "queue": queue,
        "messageId": message["MessageId"],
        "receivedAt": utc(int(sent) / 1000 if sent else message.get("SentTimestamp")),
        # A sink that moves a message says how often it tried; of others SQS counts the receives.
        "tries": int(attributes.get("attempts") or message.get("ReceiveCount", 0)),
        **{name: value for name, value in known.items() if value},
    }


def _event_of(message: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    """What a dead letter says of its event; a pipe's only points into the stream."""
    try:
        body = json.loads(message.get("Body", ""))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return {"reason": reason}
    detail = body.get("detail")
    detail = detail if isinstance(detail, dict) else body
    vote = detail.get("vote")
    vote = vote if isinstance(vote, dict) else {}
    context = body.get("context")
    condition = context.get("condition") if isinstance(context, dict) else None
    return {
        "reason": reason or condition,
        "eventId": detail.get("eventID"),
        "type": body.get("detail-type") or detail.get("type"),
        "widgetId": vote.get("widgetId"),
        "voteId": vote.get("voteId"),
    }


def mail(endpoint: str, *, timeout: float = 5) -> list[dict[str, Any]]:
    """Return all mail sent since MiniStack at `endpoint` started, oldest first.

    Each has `MessageId`, `Source`, `To`, `Subject`, `BodyText` and `BodyHtml`.
    Raises requests.RequestException when it does not answer.
    """
    reply = requests.get(f"{endpoint}/_ministack/ses/messages", timeout=timeout)
    reply.raise_for_status()
    accounts: dict[str, list[dict[str, Any]]] = reply.json()["messages"]
    return [mail for mails in accounts.values() for mail in mails]


def _json(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
