"""api/work.py: which stamps are good for a vote."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import work
from api.web import Refused
from votepipe.model import times

BITS = 8
NOW = 29_000_000  # minutes since 1970
VOTE = ("blog", "news", "reader@example.com")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(autouse=True)
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is required, and the time stands still."""
    monkeypatch.setenv("API_PROOF_OF_WORK", str(BITS))
    monkeypatch.setattr(times, "now", lambda: NOW * 60.0)


def refused(stamp: str, *vote: str) -> bool:
    try:
        work.check(stamp, *vote or VOTE)
    except Refused:
        return True
    return False


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS, TEXTS)
def test_a_stamp_is_good_for_its_vote_alone(
    solve: Any, widget: str, instance: str, reader: str
) -> None:
    wanted = work.required(widget, instance, reader)
    stamp = solve(wanted)

    assert not refused(stamp, widget, instance, reader)
    # Of 2 ** BITS other votes it fits one by chance, and hardly ever all of these.
    others = [(widget, instance, f"{reader}{number}") for number in range(4)]
    others += [(f"{widget}x", instance, reader), (f"x{widget}", instance, reader)]
    assert any(refused(stamp, *other) for other in others)


def test_parts_of_a_vote_do_not_run_into_each_other() -> None:
    texts = {
        work.required(*vote)["text"]
        for vote in [("a", "b", "c"), ("ab", "", "c"), ("a", 'b","c', ""), ("a", "b,c", "")]
    }

    assert len(texts) == 4


def test_the_text_is_what_javascript_writes() -> None:
    text = work.required('a"\\\n\x1f\x7f/', "é👍\u2028", "undefined")["text"]

    assert text == '["a\\"\\\\\\n\\u001f\x7f/","é👍\u2028","undefined"]'
    assert work.required("a", "undefined", "b")["text"] == '["a","","b"]'


@pytest.mark.parametrize(("late", "good"), [(0, True), (90, True), (91, False), (-5, True),
                                            (-6, False), (1_000_000, False)])  # fmt: skip
def test_a_stamp_is_good_for_a_while(
    solve: Any, monkeypatch: pytest.MonkeyPatch, late: int, good: bool
) -> None:
    stamp = solve(work.required(*VOTE))
    monkeypatch.setattr(times, "now", lambda: (NOW + late) * 60.0)

    assert refused(stamp) != good


@pytest.mark.parametrize(
    "made",
    [
        lambda stamp: "",
        lambda stamp: stamp.partition(":")[0],
        lambda stamp: stamp.partition(":")[2],
        lambda stamp: f"{stamp}:",
        lambda stamp: f" {stamp}",
        lambda stamp: f"{stamp}\n",
        lambda stamp: f"-{stamp}",
        lambda stamp: f"+{stamp}",
        lambda stamp: stamp.replace(":", ": "),
        lambda stamp: stamp.replace("2", "\N{ARABIC-INDIC DIGIT TWO}"),
        lambda stamp: f"{NOW}:" + "1" * 50_000,
        lambda stamp: "9" * 50_000 + ":1",
        lambda stamp: f"{stamp}:" + "\x00" * 100,
        lambda stamp: "\ud800",
    ],
)
def test_what_is_no_stamp_is_refused(solve: Any, made: Callable[[str], str]) -> None:
    assert refused(made(solve(work.required(*VOTE))))


def test_a_stamp_of_fewer_bits_is_refused(solve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = solve(work.required(*VOTE))
    monkeypatch.setenv("API_PROOF_OF_WORK", "22")

    assert refused(stamp)  # by chance good once in 16,000, and always the same


@pytest.mark.parametrize("stamp", ["", "x", "1:1"])
def test_off_everything_is_good(monkeypatch: pytest.MonkeyPatch, stamp: str) -> None:
    monkeypatch.delenv("API_PROOF_OF_WORK")

    assert not refused(stamp)
