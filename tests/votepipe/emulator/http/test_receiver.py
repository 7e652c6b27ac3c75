"""votepipe/emulator/http/receiver.py: over real connections."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from votepipe.emulator.http.receiver import Answer, Receiver, Request

Arrived = list[tuple[Request, Answer]]


@pytest.fixture
def arrived() -> Arrived:
    return []


@pytest.fixture
def receiver(arrived: Arrived) -> Iterator[Receiver]:
    with Receiver(lambda *given: arrived.append(given)) as receiver:
        yield receiver


def post(receiver: Receiver, path: str = "chat", **given: Any) -> requests.Response:
    return requests.post(f"{receiver.url}/{path}", **{"timeout": 5, **given})


def test_an_answer_for_all_times_takes_no_memory_and_can_be_forgotten(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(status=404), times=10**12)
    statuses = [post(receiver).status_code for _ in range(3)]
    receiver.forget()

    assert [*statuses, post(receiver).status_code] == [404, 404, 404, 200]


def test_it_takes_what_is_posted_to_a_name(receiver: Receiver, arrived: Arrived) -> None:
    response = post(receiver, "chat/rooms/1?a=b", json={"text": "hi"}, headers={"X-Own": "yes"})
    ((request, answer),) = arrived

    assert (response.status_code, response.text) == (200, "ok")
    assert (request.name, request.method) == ("chat", "POST")
    assert request.path == "/chat/rooms/1?a=b"
    assert (request.json, request.headers["x-own"], answer.accepts) == ({"text": "hi"}, "yes", True)
    assert receiver.requests == [request]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_it_takes_other_methods(receiver: Receiver, method: str) -> None:
    requests.request(method, f"{receiver.url}/chat", timeout=5)

    assert [request.method for request in receiver.requests] == [method]


def test_it_answers_as_planned_and_then_as_usual(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(status=500), times=2)
    receiver.plan("chat", Answer(status=429, headers={"Retry-After": "7"}), times=1)
    answers = [post(receiver) for _ in range(4)]

    assert [each.status_code for each in answers] == [500, 500, 429, 200]
    assert answers[2].headers["Retry-After"] == "7"


def test_each_name_has_its_own_answers(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(status=500))

    assert post(receiver, "mail").status_code == 200
    assert post(receiver, "chat").status_code == 500


def test_a_reply_answers_whatever_comes(receiver: Receiver) -> None:
    receiver.reply(Answer(status=201, body=None))

    assert post(receiver, "any", data=b"quoted").text == "quoted"
    assert post(receiver, "any").text == "ok"


def test_a_function_may_answer(receiver: Receiver) -> None:
    receiver.behave("chat", lambda request: Answer(body={"ok": True, "of": request.path}))

    assert post(receiver, "chat/api").json() == {"ok": True, "of": "/chat/api"}


def test_plans_can_be_dropped(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(status=500))
    receiver.reply(Answer(status=500))
    receiver.forget()

    assert post(receiver).status_code == 200


def test_it_hangs_up(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(disconnect=True))

    with pytest.raises(requests.ConnectionError):
        post(receiver)


def test_it_hangs_up_within_the_body(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(headers={"Content-Length": "9", "Connection": "close"}))

    with pytest.raises(requests.RequestException, match="7 more expected"):
        post(receiver)


def test_it_never_answers(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(timeout=True))

    with pytest.raises(requests.Timeout):
        post(receiver, timeout=0.1)


def test_it_drips_within_the_head(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(drips="head"))
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"POST /chat HTTP/1.1\r\n\r\n")

        assert connection.makefile("rb").read(30) == b"HTTP/1.1 200 OK\r\nX-Long: xxxxx"


def test_it_drips(receiver: Receiver) -> None:
    receiver.plan("chat", Answer(drips=True))

    with post(receiver, stream=True) as response:
        assert [response.raw.read(1) for _ in range(3)] == [b"x"] * 3


@pytest.mark.parametrize(
    "answer", [Answer(timeout=True), Answer(drips=True), Answer(drips="head"), Answer(takes=60)]
)
def test_on_virtual_time_it_answers_at_once_and_keeps_what_that_stands_for(answer: Answer) -> None:
    with Receiver(virtual_time=True) as receiver:
        receiver.plan("chat", answer)

        assert post(receiver).status_code == 200
        assert list(receiver.unread.values()) == [answer]


@pytest.mark.parametrize(
    ("answer", "accepts"),
    [
        (Answer(), True),
        (Answer(status=204), True),
        (Answer(status=302), False),
        (Answer(status=500), False),
        (Answer(disconnect=True), False),
        (Answer(timeout=True), False),
        (Answer(drips=True), False),
        (Answer(timeout=True, arrives=True), True),
        (Answer(disconnect=True, arrives=True), True),
    ],
)
def test_an_answer_knows_whether_the_message_was_taken(answer: Answer, accepts: bool) -> None:
    assert answer.accepts is accepts


def test_one_connection_carries_many_requests(receiver: Receiver) -> None:
    with requests.Session() as session:
        for number in range(3):
            session.post(f"{receiver.url}/chat", data=str(number), timeout=5)

    assert [request.content for request in receiver.requests] == [b"0", b"1", b"2"]
    assert receiver.connections == 1


def test_chunks_are_put_together(receiver: Receiver) -> None:
    with requests.Session() as session:
        session.post(f"{receiver.url}/chat", data=iter([b"one ", b"two"]), timeout=5)
        session.post(f"{receiver.url}/chat", data=b"three", timeout=5)

    assert [request.content for request in receiver.requests] == [b"one two", b"three"]


def test_it_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    with Receiver() as receiver, requests.Session() as session:
        session.post(f"{receiver.url}/chat", timeout=5)
        assert set(threading.enumerate()) - before

    assert set(threading.enumerate()) <= before
