"""votepipe/delivery.py: what becomes of each message of a batch."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from votepipe import (
    Delivery,
    Event,
    Secret,
    Temporary,
    TryLater,
    Undeliverable,
    clock,
    deliveries,
    setting,
    sink,
)
from votepipe.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Settings:
    key: Secret = setting("Key to the room")


class Context:
    """Lambda's context, with the milliseconds that are left on each look."""

    def __init__(self, *left: int) -> None:
        self.left = list(left)

    def get_remaining_time_in_millis(self) -> int:
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def sink_that(does: Callable[[Event], Any], **mark: Any) -> Any:
    """A sink of one event whose function does this; it keeps the events it was given."""
    given: list[Event] = []

    @sink(**{"events": ["VoteCast"], **mark})
    def handler(event: Event) -> Any:
        given.append(event)
        return does(event)

    handler.given = given  # type: ignore[attr-defined]  # the test's own
    return handler


def raising(error: Exception) -> Callable[[Event], Any]:
    def does(event: Event) -> Any:
        raise error

    return does


def failures(answer: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def deliver(surroundings: Any, envelope: Any, logged: Any) -> Any:
    """Deliver one message to a sink that does this: whether it stays, and the line about it."""

    def deliver(does: Callable[[Event], Any], tries: int = 1) -> tuple[bool, dict[str, Any]]:
        batch = surroundings.batch(envelope(), tries=tries)
        answer = sink_that(does)(batch, Context(60_000))
        (line,) = logged()
        return bool(failures(answer)), line

    return deliver


def test_returning_is_delivered(deliver: Any, surroundings: Any) -> None:
    stays, line = deliver(lambda event: "remote-1")

    assert not stays
    assert (line["message"], line["outcome"]) == ("delivered", "delivered")
    assert surroundings.rows()[0]["remoteId"] == "remote-1"


def test_a_line_says_which_delivery_it_is_about(
    deliver: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1000.0)

    _, line = deliver(lambda event: monkeypatch.setattr(clock, "now", lambda: 1000.25), tries=2)

    detail = envelope()["detail"]
    assert line["eventId"] == detail["eventID"]
    assert line["sequence"] == detail["sequence"]
    assert (line["sink"], line["type"], line["attempt"]) == ("slack", "VoteChanged", 2)
    assert line["milliseconds"] == 250
    assert line["messageId"]


def test_a_delivery_is_counted(deliver: Any) -> None:
    _, line = deliver(lambda event: None)

    (group,) = line["_aws"]["CloudWatchMetrics"]
    assert (group["Namespace"], group["Dimensions"]) == ("votepipe", [["sink"]])
    assert [metric["Name"] for metric in group["Metrics"]] == ["Delivered", "milliseconds"]
    assert line["Delivered"] == 1


def test_what_the_reader_wrote_is_in_no_line(deliver: Any) -> None:
    _, line = deliver(raising(ValueError("https://hooks.example/the-secret")))

    assert "example" not in json.dumps(line)


def test_try_later_puts_the_message_back(deliver: Any, asked_of_sqs: Any) -> None:
    stays, line = deliver(raising(TryLater("hooks.example answered 429.", after=6.2)), tries=3)

    assert stays
    assert (line["message"], line["level"]) == ("put back", "INFO")
    assert line["why"] == "hooks.example answered 429."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] == 7


def test_undeliverable_goes_to_the_dead_letters_at_once(deliver: Any, surroundings: Any) -> None:
    stays, line = deliver(raising(Undeliverable("hooks.example answered 403 Forbidden.")))

    (dead,) = surroundings.dead()
    assert not stays
    assert (line["message"], line["level"]) == ("moved to dead letters", "ERROR")
    assert dead["reason"] == line["why"] == "hooks.example answered 403 Forbidden."
    assert (dead["sink"], dead["tries"]) == ("slack", "1")


def test_a_dead_letter_keeps_its_body(deliver: Any, surroundings: Any, envelope: Any) -> None:
    deliver(raising(Undeliverable("No.")))

    assert json.loads(surroundings.dead()[0]["body"]) == envelope()


def test_any_other_error_is_tried_again_a_little_later(deliver: Any, asked_of_sqs: Any) -> None:
    stays, line = deliver(raising(Temporary("hooks.example answered 500.")), tries=2)

    assert stays
    assert (line["message"], line["level"]) == ("failed", "WARNING")
    assert line["why"] == "hooks.example answered 500."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] in (2, 3, 4)


def test_the_last_try_ends_in_the_dead_letters(deliver: Any, surroundings: Any) -> None:
    stays, _ = deliver(raising(Temporary("hooks.example answered 500.")), tries=3)

    (dead,) = surroundings.dead()
    assert not stays
    assert dead["reason"] == "hooks.example answered 500. Try 3 was the last."
    assert dead["tries"] == "3"


def test_a_failed_delivery_gives_its_lease_back(deliver: Any, surroundings: Any) -> None:
    deliver(raising(Temporary("No.")))

    assert "lease" not in surroundings.rows()[0]


def test_what_was_delivered_before_is_skipped(
    surroundings: Any, envelope: Any, logged: Any
) -> None:
    handler = sink_that(lambda event: None)
    handler(surroundings.batch(envelope()), Context(60_000))
    logged()

    answer = handler(surroundings.batch(envelope()), Context(60_000))

    (line,) = logged()
    assert failures(answer) == []
    assert len(handler.given) == 1
    assert (line["message"], line["why"]) == ("skipped", "It was delivered before.")
    assert line["Skipped"] == 1


def test_a_vote_that_another_attempt_delivers_is_put_back_for_a_moment(
    deliver: Any, surroundings: Any, envelope: Any, asked_of_sqs: Any
) -> None:
    event = Event.from_envelope(envelope())
    deliveries.claim(event, table="deliveries", sink="slack", owner="another", lease=50)

    stays, line = deliver(lambda event: None, tries=2)

    assert stays
    assert line["why"] == "Another attempt is delivering this vote."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] in (2, 3, 4)


def test_one_failure_leaves_the_others_of_the_batch_alone(surroundings: Any, envelope: Any) -> None:
    def does(event: Event) -> None:
        if event.vote.vote_id == "two":
            raise Temporary("No.")

    bodies = [envelope(vote={"voteId": name}) for name in ("one", "two", "three")]
    batch = surroundings.batch(*bodies)

    answer = sink_that(does)(batch, Context(60_000))

    bad = [record["messageId"] for record in batch["Records"] if '"two"' in record["body"]]
    assert failures(answer) == bad


def test_states_of_a_vote_are_delivered_in_their_order(surroundings: Any, envelope: Any) -> None:
    bodies = [envelope(sequence=sequence) for sequence in ("10", "9", "100")]
    handler = sink_that(lambda event: None)

    handler(surroundings.batch(*bodies), Context(60_000))

    assert [event.sequence for event in handler.given] == [9, 10, 100]


def test_a_change_is_delivered_before_it_settles(surroundings: Any, envelope: Any) -> None:
    bodies = [envelope("settled", sequence="7"), envelope(sequence="7")]
    handler = sink_that(lambda event: None)

    handler(surroundings.batch(*bodies), Context(60_000))

    assert [event.type for event in handler.given] == ["VoteChanged", "VoteSettled"]


def test_what_time_does_not_allow_goes_back_untried(
    surroundings: Any, envelope: Any, logged: Any, asked_of_sqs: Any
) -> None:
    bodies = [envelope(vote={"voteId": name}) for name in ("one", "two", "three")]
    handler = sink_that(lambda event: None)

    answer = handler(surroundings.batch(*bodies), Context(60_000, 16_000, 16_000, 14_000))

    assert len(handler.given) == 2
    assert len(failures(answer)) == 1
    assert logged()[-1]["why"] == "Too little time was left."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] == 1


def test_the_time_that_deliveries_took_is_what_the_next_one_needs(
    surroundings: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1000.0)
    bodies = [envelope(vote={"voteId": name}) for name in ("one", "two")]
    handler = sink_that(lambda event: monkeypatch.setattr(clock, "now", lambda: 1030.0))

    handler(surroundings.batch(*bodies), Context(60_000, 29_000))

    assert len(handler.given) == 1


@pytest.mark.parametrize("body", ["nonsense", "[]", '{"detail": {"type": "VoteCast"}}'])
def test_what_is_no_event_goes_to_the_dead_letters(surroundings: Any, body: str) -> None:
    handler = sink_that(lambda event: None)

    answer = handler(surroundings.batch(body), Context(60_000))

    (dead,) = surroundings.dead()
    assert failures(answer) == []
    assert handler.given == []
    assert dead["body"] == body


def test_a_setting_that_is_missing_is_the_reason_in_the_dead_letters(
    surroundings: Any, envelope: Any
) -> None:
    @sink(events=["VoteCast"], settings=Settings)
    def handler(event: Event, settings: Settings) -> None: ...

    answer: Any = handler(surroundings.batch(envelope()), Context(60_000))  # type: ignore[arg-type]

    assert failures(answer) == []
    assert surroundings.dead()[0]["reason"] == (
        "'slack' cannot run. Secret 'key' (Key to the room) has no value. "
        "Run: votepipe secret set slack"
    )


def test_settings_reach_the_function(
    surroundings: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Room:
        room: str = setting("Room")

    rooms: list[str] = []

    @sink(events=["VoteCast"], settings=Room)
    def handler(event: Event, settings: Room) -> None:
        rooms.append(settings.room)

    monkeypatch.setenv("SLACK_ROOM", "#votes")
    handler(surroundings.batch(envelope()), Context(60_000))  # type: ignore[arg-type]

    assert rooms == ["#votes"]


def test_a_function_that_asks_learns_what_it_sent_before(surroundings: Any, envelope: Any) -> None:
    seen: list[Delivery] = []

    @sink(events=["VoteCast"])
    def handler(event: Event, *, delivery: Delivery) -> str:
        seen.append(delivery)
        return f"remote-{delivery.sequence}"

    for sequence in ("9", "10"):
        handler(surroundings.batch(envelope(sequence=sequence)), Context(60_000))  # type: ignore

    assert seen == [Delivery(previous=None, sequence=9), Delivery(previous="remote-9", sequence=10)]


def test_a_message_that_cannot_be_moved_stays(
    surroundings: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    monkeypatch.setenv("DEAD_LETTERS_URL", surroundings.dead_letters + "-gone")
    batch = surroundings.batch(envelope())

    answer = sink_that(raising(Undeliverable("No.")))(batch, Context(60_000))

    (line,) = logged()
    assert failures(answer) == [batch["Records"][0]["messageId"]]
    assert line["message"] == "failed"
    assert line["why"].startswith("No. The dead-letter queue answered")


def test_a_message_that_cannot_be_put_back_stays_all_the_same(
    surroundings: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    monkeypatch.setenv("QUEUE_URL", surroundings.queue + "-gone")
    batch = surroundings.batch(envelope())

    answer = sink_that(raising(TryLater(after=5)))(batch, Context(60_000))

    assert failures(answer) == [batch["Records"][0]["messageId"]]
    assert [line["message"] for line in logged()] == ["not put back", "put back"]


def test_a_table_out_of_reach_delivers_nothing(
    surroundings: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DELIVERIES_TABLE", "elsewhere")
    handler = sink_that(lambda event: None)

    answer = handler(surroundings.batch(envelope()), Context(60_000))

    assert len(failures(answer)) == 1
    assert handler.given == []


@pytest.mark.parametrize("name", ["QUEUE_URL", "DEAD_LETTERS_URL", "DELIVERIES_TABLE"])
def test_a_function_that_was_not_told_its_surroundings_fails(
    surroundings: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    batch = surroundings.batch(envelope())
    monkeypatch.delenv(name)

    with pytest.raises(SettingsError) as caught:
        sink_that(lambda event: None)(batch, Context(60_000))

    assert str(caught.value) == (f"{name} is not in the function's environment. Run: votepipe sync")


def test_without_a_context_there_is_the_whole_time(surroundings: Any, envelope: Any) -> None:
    handler = sink_that(lambda event: None)

    answer = handler(surroundings.batch(envelope()), None)

    assert failures(answer) == []
