"""votepipe/dev/console/app.py: the page, the API, the stream of changes, and a clean end."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import requests

from votepipe.dev.console import app
from votepipe.dev.console.app import Server

STATIC = Path(app.__file__).parent / "static"


def test_the_page_is_there(console: Any) -> None:
    reply = console.get("")

    assert reply.headers["Content-Type"].startswith("text/html")
    assert "<title>votepipe console</title>" in reply.text


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir()))
def test_the_page_names_no_address_outside(console: Any, name: str) -> None:
    text = console.get(f"static/{name}").text.replace("http://www.w3.org/2000/svg", "")

    assert text
    assert "//" not in text.replace("// ", "").replace("https?:\\/\\/", "")


def test_files_beside_the_page_are_not_served(console: Any) -> None:
    assert console.get("static/..%2fapp.py").status_code == 404


def test_the_status_is_the_callers(console: Any) -> None:
    console.status = {"ready": False, "step": "sam deploy"}

    assert console.get("api/status").json() == {"ready": False, "step": "sam deploy"}


def test_ten_thousand_messages_come_in_one_answer(console: Any) -> None:
    for number in range(10_000):
        console.journal.message("slack", json.dumps({"text": str(number)}), {})

    found = console.get("api/messages").json()
    assert [message["body"]["text"] for message in found] == [str(n) for n in range(10_000)]


def test_only_new_messages_on_demand(console: Any) -> None:
    for text in "abcd":
        console.journal.message("slack", text, {})

    assert [each["body"] for each in console.get("api/messages?after=1").json()] == list("bcd")
    assert [each["body"] for each in console.get("api/messages?last=2").json()] == list("cd")
    assert console.get("api/messages?last=0").json() == []


def test_the_journal_lists_votes_and_their_hops(console: Any) -> None:
    keys = {"widgetId": "w", "voteId": "v"}
    console.journal.trace({"hop": "passed", "eventID": "e-1", "keys": keys, "time": 1.0})

    (vote,) = console.get("api/journal").json()["votes"]
    assert vote.items() >= keys.items()
    assert vote["hops"] == [
        {
            "at": "1970-01-01T00:00:01.000Z",
            "stage": "filter",
            "state": "passed",
            "text": "let through",
            "eventId": "e-1",
        }
    ]


def test_the_journal_can_be_limited(console: Any) -> None:
    for vote in "abc":
        console.journal.wrote("w", vote, "cast", at="2026-01-01T00:00:00.000Z")

    votes = console.get("api/journal?limit=2").json()["votes"]
    assert [vote["voteId"] for vote in votes] == ["c", "b"]


def test_reset_empties_messages_journal_and_faults(console: Any) -> None:
    console.journal.message("slack", "{}", {})
    console.journal.wrote("w", "v", "cast", at="2026-01-01T00:00:00.000Z")
    console.post("api/faults", {"sink": "slack", "status": 500})
    console.post("api/reset")

    assert console.get("api/messages").json() == []
    assert console.get("api/journal").json()["votes"] == []
    assert console.get("api/faults").json() == []


def test_faults_are_shown_and_cleared(console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 500, "times": 3})
    shown = console.get("api/faults").json()
    requests.delete(f"{console.server.url}api/faults", timeout=30)

    assert shown == [{"sink": "slack", "status": 500, "timesLeft": 3, "secondsLeft": None}]
    assert console.get("api/faults").json() == []


def test_a_wrong_fault_is_refused(console: Any) -> None:
    reply = console.post("api/faults", {"sink": "slack", "status": "bad"})

    assert reply.status_code == 400
    assert "'status'" in reply.json()["error"]


def test_dead_letters_are_the_callers(console: Any) -> None:
    console.dead_letters = lambda: [{"queue": "q", "reason": "It answered 404."}]

    assert console.get("api/dead-letters").json() == [{"queue": "q", "reason": "It answered 404."}]


def test_dead_letters_that_cannot_be_read_are_an_error(console: Any) -> None:
    def unreachable() -> list[dict[str, Any]]:
        raise requests.ConnectionError

    console.dead_letters = unreachable

    assert console.get("api/dead-letters").status_code == 503


def test_the_stream_sends_each_change(console: Any) -> None:
    with console.get("api/stream", stream=True) as stream:
        events = (line for line in stream.iter_lines() if line.startswith(b"data: "))
        first = json.loads(next(events)[6:])
        console.journal.message("slack", "{}", {})
        second = json.loads(next(events)[6:])

    assert (first["messages"], second["messages"]) == (0, 1)
    assert second["revision"] > first["revision"]


def test_it_listens_on_the_loopback_address_only(console: Any) -> None:
    assert console.server._server.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_an_error_at_once(console: Any) -> None:
    with pytest.raises(OSError, match="in use"):
        Server(console.app, console.server.port)


def test_its_port_is_free_again_afterwards(console: Any) -> None:
    with Server(console.app, 0) as server:
        port = server.port

    with socket.create_server(("127.0.0.1", port)):
        pass


def test_open_streams_end_with_it(console: Any) -> None:
    with Server(console.app, 0) as server:
        stream = requests.get(f"{server.url}api/stream", stream=True, timeout=30)

    assert b"event: changed" in stream.content


def test_the_last_vote_goes_to_a_sink_again_by_request(console: Any) -> None:
    asked: list[str] = []
    console.try_again = lambda sink: asked.append(sink) or {"voteId": "v"}

    sent = console.post("api/try", {"sink": "slack"})
    wrong = console.post("api/try", {})

    assert (sent.status_code, sent.json()) == (200, {"voteId": "v"})
    assert (wrong.status_code, asked) == (400, ["slack"])


def test_a_sinks_dead_letters_are_sent_again_by_request(console: Any) -> None:
    asked: list[str] = []
    console.redrive = lambda sink: asked.append(sink) or {"sent": 2, "kept": {}}

    sent = console.post("api/redrive", {"sink": "slack"})
    wrong = console.post("api/redrive", ["slack"])

    assert (sent.status_code, sent.json()) == (200, {"sent": 2, "kept": {}})
    assert wrong.status_code == 400
    assert asked == ["slack"]
