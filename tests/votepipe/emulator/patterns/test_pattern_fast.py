"""votepipe/emulator/patterns/pattern.py: plain events need no search, and others get one."""

import pytest

from votepipe.emulator import patterns
from votepipe.emulator.patterns import search

PATTERN = {
    "source": ["votepipe", {"prefix": "test"}],
    "detail": {
        "version": [{"numeric": [">=", 1]}],
        "vote": {"voter": ["ann", {"exists": False}], "tags": ["new"]},
    },
}
EVENT = {"source": "votepipe", "detail": {"version": 1, "vote": {"tags": ["old", "new"]}}}


@pytest.fixture
def searches(monkeypatch):
    """Every event that was handed to the search."""
    seen = []
    matches = search.Search.matches
    monkeypatch.setattr(
        search.Search, "matches", lambda self, event: (seen.append(event), matches(self, event))[1]
    )
    return seen


def with_detail(**changes):
    return {**EVENT, "detail": {**EVENT["detail"], **changes}}


@pytest.mark.parametrize(
    ("event", "matched"),
    [
        (EVENT, True),
        ({**EVENT, "source": "elsewhere"}, False),
        ({**EVENT, "source": None}, False),
        ({**EVENT, "other": [{"x": [1]}], "other.key": 1}, True),
        ({"source": "votepipe"}, False),
        ({"source": "votepipe", "detail": None}, False),
        (with_detail(version=0), False),
        (with_detail(version="1"), False),
        (with_detail(vote={"voter": {"S": "bob"}, "tags": "new"}), True),
        (with_detail(vote={"voter": [], "tags": "new"}), True),
        (with_detail(vote={"voter": "bob", "tags": "new"}), False),
    ],
)
def test_plain_events_need_no_search(searches, event, matched):
    assert patterns.compile(PATTERN).matches(event) is matched
    assert not searches


@pytest.mark.parametrize(
    ("event", "matched"),
    [
        ({**EVENT, "detail": [EVENT["detail"]]}, True),
        ({**EVENT, "detail": (EVENT["detail"],)}, True),
        ({**EVENT, "detail.version": 0}, True),
        ({"source": "votepipe", "detail.vote.tags": "new", "detail": {"version": 1}}, True),
        (with_detail(vote={"tags": [["new"]]}), True),
        (with_detail(vote={"tags": [{"x": "new"}]}), False),
        (with_detail(**{"vote.voter": "bob"}), False),
    ],
)
def test_other_events_get_a_search(searches, event, matched):
    assert patterns.compile(PATTERN).matches(event) is matched
    assert len(searches) == 1


def test_or_needs_no_search(searches):
    either = patterns.compile({"a": [1], "$or": [{"b": [1]}, {"c": {"d": [1], "e": [1]}}]})

    assert either({"a": 1, "b": 1})
    assert either({"a": 1, "c": {"d": 1, "e": 1}})
    assert not either({"a": 1, "c": {"d": 1}})
    assert not either({"b": 1})
    assert not searches


def test_a_branch_without_conditions_of_its_own_is_met_by_the_others(searches):
    """The last writing of a path counts, so both branches end up with the same two fields."""
    either = patterns.compile({"$or": [{"a": [1]}, {"a": [2]}], "a": [3]})

    assert either({"a": 3})
    assert not either({"a": 1})
    assert not searches


@pytest.mark.parametrize("hostile", ["x'):\n    raise", '"""', "event", "\\", "{}", "\x00", "é"])
def test_texts_of_the_pattern_do_not_become_code(hostile):
    compiled = patterns.compile({hostile: {hostile: [hostile, {"prefix": hostile * 2}]}})

    assert compiled({hostile: {hostile: hostile}})
    assert compiled({hostile: {hostile: hostile * 3}})
    assert not compiled({hostile: {hostile: "other"}})


def test_a_path_of_many_levels():
    pattern, event = ["x"], "x"
    for _ in range(90):
        pattern, event = {"a": pattern}, {"a": event}

    assert patterns.compile(pattern)(event)
    assert not patterns.compile(pattern)({"a": event})
