"""api/throttle.py: how much one address and one widget may write a minute."""

import pytest

from api import throttle
from api.web import Refused, Request
from votepipe.model import times
from votepipe.project import checkout
from votepipe.project.template import read


@pytest.fixture(autouse=True)
def minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time stands still, nothing has been counted, and the limit is the template's."""
    limit = read(checkout())["Parameters"]["ApiWritesPerMinute"]["Default"]
    monkeypatch.setenv("API_WRITES_PER_MINUTE", str(limit))
    monkeypatch.setattr(times, "now", lambda: 0.0)
    monkeypatch.setattr(throttle, "_counts", {})


def write(address: str = "192.0.2.1", method: str = "POST") -> None:
    throttle.check(Request(method=method, path="/", address=address))


def test_200_readers_of_one_office_may_vote_and_answer_three_questions() -> None:
    for _ in range(200 * 4):
        write()


def test_a_widget_takes_300_votes_a_second() -> None:
    for reader in range(300 * 60):
        write(f"2001:db8::{reader:x}")
        throttle.check_widget("blog")


def test_above_the_limit_one_address_and_one_widget_wait_for_the_next_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("API_WRITES_PER_MINUTE", "2")
    for _ in range(2):
        write()
    with pytest.raises(Refused):
        write()
    write(method="GET")
    write("192.0.2.2")
    for _ in range(2 * throttle.WIDGET):
        throttle.check_widget("blog")
    with pytest.raises(Refused):
        throttle.check_widget("blog")
    throttle.check_widget("docs")

    monkeypatch.setattr(times, "now", lambda: 60.0)
    write()
    throttle.check_widget("blog")
