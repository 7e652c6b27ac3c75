"""enrichers/reader.py: a name to show for any voter."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichers import reader
from votepipe import Vote


def added(voter: str | None) -> Any:
    return reader.enrich(Vote(widget_id="docs", vote_id="1", voter=voter))


def test_a_voter_who_is_not_known_is_anonymous() -> None:
    assert added(None) == {"anonymous": True, "address": False}


@pytest.mark.parametrize(
    ("voter", "name"),
    [
        ("reader@example.com", "reader"),
        ("jane.doe+news@example.com", "jane.doe"),
        (" reader@example.com ", "reader"),
        ("<reader@example.com>", "reader"),
        ("Jane Doe <jane@example.com>", "Jane Doe"),
        ('"Doe, Jane" <jane@example.com>', "Doe, Jane"),
        ("Jane\u202e\n<jane@example.com>", "Jane"),
    ],
)
def test_an_address_shows_a_name(voter: str, name: str) -> None:
    assert added(voter) == {"anonymous": False, "address": True, "name": name}


@pytest.mark.parametrize("voter", ["user-42", "Jane", "@jane", "jane@", "a@b@c", "a b@c"])
def test_what_is_no_address_shows_as_it_is(voter: str) -> None:
    assert added(voter) == {"anonymous": False, "address": False, "name": voter}


def test_an_address_without_a_name_shows_none() -> None:
    assert added("+news@example.com") == {"anonymous": False, "address": True}


def test_a_name_is_cut() -> None:
    assert added("x" * 500)["name"] == "x" * 99 + "…"


@given(st.text() | st.text('<>@ "+a'))
def test_any_voter_is_somebody_with_a_short_clean_name(voter: str) -> None:
    found = added(voter)

    assert found["anonymous"] is False
    assert len(found.get("name", "x")) <= 100
    assert found.get("name", "x").isprintable() or not voter.isprintable()
