"""votepipe/testing/contract/receiver.py: a server that answers well or badly, as it is told."""

from typing import Any

import pytest
import requests

from votepipe.testing.contract import Receiver


def test_what_arrives_is_kept() -> None:
    with Receiver() as receiver:
        answer = requests.post(f"{receiver.url}/a/b?c", data=b"hello", timeout=5)

    (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/a/b?c", b"hello")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_replies_are_given_in_order() -> None:
    with Receiver() as receiver:
        receiver.reply(429, {"Retry-After": "3"}, b"slow")
        receiver.reply(204, body=b"")
        answers = [requests.post(receiver.url, timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 204, 200]
    assert answers[0].headers["Retry-After"] == "3"


def test_a_reply_without_a_body_quotes_what_arrived() -> None:
    with Receiver() as receiver:
        receiver.reply(500, body=None)
        answer = requests.post(receiver.url, data=b"hello", timeout=5)

    assert answer.content == b"hello"


@pytest.mark.parametrize(
    ("manner", "error"),
    [("silent", requests.ReadTimeout), ("hangs up", requests.ConnectionError)],
)
def test_it_can_leave_out_the_answer(manner: Any, error: type[Exception]) -> None:
    with Receiver() as receiver:
        receiver.reply(manner=manner)
        with pytest.raises(error):
            requests.post(receiver.url, timeout=0.3)


def test_it_can_drip_until_it_is_released() -> None:
    with Receiver() as receiver:
        receiver.reply(manner="drips")
        with requests.post(receiver.url, timeout=5, stream=True) as answer:
            first = [answer.raw.read(1) for _ in range(3)]
            receiver.release()

    assert first == [b"x"] * 3
