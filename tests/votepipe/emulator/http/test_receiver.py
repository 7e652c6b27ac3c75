"""votepipe/emulator/http/receiver.py: over real connections."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from votepipe.emulator.http.receiver import Answer, Receiver
from votepipe.emulator.http.request import Request


class Kept(Receiver):
    """A receiver that keeps what arrived."""

    def __init__(self) -> None:
        self.arrived: list[tuple[Request, Answer]] = []
        super().__init__(lambda request, answer: self.arrived.append((request, answer)))


@pytest.fixture
def receiver() -> Iterator[Kept]:
    receiver = Kept()
    receiver.start()
    yield receiver
    receiver.close()


def post(receiver: Receiver, path: str = "chat", **given: Any) -> requests.Response:
    return requests.post(f"{receiver.url}/{path}", timeout=5, **given)


def test_it_takes_what_is_posted_to_a_sink_s_address(receiver: Kept) -> None:
    response = post(receiver, "chat/rooms/1", json={"text": "hi"}, headers={"X-Own": "yes"})
    ((request, answer),) = receiver.arrived

    assert (response.status_code, response.text) == (200, "ok")
    assert (request.sink, request.path, request.method) == ("chat", "rooms/1", "POST")
    assert (request.json, request.headers["x-own"], answer.accepts) == ({"text": "hi"}, "yes", True)


def test_it_answers_as_planned_and_then_as_usual(receiver: Kept) -> None:
    receiver.plan("chat", Answer(status=500), times=2)
    receiver.plan("chat", Answer(status=429, headers={"Retry-After": "7"}), times=1)
    answers = [post(receiver) for _ in range(4)]

    assert [each.status_code for each in answers] == [500, 500, 429, 200]
    assert answers[2].headers["Retry-After"] == "7"


def test_each_sink_has_its_own_answers(receiver: Kept) -> None:
    receiver.plan("chat", Answer(status=500), times=1)

    assert post(receiver, "mail").status_code == 200
    assert post(receiver, "chat").status_code == 500


def test_a_function_may_answer(receiver: Kept) -> None:
    receiver.behave("chat", lambda request: Answer(body={"ok": True, "of": request.path}))

    assert post(receiver, "chat/api").json() == {"ok": True, "of": "api"}


def test_plans_can_be_dropped(receiver: Kept) -> None:
    receiver.plan("chat", Answer(status=500), times=1)
    receiver.forget()

    assert post(receiver).status_code == 200


def test_it_hangs_up(receiver: Kept) -> None:
    receiver.plan("chat", Answer(disconnect=True), times=1)

    with pytest.raises(requests.ConnectionError):
        post(receiver)


@pytest.mark.parametrize(
    ("answer", "accepts"),
    [
        (Answer(), True),
        (Answer(status=204), True),
        (Answer(status=302), False),
        (Answer(status=500), False),
        (Answer(disconnect=True), False),
        (Answer(timeout=True), False),
        (Answer(timeout=True, arrives=True), True),
        (Answer(disconnect=True, arrives=True), True),
    ],
)
def test_an_answer_tells_whether_the_message_was_taken(answer: Answer, accepts: bool) -> None:
    assert answer.accepts is accepts


def test_one_connection_carries_many_requests(receiver: Kept) -> None:
    with requests.Session() as session:
        for number in range(3):
            session.post(f"{receiver.url}/chat", data=str(number), timeout=5)

    assert [request.content for request, _ in receiver.arrived] == [b"0", b"1", b"2"]


def test_chunks_are_put_together(receiver: Kept) -> None:
    post(receiver, data=iter([b"one ", b"two"]))

    assert receiver.arrived[0][0].content == b"one two"


def test_what_is_not_http_ends_the_connection(receiver: Kept) -> None:
    host, port = receiver.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"hello\r\n\r\n")

        assert connection.recv(10) == b""
    assert receiver.arrived == []


def test_a_client_may_serve_its_own_line_while_it_waits(receiver: Kept) -> None:
    with socket.create_connection(receiver.lines.address, timeout=5) as client:
        line = receiver.lines.at_the_end_of(client)
        assert line is not None
        for number in range(3):
            request = b"POST /chat HTTP/1.1\r\nContent-Length: 1\r\n\r\n%d" % number
            receiver.lines.take(line, request)
            client.sendall(request)
            assert len(receiver.arrived) == number  # the thread leaves it alone
            receiver.lines.answer(line)
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")

    assert [request.content for request, _ in receiver.arrived] == [b"0", b"1", b"2"]


def test_what_has_not_all_come_yet_is_left_to_the_thread(receiver: Kept) -> None:
    with socket.create_connection(receiver.lines.address, timeout=5) as client:
        line = receiver.lines.at_the_end_of(client)
        assert line is not None
        receiver.lines.take(line, b"POST")
        client.sendall(b"POST /chat HTTP/1.1\r\nContent-Length: 2\r\n\r\n1")
        receiver.lines.answer(line)
        client.sendall(b"2")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")

    assert receiver.arrived[0][0].content == b"12"


def test_a_line_that_was_hung_up_can_be_tried_again(receiver: Kept) -> None:
    receiver.plan("chat", Answer(disconnect=True), times=1)
    with socket.create_connection(receiver.lines.address, timeout=5) as client:
        line = receiver.lines.at_the_end_of(client)
        assert line is not None
        client.sendall(b"POST /chat HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        assert client.recv(100) == b""

        receiver.lines.take(line, b"POST")
        receiver.lines.answer(line)

    assert len(receiver.arrived) == 1


def test_only_lines_to_the_receiver_can_be_served(receiver: Kept) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_connection(other.getsockname(), timeout=5) as client,
    ):
        assert receiver.lines.at_the_end_of(client) is None
