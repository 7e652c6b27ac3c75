"""sinks/digest/digests.py: each digest holds what changed since the last one, once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinks.digest.articles import Article, Counts, Report
from sinks.digest.digests import GRACE, SECONDS, Digest
from votepipe import Event, ScheduledEvent, Skip, TryLater
from votepipe.model import times
from votepipe.tally import Tally

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
        return Digest(self.tally, "digest", ScheduledEvent(time=EIGHT + timedelta(days=day)))

    def send(self, day: int) -> list[Article]:
        """The articles of a whole digest that is sent."""
        digest = self.begin(day)
        report = shown(digest)
        digest.mark_sent("Slack")
        digest.finish()
        return list(report.articles)


def shown(digest: Digest) -> Report:
    return digest.report(articles=30, answers=5)


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
    assert article.reported == NOTHING
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

    assert not shown(site.begin(1)).total


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
    assert not shown(site.begin(1)).total


def test_withdrawn_votes_show_in_the_counts(site: Site) -> None:
    site.vote("v1")
    site.send(0)
    site.vote("v1", "none")

    (article,) = site.send(1)

    assert (article.counts, article.reported) == (Counts(0, 0, 0), Counts(1, 0, 0))


def test_votes_that_come_while_it_is_sent_are_in_the_next_one(site: Site) -> None:
    site.vote("v1")
    digest = site.begin(0)
    first = shown(digest)
    site.vote("v2", "thumbsup", "a", "field_1")
    again = site.begin(0)

    assert shown(again).articles == first.articles
    again.finish()
    (article,) = site.send(1)
    assert (article.counts, article.reported) == (Counts(2, 0, 1), Counts(1, 0, 0))
    assert votes_in(article) == {"v2"}


def test_an_article_that_comes_between_two_attempts_waits_for_the_next_one(site: Site) -> None:
    site.vote("v1")
    first = shown(site.begin(0))
    site.vote("v2", "thumbsup", "b")

    assert shown(site.begin(0)) == first


def test_an_answer_just_counted_waits_for_the_next_one(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    site.now -= 60 - GRACE / 2

    (article,) = site.send(0)
    (later,) = site.send(1)

    assert votes_in(article) == set()
    assert votes_in(later) == {"v1"}
    assert site.send(2) == []


def test_whoever_counts_an_answer_has_ended_before_a_digest_leaves_its_time_behind() -> None:
    from sinks.tally import handler

    assert handler.sink.resources.timeout < GRACE


def test_what_a_failed_one_should_have_reported_is_in_the_next(site: Site) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")
    shown(site.begin(0))

    (article,) = site.send(1)

    assert article.reported == NOTHING
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


def test_more_than_are_shown_are_counted(site: Site) -> None:
    for number in range(60):
        site.vote(f"v{number}", "thumbsup", f"{number % 2}", "field_1")
        site.vote(f"plain{number}", "thumbsup", f"plain {number}")
    site.send(0)
    for number in range(60):
        site.vote(f"w{number}", "thumbsup", f"{number % 2}", "field_1")
        site.vote(f"w{number}", "thumbsdown", f"plain {number}")

    report = site.begin(1).report(articles=2, answers=5)

    assert [article.instance for article in report.articles] == ["0", "1"]
    assert votes_in(report.articles[0]) == {f"w{number}" for number in range(50, 60, 2)}
    assert report.total == 62
    assert (report.up, report.down, report.answers) == (0, 60, 60)


def test_what_does_not_fit_in_a_functions_time_goes_on_in_the_next_call(
    site: Site, tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        site.vote(f"v{number}", "thumbsup", f"{number}", "field_1")
    monkeypatch.setattr(times, "now", lambda: site.now + 9 * len(tables.calls))
    attempts = 0
    while attempts < 10:
        attempts += 1
        try:
            tables.calls.clear()
            report = shown(site.begin(0))
            break
        except TryLater:
            assert 9 * len(tables.calls) < SECONDS + 30

    assert attempts == 3
    assert (report.total, report.up, report.answers) == (60, 60, 60)
    assert all(votes_in(article) for article in report.articles)


def test_nothing_is_deleted_and_pending_answers_expire(site: Site, tables: Any) -> None:
    site.vote("v1", "thumbsup", "a", "field_1")

    site.send(0)

    (item,) = pending(tables)
    assert item["expires"] > site.now
    assert "BatchWriteItem" not in tables.calls


def test_the_first_one_after_months_has_the_counts_and_no_old_answers(site: Site) -> None:
    for number in range(9):
        site.vote(f"v{number}", "thumbsup", "a", "field_1")
    site.now += 60 * 86_400
    site.vote("new", "thumbsdown", "a", "field_1")

    report = shown(site.begin(0))

    assert (report.first, report.up, report.down, report.answers) == (True, 9, 1, 10)
    assert votes_in(report.articles[0]) == {"new"}


def test_it_is_the_first_until_one_is_finished(site: Site) -> None:
    site.vote("v1")

    assert shown(site.begin(0)).first
    assert shown(site.begin(1)).first
    site.send(1)
    site.vote("v2")
    assert not shown(site.begin(2)).first


def test_a_stack_that_had_digests_before_goes_on_from_their_counts(site: Site, tables: Any) -> None:
    site.vote("v1")
    (item,) = [item for item in tables.tables["TallyTable"].items.values() if "up" in item]
    item |= {f"reported{name}": {"N": "1"} for name in ("Up",)}
    item |= {f"reported{name}": {"N": "0"} for name in ("Down", "Answered")}
    site.vote("v2", "thumbsdown", "a", "field_1")

    report = shown(site.begin(0))

    assert not report.first
    assert (report.up, report.down, report.answers) == (0, 1, 1)


def test_the_answers_of_one_article_are_spread_over_partitions(site: Site, tables: Any) -> None:
    for number in range(1600):
        site.vote(f"v{number}", "thumbsup", "a", "field_1")

    keys = Counter(item["tally"] for item in pending(tables))

    assert len(keys) == 16
    assert max(keys.values()) < 150


def pending(tables: Any) -> list[dict[str, Any]]:
    items = tables.items("TallyTable")
    return [item for item in items if item["tally"].startswith("pending#")]


votes = st.tuples(
    st.sampled_from(["v1", "v2", "v3"]),
    st.sampled_from(["thumbsup", "thumbsdown", "none"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([(), ("field_1",)]),
)
# Votes, and then a digest: at which call its first attempt dies, and what is cast until the second.
days = st.tuples(
    st.lists(votes, max_size=3),
    st.one_of(st.none(), st.integers(0, 45)),
    st.booleans(),
    st.lists(votes, max_size=2),
)


class Story(Site):
    """Votes and digests of many days, and all that each receiver got."""

    def __init__(self, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(tables, monkeypatch)
        tables.tables["TallyTable"].items.clear()
        self.tables = tables
        self.messages: dict[str, dict[int, list[Report]]] = {"Slack": {}, "mail": {}}
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
            report = shown(digest)
            for receiver in ("Slack", "mail") if report.total else ():
                if receiver not in digest.sent:
                    self.messages[receiver].setdefault(day, []).append(report)
                    digest.mark_sent(receiver)
            digest.finish()
        except BaseException as error:
            if type(error).__name__ != "Cut":
                raise
        self.tables.cut_at = None

    def end(self, receiver: str) -> tuple[dict[str, Counts], Counter[str]]:
        """What a receiver knows in the end, and how often it was shown each vote's answers."""
        known: dict[str, Counts] = {}
        listed: Counter[str] = Counter()
        for _, attempts in sorted(self.messages[receiver].items()):
            assert all(report == attempts[0] for report in attempts)
            for article in attempts[0].articles:
                assert article.reported == known.get(article.key, NOTHING)
                known[article.key] = article.counts
                listed.update(votes_in(article))
                assert article.answers >= 0
        return known, listed

    @property
    def counts(self) -> dict[str, Counts]:
        return {
            item["item"]: Counts(item["up"], item["down"], item["answered"])
            for item in self.tables.items("TallyTable")
            if item["tally"] == "articles"
        }


NOTHING = Counts(0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False])
def test_a_crash_at_any_step_repeats_a_message_at_most(
    tables: Any, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    def known_after(cut_at: int | None) -> tuple[Any, Any, int]:
        """What both receivers know in the end, and how many calls the second day's digest made."""
        story = Story(tables, monkeypatch)
        story.cast([("v1", "thumbsup", "a", ("field_1",)), ("v2", "thumbsdown", "b", ())])
        story.attempt(0)
        story.cast([("v2", "thumbsup", "b", ("field_1",)), ("v3", "thumbsup", "a", ("field_1",))])
        story.attempt(1, cut_at, before)
        calls = len(tables.calls)
        story.cast([("v1", "none", "a", ()), ("v4", "thumbsup", "c", ("field_1",))])
        story.attempt(1)
        story.attempt(2)
        return story.end("Slack"), story.end("mail"), calls

    *expected, calls = known_after(None)

    assert calls > 10
    for step in range(calls):
        assert [*known_after(step)[:2]] == expected, step


@settings(
    max_examples=4 * settings.default.max_examples,
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
        known, listed = story.end(receiver)
        moved = {article: counts for article, counts in story.counts.items() if counts != NOTHING}
        assert moved.items() <= known.items()
        assert all(story.counts[article] == counts for article, counts in known.items())
        assert {vote for vote, number in story.answered.items() if number} == set(listed)
        assert all(listed[vote] <= story.answered[vote] for vote in listed)
