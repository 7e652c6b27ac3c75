"""votepipe/delivery/leases.py: one vote, one message, in every order of things."""

from typing import Any

import pytest

from votepipe import Event
from votepipe.delivery.leases import Claim, claim, key_of, mark, order_of, release
from votepipe.model import times
from votepipe.model.errors import InvalidEvent, Skip, Temporary, TryLater


@pytest.fixture
def event(envelope: Any) -> Any:
    """Make an event of one vote with this sequence."""
    return lambda sequence=5, name="answer-1", **changes: Event.from_envelope(
        envelope(name, sequence=str(sequence), **changes)
    )


@pytest.fixture
def take(surroundings: Any) -> Any:
    """Claim an event at the sink `slack` for one minute."""
    return lambda event, owner="a", **options: claim(
        event,
        **{"table": surroundings.table, "sink": "slack", "owner": owner, "lease": 60} | options,
    )


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(times, "now", lambda: seconds)


def test_a_delivery_is_marked(
    take: Any, event: Any, surroundings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000.5)

    mark(take(event(5)), "remote-1")

    assert surroundings.rows() == [
        {
            "delivery": "slack#docs-feedback#6a7e5a52-3f0e-4f6e-9a56-0b4d2f9f8c11",
            "sequence": "5".zfill(40),
            "eventId": event(5).id,
            "remoteId": "remote-1",
            "expires": str(1000 + 30 * 86_400),
        }
    ]


def test_what_was_delivered_is_skipped(take: Any, event: Any) -> None:
    mark(take(event(5)), None)

    with pytest.raises(Skip, match="It was delivered before."):
        take(event(5))


def test_what_is_older_is_skipped(take: Any, event: Any) -> None:
    mark(take(event(10)), None)

    with pytest.raises(Skip, match="A newer state was delivered before."):
        take(event(9))


def test_what_is_newer_is_claimed_and_knows_the_previous_message(take: Any, event: Any) -> None:
    first = take(event(9))
    mark(first, "remote-1")

    second = take(event(10))

    assert (first.previous, second.previous) == (None, "remote-1")


def test_a_delivery_without_a_remote_id_keeps_the_one_before(take: Any, event: Any) -> None:
    mark(take(event(9)), "remote-1")
    mark(take(event(10)), None)

    assert take(event(11)).previous == "remote-1"


def test_the_settled_state_follows_the_change_it_settles(take: Any, event: Any) -> None:
    mark(take(event(5)), None)
    settled = event(5, "settled")
    mark(take(settled), None)

    with pytest.raises(Skip, match="It was delivered before."):
        take(settled)
    with pytest.raises(Skip, match="A newer state was delivered before."):
        take(event(5))
    assert isinstance(take(event(6)), Claim)


def test_a_vote_being_delivered_waits_for_the_lease(
    take: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000)
    take(event(5))
    at(monkeypatch, 1020)

    with pytest.raises(TryLater) as caught:
        take(event(6), owner="b")

    assert caught.value.after == 40


def test_a_lease_that_ran_out_is_taken_over(
    take: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 1000)
    take(event(5))
    at(monkeypatch, 1060.001)

    assert isinstance(take(event(5), owner="b"), Claim)


def test_a_released_lease_can_be_taken_at_once(take: Any, event: Any) -> None:
    release(take(event(5)))

    assert isinstance(take(event(5), owner="b"), Claim)


def test_an_attempt_may_take_its_own_lease_again(take: Any, event: Any) -> None:
    take(event(5))

    assert isinstance(take(event(6)), Claim)


@pytest.mark.parametrize(
    ("end", "said"), [("mark", "delivered but not marked"), ("release", "lease not given back")]
)
def test_a_lease_of_another_is_left_alone(
    take: Any,
    event: Any,
    surroundings: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    end: str,
    said: str,
) -> None:
    at(monkeypatch, 1000)
    late = take(event(5))
    at(monkeypatch, 1061)
    take(event(6), owner="b")
    before = surroundings.rows()

    mark(late, None) if end == "mark" else release(late)

    assert surroundings.rows() == before
    assert said in capsys.readouterr().out


def test_votes_and_sinks_do_not_disturb_each_other(take: Any, event: Any) -> None:
    mark(take(event(5)), None)

    assert isinstance(take(event(5, vote={"voteId": "other"})), Claim)
    assert isinstance(take(event(5), sink="email"), Claim)


def test_a_table_that_is_not_there_is_temporary(take: Any, event: Any) -> None:
    with pytest.raises(Temporary, match="The deliveries table answered 'ResourceNotFoundExc"):
        take(event(5), table="elsewhere")


def test_no_two_votes_share_a_key(event: Any) -> None:
    ids = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a", "b%23c"), ("ä", "\ud83d"), ("a", "b")]

    keys = {key_of(event(vote={"widgetId": w, "voteId": v}), "slack", True) for w, v in ids}

    assert len(keys) == len(ids)


def test_long_ids_make_a_short_key(event: Any) -> None:
    long = [event(vote={"widgetId": "ü" * 2000, "voteId": end}) for end in "ab"]
    keys = [key_of(each, "slack", True) for each in long]

    assert keys[0] != keys[1]
    assert all(key.startswith("slack#sha256:") and len(key) < 1024 for key in keys)


def test_a_sink_without_order_skips_the_same_event_alone(take: Any, event: Any) -> None:
    mark(take(event(10), ordered=False), None)
    older = event(9, eventID="another")

    with pytest.raises(Skip, match="It was delivered before."):
        take(event(10), ordered=False)
    assert isinstance(take(older, ordered=False), Claim)


def test_a_rejected_record_does_not_stand_for_its_vote(take: Any, event: Any) -> None:
    rejected = event(10, "malformed", eventID="rejected")
    mark(take(rejected), None)

    assert isinstance(take(event(9, vote=dict(envelope_vote(rejected)))), Claim)
    with pytest.raises(Skip, match="It was delivered before."):
        take(rejected)


def envelope_vote(event: Event) -> Any:
    return {"widgetId": event.vote.widget_id, "voteId": event.vote.vote_id}


@pytest.mark.parametrize(("smaller", "larger"), [(9, 10), (0, 1), (99, 10**39), (5, 50)])
def test_sequences_sort_as_numbers(event: Any, smaller: int, larger: int) -> None:
    assert order_of(event(smaller)) < order_of(event(larger))


@pytest.mark.parametrize("sequence", [10**40, -1])
def test_a_sequence_that_does_not_sort_is_refused(event: Any, sequence: int) -> None:
    with pytest.raises(InvalidEvent, match="up to 40 digits"):
        order_of(event(sequence))
