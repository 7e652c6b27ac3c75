"""votepipe/tally/digests.py: each digest tells what changed since the last one, once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votepipe import Event, ScheduledEvent, Skip
from votepipe.model import times
from votepipe.tally import Tally
from votepipe.tally.digests import Digest
from votepipe.tally.places import Counts, Place

EIGHT = datetime(2026, 1, 4, 8, tzinfo=UTC)


class Site:
    """Votes of one widget, counted at once, and digests of them; time goes on with each."""

    def __init__(self, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tally = Tally(tables.client, "TallyTable")
        self.now, self.votes = 1_000_000.0, 0
        monkeypatch.setattr(times, "now", lambda: self.now)

    def vote(self, vote: str, kind: str = "thumbsup", place: str = "a", *answers: str) -> None:
        """Count a state of a vote; the kind `none` withdraws it."""
        self.votes += 1
        self.now += 60
        state = {"voteType": kind, "instanceOfJoy": place, "answers": dict.fromkeys(answers, "x")}
        detail = {
            "eventID": f"event-{self.votes}",
            "type": "VoteWithdrawn" if kind == "none" else "VoteChanged",
            "time": "2026-01-04T10:00:03Z",
            "version": 1,
            "sequence": str(self.votes),
            "vote": {"widgetId": "w", "voteId": vote} | ({} if kind == "none" else state),
        }
        self.tally.count(Event.from_detail(detail))

    def begin(self, day: int) -> Digest:
        self.now += 60
        return Digest.begin(self.tally, "digest", ScheduledEvent(time=EIGHT + timedelta(days=day)))

    def told(self, day: int, *receivers: str) -> list[Place]:
        """A whole digest, sent to all of them."""
        digest = self.begin(day)
        places = digest.places()
        for receiver in receivers or ("Slack",):
            digest.mark_sent(receiver)
        digest.finish(places)
        return places


@pytest.fixture
def site(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tables, monkeypatch)


def votes_in(place: Place) -> set[str]:
    return {news.vote_id for news in place.news}


def test_the_first_one_tells_all_there_is(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.vote("v2", "thumbsdown")

    (place,) = site.told(0)

    assert place.counts == Counts(up=1, down=1, answered=1)
    assert place.told is None
    assert votes_in(place) == {"v1"}


def test_the_next_one_tells_what_changed_and_what_it_was(site: Site) -> None:
    site.vote("v1")
    site.vote("v2", "thumbsup", "b")
    site.told(0)
    site.vote("v3", "thumbsdown")

    (place,) = site.told(1)

    assert place.instance == "a"
    assert (place.counts, place.told) == (Counts(1, 1, 0), Counts(1, 0, 0))
    assert not place.news


def test_there_is_none_where_nothing_happened(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.told(0)

    assert site.begin(1).places() == []


def test_another_answer_is_news_where_the_counts_stay(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.told(0)
    site.vote("v1", "thumbsup", "a", "field_1", "field_2")

    (place,) = site.told(1)

    assert place.counts == place.told
    assert votes_in(place) == {"v1"}


def test_a_vote_is_news_once_however_many_answers_it_got(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.vote("v1", "thumbsup", "a", "field_1", "field_2")

    (place,) = site.told(0)

    assert len(place.news) == 1
    assert site.begin(1).places() == []


def test_withdrawn_votes_show_in_the_counts(site: Site) -> None:
    site.vote("v1")
    site.told(0)
    site.vote("v1", "none")

    (place,) = site.told(1)

    assert (place.counts, place.told) == (Counts(0, 0, 0), Counts(1, 0, 0))


def test_votes_that_come_while_it_is_sent_are_in_the_next_one(site: Site) -> None:
    site.vote("v1")
    digest = site.begin(0)
    first = digest.places()
    site.vote("v2", "thumbsup", "a", "field_1")
    again = site.begin(0)

    assert again.places() == first
    again.finish(first)
    (place,) = site.told(1)
    assert (place.counts, place.told) == (Counts(2, 0, 1), Counts(1, 0, 0))
    assert votes_in(place) == {"v2"}


def test_a_place_that_comes_between_two_attempts_waits_for_the_next_one(site: Site) -> None:
    site.vote("v1")
    first = site.begin(0).places()
    site.vote("v2", "thumbsup", "b")

    assert site.begin(0).places() == first


def test_an_answer_just_counted_waits_for_the_next_one(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.now -= 55

    (place,) = site.told(0)
    (later,) = site.told(1)

    assert votes_in(place) == set()
    assert votes_in(later) == {"v1"}


def test_what_a_failed_one_should_have_told_is_in_the_next(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.begin(0).places()

    (place,) = site.told(1)

    assert place.told is None
    assert votes_in(place) == {"v1"}


def test_who_has_it_is_known_to_the_next_attempt(site: Site) -> None:
    site.begin(0).mark_sent("Slack")

    assert site.begin(0).sent == {"Slack"}
    assert site.begin(1).sent == set()


def test_one_from_before_the_last_is_not_begun_again(site: Site) -> None:
    site.begin(1)

    with pytest.raises(Skip, match="later digest"):
        site.begin(0)


def test_places_with_most_news_come_first(site: Site) -> None:
    site.vote("v1", "thumbsup", "a")
    for number in range(2, 5):
        site.vote(f"v{number}", "thumbsup", "b")

    assert [place.instance for place in site.told(0)] == ["b", "a"]


def test_more_news_than_one_call_deletes_are_all_forgotten(site: Site, tables: Any) -> None:
    for number in range(60):
        site.vote(f"v{number}", "thumbsup", "a", "field_1")

    site.told(0)

    assert not [item for item in tables.items("TallyTable") if item["tally"] == "untold"]


votes = st.tuples(
    st.sampled_from(["v1", "v2", "v3"]),
    st.sampled_from(["thumbsup", "thumbsdown", "none"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([(), ("field_1",)]),
)
# Votes, and then a digest: at which call its first attempt dies, and what is cast until the second.
days = st.tuples(
    st.lists(votes, max_size=3),
    st.one_of(st.none(), st.integers(0, 12)),
    st.booleans(),
    st.lists(votes, max_size=2),
)


class Story(Site):
    """Votes and digests of many days, and all that was told to each receiver."""

    def __init__(self, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(tables, monkeypatch)
        tables.tables["TallyTable"].items.clear()
        self.tables = tables
        self.messages: dict[str, dict[int, list[list[Place]]]] = {"Slack": {}, "mail": {}}
        self.answered: Counter[str] = Counter()

    def cast(self, states: list[Any]) -> None:
        for vote, kind, place, answers in states:
            self.vote(vote, kind, place, *answers)
            self.answered[vote] += bool(answers) and kind != "none"

    def attempt(self, day: int, cut_at: int | None = None, before: bool = False) -> None:
        """Try to send a digest to both; it may die at a call."""
        self.tables.calls.clear()
        self.tables.cut_at, self.tables.cut_before = cut_at, before
        try:
            digest = self.begin(day)
            places = digest.places()
            for receiver in ("Slack", "mail") if places else ():
                if receiver not in digest.sent:
                    self.messages[receiver].setdefault(day, []).append(places)
                    digest.mark_sent(receiver)
            digest.finish(places)
        except BaseException as error:
            if type(error).__name__ != "Cut":
                raise
        self.tables.cut_at = None

    def end(self, receiver: str) -> tuple[dict[str, Counts], Counter[str]]:
        """What a receiver knows in the end, and how often it was shown each vote's answers."""
        known: dict[str, Counts] = {}
        shown: Counter[str] = Counter()
        for _, attempts in sorted(self.messages[receiver].items()):
            assert all(places == attempts[0] for places in attempts)
            for place in attempts[0]:
                assert (place.told or NOTHING) == known.get(place.key, NOTHING)
                known[place.key] = place.counts
                shown.update(votes_in(place))
        return known, shown

    @property
    def counts(self) -> dict[str, Counts]:
        return {
            item["item"]: Counts(item["up"], item["down"], item["answered"])
            for item in self.tables.items("TallyTable")
            if item["tally"] == "places"
        }


NOTHING = Counts(0, 0, 0)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(days, max_size=5))
def test_all_digests_together_tell_all_that_happened_wherever_attempts_die(
    tables: Any, monkeypatch: pytest.MonkeyPatch, history: list[Any]
) -> None:
    story = Story(tables, monkeypatch)

    for day, (early, cut_at, before, late) in enumerate([*history, ([], None, False, [])]):
        story.cast(early)
        story.attempt(day, cut_at, before)
        story.cast(late)
        story.attempt(day)
    story.attempt(len(history) + 1)

    for receiver in ("Slack", "mail"):
        known, shown = story.end(receiver)
        moved = {place: counts for place, counts in story.counts.items() if counts != NOTHING}
        assert moved.items() <= known.items()
        assert all(story.counts[place] == counts for place, counts in known.items())
        assert {vote for vote, number in story.answered.items() if number} == set(shown)
        assert all(shown[vote] <= story.answered[vote] for vote in shown)
