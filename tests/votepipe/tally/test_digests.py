"""votepipe/tally/digests.py: each digest holds what changed since the last one, once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votepipe import Event, ScheduledEvent, Skip, Temporary
from votepipe.model import times
from votepipe.tally import Tally
from votepipe.tally.articles import Article, Counts
from votepipe.tally.digests import Digest

EIGHT = datetime(2026, 1, 4, 8, tzinfo=UTC)


class Site:
    """Votes of one widget, counted at once, and digests of them; time goes on with each."""

    def __init__(self, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tally = Tally(tables.client, "TallyTable")
        self.now, self.votes = 1_000_000.0, 0
        monkeypatch.setattr(times, "now", lambda: self.now)

    def vote(self, vote: str, kind: str = "thumbsup", article: str = "a", *answers: str) -> None:
        """Count a state of a vote; the kind `none` withdraws it."""
        self.votes += 1
        self.now += 60
        state = {"voteType": kind, "instanceOfJoy": article, "answers": dict.fromkeys(answers, "x")}
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

    def send(self, day: int, *receivers: str) -> list[Article]:
        """A whole digest, sent to all of them."""
        digest = self.begin(day)
        articles = digest.articles()
        for receiver in receivers or ("Slack",):
            digest.mark_sent(receiver)
        digest.finish(articles)
        return articles


@pytest.fixture
def site(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tables, monkeypatch)


def votes_in(article: Article) -> set[str]:
    return {answer.vote_id for answer in article.pending}


def test_the_first_one_holds_everything(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.vote("v2", "thumbsdown")

    (article,) = site.send(0)

    assert article.counts == Counts(up=1, down=1, answered=1)
    assert article.reported is None
    assert votes_in(article) == {"v1"}


def test_the_next_one_holds_what_changed_and_what_it_was(site: Site) -> None:
    site.vote("v1")
    site.vote("v2", "thumbsup", "b")
    site.send(0)
    site.vote("v3", "thumbsdown")

    (article,) = site.send(1)

    assert article.instance == "a"
    assert (article.counts, article.reported) == (Counts(1, 1, 0), Counts(1, 0, 0))
    assert not article.pending


def test_it_is_empty_when_nothing_happened(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.send(0)

    assert site.begin(1).articles() == []


def test_another_answer_is_pending_though_the_counts_stay(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.send(0)
    site.vote("v1", "thumbsup", "a", "field_1", "field_2")

    (article,) = site.send(1)

    assert article.counts == article.reported
    assert votes_in(article) == {"v1"}


def test_a_vote_is_pending_once_however_many_answers_it_got(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.vote("v1", "thumbsup", "a", "field_1", "field_2")

    (article,) = site.send(0)

    assert len(article.pending) == 1
    assert site.begin(1).articles() == []


def test_withdrawn_votes_show_in_the_counts(site: Site) -> None:
    site.vote("v1")
    site.send(0)
    site.vote("v1", "none")

    (article,) = site.send(1)

    assert (article.counts, article.reported) == (Counts(0, 0, 0), Counts(1, 0, 0))


def test_votes_that_come_while_it_is_sent_are_in_the_next_one(site: Site) -> None:
    site.vote("v1")
    digest = site.begin(0)
    first = digest.articles()
    site.vote("v2", "thumbsup", "a", "field_1")
    again = site.begin(0)

    assert again.articles() == first
    again.finish(first)
    (article,) = site.send(1)
    assert (article.counts, article.reported) == (Counts(2, 0, 1), Counts(1, 0, 0))
    assert votes_in(article) == {"v2"}


def test_an_article_that_comes_between_two_attempts_waits_for_the_next_one(site: Site) -> None:
    site.vote("v1")
    first = site.begin(0).articles()
    site.vote("v2", "thumbsup", "b")

    assert site.begin(0).articles() == first


def test_an_answer_just_counted_waits_for_the_next_one(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.now -= 55

    (article,) = site.send(0)
    (later,) = site.send(1)

    assert votes_in(article) == set()
    assert votes_in(later) == {"v1"}


def test_what_a_failed_one_should_have_reported_is_in_the_next(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.begin(0).articles()

    (article,) = site.send(1)

    assert article.reported is None
    assert votes_in(article) == {"v1"}


def test_who_has_it_is_known_to_the_next_attempt(site: Site) -> None:
    site.begin(0).mark_sent("Slack")

    assert site.begin(0).sent == {"Slack"}
    assert site.begin(1).sent == set()


def test_one_from_before_the_last_does_not_begin_again(site: Site) -> None:
    site.begin(1)

    with pytest.raises(Skip, match="later digest"):
        site.begin(0)


def test_articles_with_most_new_votes_come_first(site: Site) -> None:
    site.vote("v1", "thumbsup", "a")
    for number in range(2, 5):
        site.vote(f"v{number}", "thumbsup", "b")

    assert [article.instance for article in site.send(0)] == ["b", "a"]


def test_what_a_busy_table_did_not_delete_is_left_to_the_next_attempt(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.vote("v", "thumbsup", "a", "more")
    with monkeypatch.context() as busy:
        busy.setattr(
            site.tally.client,
            "batch_write_item",
            lambda RequestItems: {"UnprocessedItems": RequestItems},  # noqa: N803 - as boto3 calls it
            raising=False,
        )
        with pytest.raises(Temporary, match="too busy"):
            site.send(1)

    assert [article.key for article in site.send(1)]
    assert site.send(2) == []


def test_more_pending_answers_than_one_call_deletes_are_all_deleted(
    site: Site, tables: Any
) -> None:
    for number in range(60):
        site.vote(f"v{number}", "thumbsup", "a", "field_1")

    site.send(0)

    assert not [item for item in tables.items("TallyTable") if item["tally"] == "pending"]


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
    """Votes and digests of many days, and all that each receiver got."""

    def __init__(self, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(tables, monkeypatch)
        tables.tables["TallyTable"].items.clear()
        self.tables = tables
        self.messages: dict[str, dict[int, list[list[Article]]]] = {"Slack": {}, "mail": {}}
        self.answered: Counter[str] = Counter()

    def cast(self, states: list[Any]) -> None:
        for vote, kind, article, answers in states:
            self.vote(vote, kind, article, *answers)
            self.answered[vote] += bool(answers) and kind != "none"

    def attempt(self, day: int, cut_at: int | None = None, before: bool = False) -> None:
        """Try to send a digest to both; it may die at a call."""
        self.tables.calls.clear()
        self.tables.cut_at, self.tables.cut_before = cut_at, before
        try:
            digest = self.begin(day)
            articles = digest.articles()
            for receiver in ("Slack", "mail") if articles else ():
                if receiver not in digest.sent:
                    self.messages[receiver].setdefault(day, []).append(articles)
                    digest.mark_sent(receiver)
            digest.finish(articles)
        except BaseException as error:
            if type(error).__name__ != "Cut":
                raise
        self.tables.cut_at = None

    def end(self, receiver: str) -> tuple[dict[str, Counts], Counter[str]]:
        """What a receiver knows in the end, and how often it was shown each vote's answers."""
        known: dict[str, Counts] = {}
        shown: Counter[str] = Counter()
        for _, attempts in sorted(self.messages[receiver].items()):
            assert all(articles == attempts[0] for articles in attempts)
            for article in attempts[0]:
                assert (article.reported or NOTHING) == known.get(article.key, NOTHING)
                known[article.key] = article.counts
                shown.update(votes_in(article))
        return known, shown

    @property
    def counts(self) -> dict[str, Counts]:
        return {
            item["item"]: Counts(item["up"], item["down"], item["answered"])
            for item in self.tables.items("TallyTable")
            if item["tally"] == "articles"
        }


NOTHING = Counts(0, 0, 0)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(days, max_size=5))
def test_all_digests_together_report_all_that_happened_wherever_attempts_die(
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
        moved = {article: counts for article, counts in story.counts.items() if counts != NOTHING}
        assert moved.items() <= known.items()
        assert all(story.counts[article] == counts for article, counts in known.items())
        assert {vote for vote, number in story.answered.items() if number} == set(shown)
        assert all(shown[vote] <= story.answered[vote] for vote in shown)
