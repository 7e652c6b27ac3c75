"""votepipe/model/changes.py: what a reader did between two states."""

import pytest

from votepipe.model.changes import between

VOTE = {"widgetId": "w", "voteId": "v", "voteType": "thumbsup", "answers": {}, "complete": False}


def answered(**answers: object) -> dict:
    return VOTE | {"answers": answers}


def test_nothing_changed():
    assert between(answered(field_1="a"), answered(field_1="a")) == {}


def test_the_order_of_answers_is_no_change():
    assert between(answered(a=1, b={"x": 1, "y": 2}), answered(b={"y": 2, "x": 1}, a=1)) == {}


def test_what_no_reader_does_is_no_change():
    assert between(VOTE, VOTE | {"createdAt": "2026-01-04T10:00:03Z"}) == {}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (VOTE, VOTE | {"voteType": "thumbsdown"}, ("voteType", "thumbsup", "thumbsdown")),
        (VOTE, VOTE | {"complete": True}, ("complete", False, True)),
        (answered(field_1="a"), answered(field_1="b"), ("answers.field_1", "a", "b")),
        (answered(field_1=None), answered(field_1=""), ("answers.field_1", None, "")),
        (answered(field_1=1), answered(field_1=True), ("answers.field_1", 1, True)),
        (answered(field_1=[0]), answered(field_1=[False]), ("answers.field_1", [0], [False])),
    ],
)
def test_a_change_has_both_sides(old, new, changes):
    path, before, after = changes

    assert between(old, new) == {path: {"from": before, "to": after}}


def test_what_is_new_has_no_side_before():
    new = answered(field_1="a") | {"voter": "reader@example.com"}

    assert between(VOTE, new) == {
        "voter": {"to": "reader@example.com"},
        "answers.field_1": {"to": "a"},
    }


def test_what_is_gone_has_no_side_after():
    old = answered(field_1=None) | {"instanceOfJoy": "post"}

    assert between(old, VOTE) == {
        "instanceOfJoy": {"from": "post"},
        "answers.field_1": {"from": None},
    }
