"""votepipe/http.py: each way a receiver can answer has its outcome."""

import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.http.receiver import Answer
from votepipe.http import post
from votepipe.model import times
from votepipe.model.errors import DeliveryError, Temporary, TryLater, Undeliverable

# The path of a webhook is its password.
PATH = "/services/T0/B0/the-secret"


def failure(web: Any, **options: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        post(web.url + PATH, json={}, **options)
    return caught.value


def test_json_arrives_as_it_was_given(web: Any) -> None:
    post(web.url + PATH, json={"text": "Grüße 👍"})

    (request,) = web.requests
    assert request.path == PATH
    assert request.headers["content-type"] == "application/json"
    assert request.json == {"text": "Grüße 👍"}


def test_data_and_headers_arrive_as_they_were_given(web: Any) -> None:
    post(web.url, data=b"signed", headers={"webhook-id": "e1"})

    (request,) = web.requests
    assert request.content == b"signed"
    assert request.headers["webhook-id"] == "e1"


def test_headers_given_replace_the_usual_ones_in_any_case(web: Any) -> None:
    post(web.url, json={}, headers={"content-type": "application/x+json", "USER-AGENT": "mine"})

    sent = [
        (name.lower(), value)
        for name, value in web.requests[0].headers.items()
        if name.lower() in ("content-type", "user-agent")
    ]
    assert sorted(sent) == [("content-type", "application/x+json"), ("user-agent", "mine")]


def test_a_mapping_arrives_as_a_form(web: Any) -> None:
    post(web.url, data={"name": "Grüße", "more": "a&b"})

    (request,) = web.requests
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.content == b"name=Gr%C3%BC%C3%9Fe&more=a%26b"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_the_method_is_the_one_given(web: Any, method: str) -> None:
    post(web.url, json={}, method=method)

    assert web.requests[0].method == method


def test_the_whole_address_is_used(web: Any) -> None:
    post(web.url.replace("//", "//me:p%40ss@") + "/a b/é?thread=1&x=ü#end", json={})

    (request,) = web.requests
    assert request.path == "/a%20b/%C3%A9?thread=1&x=%C3%BC"
    assert request.headers["authorization"] == "Basic bWU6cEBzcw=="


def test_a_netrc_file_does_not_replace_credentials(
    web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    post(web.url, json={}, headers={"Authorization": "Bearer mine"})

    assert web.requests[0].headers["authorization"] == "Bearer mine"


def test_a_proxy_does_not_see_what_stays_on_this_machine(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert post(web.url, json={}).status == 200


def test_a_proxy_is_asked_to_make_the_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        asked: list[bytes] = []

        def refuse() -> None:
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(65_536))
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(Temporary):
            post("https://behind-a-proxy.example/x", json={})
        thread.join()

    assert asked[0].startswith(b"CONNECT behind-a-proxy.example:443 ")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_delivered(web: Any, status: int) -> None:
    web.reply(
        Answer(status=status, headers={"X-Id": "7"}, body=b'{"id": 7}' if status != 204 else b"")
    )

    response = post(web.url, json={})

    assert response.status == status
    assert response.headers["x-id"] == "7"


def test_the_answer_is_there_as_text_and_json(web: Any) -> None:
    web.reply(Answer(body=b'{"id": "7\xff"}'))

    response = post(web.url, json={})

    assert response.text == '{"id": "7\ufffd"}'
    with pytest.raises(ValueError, match="utf-8"):
        response.json()


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, "7", 7),
        (429, "1.5", 1.5),
        (429, "0", 1),
        (429, "-5", 1),
        (429, "86400", 3600),
        (429, "inf", 3600),
        (429, "nan", 30),
        (429, "soon", 30),
        (429, None, 30),
        (503, "7", 7),
    ],
)
def test_a_receiver_that_asks_to_wait_is_given_the_time(
    web: Any, status: int, retry_after: str | None, seconds: float
) -> None:
    web.reply(Answer(status=status, headers={"Retry-After": retry_after} if retry_after else {}))

    error = failure(web)

    assert isinstance(error, TryLater)
    assert error.after == seconds


def test_retry_after_may_be_a_date(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 1, 4, 10, 0, tzinfo=UTC)
    monkeypatch.setattr(times, "now", now.timestamp)
    web.reply(
        Answer(
            status=429, headers={"Retry-After": format_datetime(now.replace(minute=2), usegmt=True)}
        )
    )

    error = failure(web)

    assert isinstance(error, TryLater)
    assert error.after == 120


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((408, 425, 500, 502, 503, 599), Temporary),
        ((301, 307, 304, 400, 401, 403, 404, 410, 413), Undeliverable),
    ],
)
def test_a_status_decides_the_outcome(
    web: Any, statuses: Sequence[int], outcome: type[DeliveryError]
) -> None:
    for status in statuses:
        web.reply(Answer(status=status))

    assert [s for s in statuses if not isinstance(failure(web), outcome)] == []


@pytest.mark.parametrize("location", ["/elsewhere", "https://[x/"])
def test_a_redirect_is_not_followed(web: Any, location: str) -> None:
    web.reply(Answer(status=307, headers={"Location": location}))

    assert isinstance(failure(web), Undeliverable)

    assert [request.path for request in web.requests] == [PATH]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(disconnect=True), "could not be reached, or hung up."),
        (
            Answer(headers={"Content-Length": "10", "Connection": "close"}, body="half"),
            "could not be reached, or hung up.",
        ),
        (Answer(timeout=True), "did not answer within 0.3 s."),
        (Answer(drips="head"), "did not answer within 0.3 s."),
        (Answer(drips=True), "did not answer within 0.3 s."),
    ],
)
def test_no_whole_answer_is_temporary(web: Any, answer: Answer, text: str) -> None:
    web.reply(answer)

    error = failure(web, timeout=0.3)

    assert isinstance(error, Temporary)
    assert str(error) == f"127.0.0.1 {text}"


def test_an_answer_that_is_not_what_it_says_is_temporary(web: Any) -> None:
    web.reply(Answer(headers={"Content-Encoding": "gzip"}, body=b"this is not gzip"))

    error = failure(web)

    assert isinstance(error, Temporary)
    assert str(error) == "127.0.0.1 answered what cannot be read."


def test_nobody_there_is_temporary() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(Temporary) as caught:
            post(f"http://127.0.0.1:{nobody.getsockname()[1]}{PATH}", json={})

    assert str(caught.value) == "127.0.0.1 could not be reached, or hung up."


def test_a_long_answer_is_cut(web: Any) -> None:
    web.reply(Answer(body=b"x" * 200_000))

    assert len(post(web.url, json={}).body) == 65_536


def test_an_error_names_host_and_status_alone(web: Any) -> None:
    web.reply(Answer(status=403, body=b"you sent: the-secret"))

    error = failure(web)

    assert str(error) == "127.0.0.1 answered 403 Forbidden."
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_a_status_that_no_standard_knows_has_no_words(web: Any) -> None:
    web.reply(Answer(status=499))

    assert str(failure(web)) == "127.0.0.1 answered 499."


def test_a_hint_follows_the_fact(web: Any) -> None:
    web.reply(Answer(status=404))

    error = failure(web, hints={404: "The webhook does not exist. Make a new one."})

    assert str(error) == (
        "127.0.0.1 answered 404 Not Found. The webhook does not exist. Make a new one."
    )


@pytest.mark.parametrize("url", ["", "hooks.example/x", "ftp://hooks.example/x", "https://[x/"])
def test_what_is_no_address_is_undeliverable(url: str) -> None:
    with pytest.raises(Undeliverable) as caught:
        post(url, json={})

    assert str(caught.value) == (
        "The receiver's address is not a URL. Correct the setting it is in."
    )


def test_a_foreign_host_is_spoken_to_with_tls_only() -> None:
    with pytest.raises(Undeliverable) as caught:
        post("http://hooks.example" + PATH, json={})

    assert str(caught.value) == "The address at hooks.example is not safe. Use one with https."


def test_a_request_that_cannot_be_made_is_undeliverable(web: Any) -> None:
    error = failure(web, headers={"X-Name": "two\nlines"})

    assert isinstance(error, Undeliverable)
    assert str(error) == "No request can be made to 127.0.0.1 (InvalidHeader)."
    assert web.requests == []


def test_what_json_cannot_hold_is_undeliverable(web: Any) -> None:
    with pytest.raises(Undeliverable):
        post(web.url, json={"share": float("nan")})


def test_a_mistake_in_the_sink_is_not_hidden(web: Any) -> None:
    with pytest.raises(TypeError, match="set"):
        post(web.url, json={"text": {1, 2}})


def test_connections_are_kept(web: Any) -> None:
    for _ in range(3):
        post(web.url, json={})

    assert web.connections == 1


def test_cookies_are_not_kept(web: Any) -> None:
    web.reply(Answer(headers={"Set-Cookie": "who=me"}))

    post(web.url, json={})
    post(web.url, json={})

    assert "cookie" not in web.requests[1].headers
