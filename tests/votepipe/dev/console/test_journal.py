"""votepipe/dev/console/journal.py: hops find their votes, in any order and within bounds."""

import json
import threading
from typing import Any

import pytest

from votepipe.dev.console import journal as module
from votepipe.dev.console.journal import Journal

EVENT = "7c9e6679f0b54c1d8a2e3b4c5d6e7f80"
VOTE = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


@pytest.fixture
def journal() -> Journal:
    return Journal()


def trace(hop: str, event: str = EVENT, vote: str = "v", time: float = 1.0) -> dict[str, Any]:
    return {"hop": hop, "eventID": event, "keys": {"widgetId": "w", "voteId": vote}, "time": time}


def line(outcome: str, event: str = EVENT) -> dict[str, Any]:
    return {"message": outcome, "eventId": event, "sink": "slack", "outcome": outcome}


def stages(journal: Journal) -> list[list[str]]:
    return [[hop["stage"] for hop in vote["hops"]] for vote in journal.votes()["votes"]]


def test_hops_of_one_vote_stand_together_in_the_order_of_time(journal: Journal) -> None:
    journal.trace(trace("enriched", time=2.0))
    journal.trace(trace("passed", time=1.0))
    journal.line(line("delivered"), at="1970-01-01T00:00:03Z")

    assert stages(journal) == [["filter", "enrichment", "sink"]]


def test_the_vote_that_changed_last_comes_first(journal: Journal) -> None:
    for vote in ("a", "b", "a"):
        journal.trace(trace("passed", event=f"e-{vote}", vote=vote))

    assert [vote["voteId"] for vote in journal.votes()["votes"]] == ["a", "b"]


@pytest.mark.parametrize("early", [True, False])
def test_a_settled_state_finds_its_vote_by_the_change_that_came_to_rest(
    journal: Journal, early: bool
) -> None:
    steps = [
        lambda: journal.line(line("delivered", f"{EVENT}-settled"), at="1970-01-01T00:00:03Z"),
        lambda: journal.trace(trace("passed")),
    ]
    for step in steps if early else reversed(steps):
        step()

    assert stages(journal) == [["filter", "sink"]]
    assert journal.votes()["votes"][0]["hops"][-1]["eventId"] == f"{EVENT}-settled"


@pytest.mark.parametrize(
    ("body", "headers"),
    [({"eventID": EVENT}, {}), ({}, {"webhook-id": EVENT}), ({"vote": VOTE}, {})],
    ids=["event in the body", "event in a header", "vote in the body"],
)
def test_a_message_finds_its_vote_by_an_id(journal: Journal, body: Any, headers: Any) -> None:
    journal.trace(trace("passed", vote=VOTE))
    journal.message("webhook", json.dumps(body), headers)

    hop = journal.votes()["votes"][0]["hops"][-1]
    assert hop["stage"] == "message"
    journal.message("webhook", json.dumps(body), headers, refused="answered 500")
    assert journal.votes()["votes"][0]["hops"][-1]["text"] == "webhook answered 500"


def test_what_comes_before_its_trace_finds_its_vote(journal: Journal) -> None:
    journal.line(line("delivered"), at="1970-01-01T00:00:03Z")
    journal.message("webhook", "{}", {"webhook-id": EVENT})
    journal.trace(trace("passed"))

    assert sorted(stages(journal)[0]) == ["filter", "message", "sink"]


def test_a_message_of_no_known_vote_is_kept_all_the_same(journal: Journal) -> None:
    journal.message("slack", '{"text": "hi"}', {})

    assert len(json.loads(journal.messages())) == 1
    assert journal.votes()["votes"] == []


def test_a_refused_request_is_in_the_journal_but_no_message(journal: Journal) -> None:
    journal.message("slack", '{"text": "hi"}', {}, refused="answered 500")

    assert json.loads(journal.messages()) == []
    (refused,) = journal.votes()["refused"]
    assert (refused["state"], refused["text"]) == ("failed", "slack answered 500")


def test_a_dead_letter_is_a_hop_of_its_vote(journal: Journal) -> None:
    journal.dead_letter(
        {
            "queue": "SlackDeadLetters",
            "receivedAt": "2026-01-01T00:00:00.000Z",
            "reason": "It answered 404.",
            "eventId": EVENT,
            "widgetId": "w",
            "voteId": "v",
        }
    )

    (hop,) = journal.votes()["votes"][0]["hops"]
    assert (hop["stage"], hop["text"]) == ("dead letter", "It answered 404.")


def test_votes_since_a_revision_are_those_that_changed_after_it(journal: Journal) -> None:
    journal.trace(trace("passed", vote="a", event="e-a"))
    revision = journal.state()["revision"]
    journal.trace(trace("passed", vote="b", event="e-b"))

    assert [vote["voteId"] for vote in journal.votes(since=revision)["votes"]] == ["b"]


def test_what_the_table_holds_stands_beside_the_way(journal: Journal) -> None:
    journal.trace(trace("passed"))
    journal.describe("w", "v", {"voteType": "thumbsup"})

    assert journal.votes()["votes"][0]["voteType"] == "thumbsup"


def test_describing_a_vote_again_changes_nothing(journal: Journal) -> None:
    journal.trace(trace("passed"))
    journal.describe("w", "v", {"voteType": "thumbsup"})
    before = journal.state()
    journal.describe("w", "v", {"voteType": "thumbsup"})

    assert journal.state() == before


def test_keys_of_other_types_make_no_vote(journal: Journal) -> None:
    journal.trace(trace("passed") | {"keys": {"widgetId": 1, "voteId": ["v"]}})

    assert journal.votes()["votes"] == []


def test_reset_forgets_and_begins_a_new_epoch(journal: Journal) -> None:
    journal.trace(trace("passed"))
    journal.message("slack", "{}", {})
    before = journal.state()
    journal.reset()

    after = journal.state()
    assert (after["votes"], after["messages"]) == (0, 0)
    assert after["epoch"] != before["epoch"]
    assert after["revision"] > before["revision"]


def test_the_vote_that_changed_longest_ago_makes_room(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VOTES", 2)
    for vote in ("a", "b", "a", "c"):
        journal.trace(trace("passed", event=f"e-{vote}", vote=vote))

    assert [vote["voteId"] for vote in journal.votes()["votes"]] == ["c", "a"]


def test_hops_that_wait_for_their_vote_are_bounded(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING", 1)
    journal.line(line("delivered", "e-old"), at="1970-01-01T00:00:03Z")
    journal.line(line("delivered", "e-new"), at="1970-01-01T00:00:03Z")
    for event in ("e-old", "e-new"):
        journal.trace(trace("passed", event=event))

    assert sorted(stages(journal)[0]) == ["filter", "filter", "sink"]


def test_messages_of_many_threads_are_all_there(journal: Journal) -> None:

    def send() -> None:
        for _ in range(500):
            journal.message("slack", '{"text": "hi"}', {})

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = json.loads(journal.messages())
    assert [message["number"] for message in found] == list(range(1, 4_001))
