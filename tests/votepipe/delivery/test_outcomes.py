"""votepipe/delivery/outcomes.py: the outcome of a delivery decides what happens to its message."""

import inspect
import json
from typing import Any

import pytest

from votepipe import Event, Secret, Temporary, TryLater, Undeliverable, sink
from votepipe.model.errors import InvalidEvent, SettingsError


def test_returning_is_delivered(run: Any, envelope: Any, aws_side: Any) -> None:
    ran = run(lambda event: "remote-1", envelope())

    (line,) = ran.lines
    assert ran.kept == []
    assert (line["message"], line["outcome"], line["level"]) == ("delivered", "delivered", "INFO")
    assert aws_side.rows()[0]["remoteId"] == "remote-1"


@pytest.mark.parametrize("result", [None, 7, {"id": "x"}, b"x"])
def test_what_is_no_text_is_no_remote_id(
    run: Any, envelope: Any, aws_side: Any, result: Any
) -> None:
    ran = run(lambda event: result, envelope())

    assert ran.kept == []
    assert "remoteId" not in aws_side.rows()[0]


def test_try_later_puts_the_message_back(
    run: Any, envelope: Any, raising: Any, asked_of_sqs: Any
) -> None:
    later = TryLater("hooks.example answered 429.", after=6.2)

    ran = run(raising(later), envelope(), tries=3)

    (line,) = ran.lines
    assert len(ran.kept) == 1
    assert (line["message"], line["outcome"], line["level"]) == ("put back", "later", "INFO")
    assert line["why"] == "hooks.example answered 429."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] == 7


@pytest.mark.parametrize("kind", [Undeliverable, SettingsError, InvalidEvent])
def test_what_cannot_be_delivered_goes_to_the_dead_letters_at_once(
    run: Any, envelope: Any, raising: Any, aws_side: Any, kind: type[Exception]
) -> None:
    ran = run(raising(kind("hooks.example answered 403 Forbidden.")), envelope())

    (line,), (dead,) = ran.lines, aws_side.dead()
    assert ran.kept == []
    assert (line["message"], line["level"]) == ("sent to dead letters", "ERROR")
    assert dead["reason"] == line["why"] == "hooks.example answered 403 Forbidden."
    assert (dead["sink"], dead["attempts"]) == ("slack", "1")
    assert json.loads(dead["body"]) == envelope()


def test_what_may_pass_is_tried_again_a_little_later(
    run: Any, envelope: Any, raising: Any, asked_of_sqs: Any
) -> None:
    ran = run(raising(Temporary("hooks.example answered 500.")), envelope(), tries=2)

    (line,) = ran.lines
    assert len(ran.kept) == 1
    assert (line["message"], line["outcome"], line["level"]) == ("failed", "retried", "WARNING")
    assert line["why"] == "hooks.example answered 500."
    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] in (2, 3, 4)


def test_the_last_try_ends_in_the_dead_letters(
    run: Any, envelope: Any, raising: Any, aws_side: Any
) -> None:
    failing = raising(Temporary("hooks.example answered 500."))

    ran = [run(failing, envelope(), tries=number) for number in (2, 4, 9)]

    (dead,) = aws_side.dead()
    assert [len(each.kept) for each in ran] == [1, 1, 0]
    assert dead["reason"] == "hooks.example answered 500. Attempt 3 was the last."


def test_the_back_off_grows_with_failures_and_not_with_receives(
    run: Any, envelope: Any, raising: Any, asked_of_sqs: Any
) -> None:
    run(raising(Temporary("hooks.example answered 500.")), envelope(), tries=9)

    assert asked_of_sqs("ChangeMessageVisibility")[0]["VisibilityTimeout"] in (1, 2)


def test_failures_of_an_older_event_are_not_those_of_a_newer_one(
    run: Any, envelope: Any, raising: Any, aws_side: Any
) -> None:
    failing = raising(Temporary("hooks.example answered 500."))

    for sequence in ("5", "6", "5", "6"):
        run(failing, envelope(sequence=sequence))

    assert aws_side.dead() == []
    assert [line["why"] for line in run(failing, envelope(sequence="5")).lines] == [
        "hooks.example answered 500. Attempt 3 was the last."
    ]


def test_a_delivery_forgets_the_failures_before_it(
    run: Any, envelope: Any, raising: Any, aws_side: Any
) -> None:
    run(raising(Temporary("No.")), envelope())
    assert "failures" in aws_side.rows()[0]

    run(lambda event: None, envelope())

    assert "failures" not in aws_side.rows()[0]


def test_without_idempotent_each_receive_is_an_attempt(
    run: Any, envelope: Any, raising: Any
) -> None:
    ran = run(raising(Temporary("No.")), envelope(), tries=3, idempotent=None)

    assert ran.lines[0]["why"] == "No. Attempt 3 was the last."


def test_being_asked_to_wait_is_never_the_last_try(
    run: Any, envelope: Any, raising: Any, aws_side: Any
) -> None:
    ran = run(raising(TryLater(after=5)), envelope(), tries=3)

    assert len(ran.kept) == 1
    assert aws_side.dead() == []


def test_a_foreign_error_is_named_by_class_and_line(run: Any, envelope: Any) -> None:
    @sink(events=["VoteCast"])
    def handler(event: Event) -> None:
        json.loads("https://hooks.example/the-secret")

    ran = run(handler, envelope())

    (line,) = ran.lines
    number = inspect.getsourcelines(handler.sink.function)[1] + 2
    assert line["why"] == f"JSONDecodeError in {handler.sink.file}, line {number}."
    assert "the-secret" not in json.dumps(line)


def test_an_error_from_a_function_called_wrongly_has_no_line(
    run: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    @sink(events=["VoteCast"])
    def handler(event: Event) -> None: ...

    monkeypatch.setattr(handler.sink.function, "__code__", (lambda: None).__code__)

    ran = run(handler, envelope())

    assert ran.lines[0]["why"] == f"TypeError in {handler.sink.file}."


@pytest.mark.parametrize("failure", [Temporary("No."), ValueError(), TryLater(after=1)])
def test_a_delivery_that_failed_gives_its_lease_back(
    run: Any, envelope: Any, raising: Any, aws_side: Any, failure: Exception
) -> None:
    run(raising(failure), envelope())

    assert "lease" not in aws_side.rows()[0]


def test_a_secret_in_an_error_is_stars_in_the_log(run: Any, envelope: Any, raising: Any) -> None:
    ran = run(raising(Undeliverable(f"No room for {Secret('swordfish')}.")), envelope())

    assert ran.lines[0]["why"] == "No room for ***."
