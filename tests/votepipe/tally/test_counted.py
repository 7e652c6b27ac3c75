"""votepipe/tally/counted.py: what a vote counts as."""

import pytest

from votepipe import Vote
from votepipe.tally.counted import Counted, Seen


def counted(instance: str | None = "a", widget: str = "w") -> Counted:
    return Counted(widget_id=widget, instance=instance, vote_type="thumbsup", answered=False)


def test_a_vote_of_which_only_the_keys_are_known_counts_as_nothing() -> None:
    assert Counted.of(Vote(widget_id="w", vote_id="v")) is None


@pytest.mark.parametrize(
    "other", [counted("b"), counted(None), counted("a", "w2"), counted("#a"), counted("a", "w#a")]
)
def test_no_two_articles_share_their_counters(other: Counted) -> None:
    assert other.article != counted().article


def test_the_longest_names_make_a_key_that_dynamodb_takes() -> None:
    assert len(counted("✨" * 1024, "✨" * 256).article) <= 1024


def test_no_item_is_a_vote_that_nobody_saw() -> None:
    assert Seen.of("w", "v", {}) == Seen(
        widget_id="w", vote_id="v", version=0, order="", counted=None
    )
