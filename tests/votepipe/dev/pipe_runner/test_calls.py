"""votepipe/dev/pipe_runner/calls.py.

The ports as AWS calls, and which errors count as an attempt.
"""

import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from votepipe.dev.operations.deployment import LocalSession
from votepipe.dev.pipe_runner.calls import AwsPorts, CallError
from votepipe.emulator.http.receiver import Answer
from votepipe.emulator.pipes.attempt import Interrupted


@pytest.fixture
def ports(web, make):
    """The ports of a pipe whose AWS is the web server."""
    return AwsPorts(make.pipe, LocalSession(web.url))


def sent(web):
    return web.requests[-1].json


class TestEnrich:
    def test_sends_the_bare_array_and_returns_the_answer(self, ports, web, make):
        web.reply(Answer(body=b'[{"eventID": "e1"}]'))

        answer = ports.enrich(make.records(1, 2))

        assert answer == [{"eventID": "e1"}]
        assert sent(web) == make.records(1, 2)
        assert "function%3Aenrich/invocations" in web.requests[-1].path

    def test_an_empty_answer_is_empty_text(self, ports, web, make):
        web.reply(Answer(body=b""))

        assert ports.enrich(make.records(1)) == ""

    def test_a_function_that_raised_is_a_failed_attempt(self, ports, web, make):
        web.reply(
            Answer(
                headers={"X-Amz-Function-Error": "Unhandled"},
                body=b'{"errorMessage": "reader@example.com", "errorType": "KeyError"}',
            )
        )

        with pytest.raises(CallError, match=r"^The enrichment function failed\. Read its log\.$"):
            ports.enrich(make.records(1))


class TestPutEvents:
    def test_returns_one_result_for_each_entry(self, ports, web):
        results = [{"EventId": "b1"}, {"ErrorCode": "InternalFailure"}]
        web.reply(Answer(body=json.dumps({"FailedEntryCount": 1, "Entries": results}).encode()))

        given = [{"Source": "a", "Detail": "{}"}, {"Source": "b", "Detail": "{}"}]

        assert ports.put_events(given) == results
        assert sent(web) == {"Entries": given}

    def test_times_are_sent_as_times(self, ports, web):
        web.reply(Answer(body=b'{"Entries": []}'))

        ports.put_events([{"Source": "a", "Time": "2026-01-04T10:00:00.5Z"}])

        assert sent(web)["Entries"][0]["Time"] == 1767520800.5


class TestDeadLetter:
    def test_goes_to_the_queue_of_the_pipe(self, ports, web):
        web.reply(
            Answer(body=json.dumps({"QueueUrl": f"{web.url}/123456789012/dead-letters"}).encode())
        )
        web.reply(Answer(body=b"{}"))
        web.reply(Answer(body=b"{}"))

        ports.dead_letter({"version": "1.0"})
        ports.dead_letter({"version": "1.0"})

        asked, *messages = [each.json for each in web.requests]
        assert asked == {"QueueName": "dead-letters", "QueueOwnerAWSAccountId": "123456789012"}
        assert [each["MessageBody"] for each in messages] == ['{"version": "1.0"}'] * 2


def answered(code, status):
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Invoke"
    )


class Refusing:
    """A session whose clients raise the error."""

    def __init__(self, error):
        self.error = error

    def client(self, service, config):
        def invoke(**arguments):
            raise self.error

        return SimpleNamespace(invoke=invoke)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answered("ServiceException", 500), Interrupted),
        (answered("ServiceUnavailable", 503), Interrupted),
        (answered("TooManyRequestsException", 429), Interrupted),
        (answered("ThrottlingException", 400), Interrupted),
        (answered("ExpiredTokenException", 403), Interrupted),
        (EndpointConnectionError(endpoint_url="http://x"), Interrupted),
        (NoCredentialsError(), Interrupted),
        (answered("ResourceNotFoundException", 404), CallError),
        (answered("AccessDeniedException", 403), CallError),
        (ReadTimeoutError(endpoint_url="http://x"), CallError),
        (ParamValidationError(report="x"), CallError),
    ],
)
def test_only_what_may_pass_by_itself_does_not_count(make, error, kind):
    with pytest.raises((Interrupted, CallError)) as raised:
        AwsPorts(make.pipe, Refusing(error)).enrich(make.records(1))

    assert raised.type is kind
    assert "http://x" not in str(raised.value)
