"""The ports of a pipe as AWS calls."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
)

from votepipe.emulator.pipes.attempt import Interrupted
from votepipe.emulator.pipes.definition import PipeDefinition
from votepipe.emulator.pipes.entries import Entry
from votepipe.emulator.pipes.records import Record
from votepipe.model.errors import VotepipeError

# botocore does not retry: the engine and the follower do, and report it.
QUICK = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
# A pipe's execution may take 5 minutes.
SLOW = QUICK.merge(Config(read_timeout=300))


class CallError(VotepipeError):
    """A service refused a call, or a function failed."""


class AwsPorts:
    """Enrichment, bus and dead-letter queue of one pipe."""

    def __init__(self, pipe: PipeDefinition, session: boto3.Session) -> None:
        self._pipe = pipe
        self._lambda: Any = session.client("lambda", config=SLOW)
        self._events: Any = session.client("events", config=QUICK)
        self._sqs: Any = session.client("sqs", config=QUICK)

    def enrich(self, records: list[Record]) -> Any:
        """Invoke the enrichment function and wait for its answer."""
        answer = _call(
            self._lambda.invoke,
            FunctionName=self._pipe.enrichment_arn,
            Payload=json.dumps(records).encode(),
        )
        body = answer["Payload"].read()
        if "FunctionError" in answer:
            # The function's own error text may quote a record.
            raise CallError("The enrichment function failed. Read its log.")
        return json.loads(body) if body else ""

    def put_events(self, entries: list[Entry]) -> Sequence[Mapping[str, Any]]:
        """Put entries on their bus; one result each."""
        answer = _call(self._events.put_events, Entries=[_with_time(each) for each in entries])
        results: Sequence[Mapping[str, Any]] = answer["Entries"]
        return results

    def dead_letter(self, message: dict[str, Any]) -> None:
        """Send a message to the pipe's dead-letter queue."""
        _call(self._sqs.send_message, QueueUrl=self._queue_url, MessageBody=json.dumps(message))

    @cached_property
    def _queue_url(self) -> str:
        account, name = str(self._pipe.dead_letter_arn).split(":")[-2:]
        answer = _call(self._sqs.get_queue_url, QueueName=name, QueueOwnerAWSAccountId=account)
        return str(answer["QueueUrl"])


def _with_time(entry: Entry) -> Entry:
    return entry | {"Time": datetime.fromisoformat(entry["Time"])} if "Time" in entry else entry


def _call(operation: Callable[..., Any], **arguments: Any) -> Any:
    """Make a call. Raises Interrupted for what a retry may fix, else CallError."""
    name = getattr(operation, "__name__", "call")
    try:
        return operation(**arguments)
    except ClientError as error:
        code = error.response["Error"].get("Code", "unknown")
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if status >= 500 or status == 429 or code.startswith(("Throttl", "ExpiredToken")):
            raise Interrupted(f"AWS answered '{code}' to '{name}'.") from error
        raise CallError(f"AWS answered '{code}' to '{name}'.") from error
    except ReadTimeoutError as error:
        raise CallError(f"'{name}' took too long to answer.") from error
    except (ConnectionError, HTTPClientError, NoCredentialsError) as error:
        raise Interrupted(f"'{name}' did not reach AWS ({type(error).__name__}).") from error
    except BotoCoreError as error:
        raise CallError(f"'{name}' could not be called ({type(error).__name__}).") from error
