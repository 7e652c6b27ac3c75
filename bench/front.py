"""The front's handler at 300 votes a second for a minute: python bench/front.py.

One process on one thread, with the template's limits; every vote is another reader's. Calls of AWS
are answered at once, without boto3's work. Votes come by the clock, however long those before take:
a vote's time is that in the handler, and beside it stands the time since it was due.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from botocore.client import BaseClient
from figures import Figure

import api
from votepipe.project import checkout
from votepipe.project.template import read

RATE = 300  # votes a second
WIDGET = {"widgetId": {"S": "docs"}, "followupQuestions": {"S": "[]"}}
MUTATION = """mutation ($voter: String) {
  widgetVote(userId: "me", widgetId: "docs", thumbsup: true, voter: $voter, instanceOfJoy: "news")
  { voteId }
}"""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "API_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:bench",
    "VOTES_TABLE": "votes",
    "WIDGETS_TABLE": "widgets",
}

Event = dict[str, Any]


def answered(client: object, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """What AWS answers: the widget, the vote as it is then stored, and the front's keys."""
    if operation == "GetItem":
        return {"Item": WIDGET}
    if operation == "UpdateItem":
        values = given["ExpressionAttributeValues"].items()
        return {"Attributes": given["Key"] | {name[1:]: value for name, value in values}}
    return {"SecretString": json.dumps({"vote_key": "v" * 48})}


def by_graphql(number: int) -> Event:
    """A vote as a program casts it."""
    body = {"query": MUTATION, "variables": {"voter": f"reader{number}@example.com"}}
    return event(number, "/graphql", json.dumps(body))


def by_page(number: int) -> Event:
    """A vote as the page's form casts it."""
    query = f"voter={quote(f'reader{number}@example.com')}&instanceOfJoy=news"
    return event(number, "/docs/thumbsup", "vote=thumbsup", query)


def event(number: int, path: str, body: str, query: str = "") -> Event:
    """A POST as an HTTP API hands it over."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"user-agent": "Mozilla/5.0", "host": "votes.example"},
        "requestContext": {"http": {"method": "POST", "sourceIp": f"2001:db8::{number:x}"}},
        "body": body,
        "isBase64Encoded": False,
    }


def load(vote: Callable[[int], Event], votes: int = RATE * 60) -> Figure:
    """The handler's 99th percentile, and beside it the median and the errors."""
    limit = read(checkout())["Parameters"]["ApiWritesPerMinute"]["Default"]
    given = {**ENVIRONMENT, "API_WRITES_PER_MINUTE": str(limit)}
    with patch.dict(os.environ, given), patch.object(BaseClient, "_make_api_call", answered):
        return timed(vote, votes)


def timed(vote: Callable[[int], Event], votes: int) -> Figure:
    """Call the handler with each vote when it is due."""
    handled, since_due, errors = [], [], 0
    start = time.perf_counter()
    for number in range(votes):
        each = vote(number)
        due = start + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        answer = api.handler(each, None)
        ended = time.perf_counter()
        handled.append(1e3 * (ended - began))
        since_due.append(1e3 * (ended - due))
        errors += answer["statusCode"] >= 400 or '"errors"' in answer["body"]
    p99, late = (statistics.quantiles(times, n=100)[98] for times in (handled, since_due))
    beside = {"p50": statistics.median(handled), "p99 since due": late, "errors": errors}
    return Figure(p99, "ms", references=beside)


if __name__ == "__main__":
    for way in (by_graphql, by_page):
        print(f"{way.__name__:<12} {load(way)}", flush=True)
