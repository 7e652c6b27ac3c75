"""votepipe/model/moments.py: the message of a schedule, read."""

from datetime import UTC, datetime

import pytest

from votepipe import Moment
from votepipe.model.errors import InvalidEvent

AT_EIGHT = {"source": "aws.scheduler", "time": "2026-01-04T08:00:00Z"}


def test_a_message_of_a_schedule_is_its_moment() -> None:
    moment = Moment.from_message(AT_EIGHT)

    assert moment == Moment(time=datetime(2026, 1, 4, 8, tzinfo=UTC))


def test_its_id_is_the_same_however_the_time_is_written() -> None:
    moment = Moment.from_message(AT_EIGHT | {"time": "2026-01-04T09:00:00.000+01:00"})

    assert moment is not None
    assert moment.id == "2026-01-04T08:00:00Z"


def test_moments_follow_each_other() -> None:
    first = Moment(time=datetime(2026, 1, 4, 8, tzinfo=UTC))
    second = Moment(time=datetime(2026, 1, 5, 8, tzinfo=UTC))

    assert second.sequence - first.sequence == 86_400


@pytest.mark.parametrize("message", [{"source": "votepipe"}, {}, [], "text", None])
def test_other_messages_are_no_moments(message: object) -> None:
    assert Moment.from_message(message) is None


@pytest.mark.parametrize("time", ["<aws.scheduler.scheduled-time>", "", None, 8])
def test_a_message_without_a_time_is_refused(time: object) -> None:
    with pytest.raises(InvalidEvent, match="no time"):
        Moment.from_message(AT_EIGHT | {"time": time})
