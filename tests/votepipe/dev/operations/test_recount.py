"""votepipe/dev/operations/recount.py: the tally made anew from the votes, while readers vote."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votepipe import Event, Skip
from votepipe.aws.dynamodb import marshal_item
from votepipe.dev.operations.recount import Recount, RecountError, Result
from votepipe.model import stored
from votepipe.tally import Tally
from votepipe.tally.counted import article_key

VOTES = "VotesTable"


class Site:
    """Votes that are written, their events, and the tally that counts those that arrive."""

    def __init__(self, tables: Any) -> None:
        self.tables = tables
        self.tally = Tally(tables.client, "TallyTable")
        self.written = 0

    def write(self, vote: str, **state: Any) -> Event:
        """Write a vote as its table holds it; the event of that is not counted yet."""
        self.written += 1
        item = {"widgetId": {"S": "w"}, "voteId": {"S": vote}, "answers": {"M": {}}}
        item |= {"voteType": {"S": "thumbsup"}, "instanceOfJoy": {"S": "a"}}
        item |= {name: {"S": text} for name, text in state.items()}
        self.tables.tables[VOTES].put(item)
        kind, (clean, _) = "VoteChanged", stored.clean(item)
        return self.event(kind, clean)

    def delete(self, vote: str) -> Event:
        self.written += 1
        keys = {"widgetId": "w", "voteId": vote}
        self.tables.tables[VOTES].remove({name: {"S": text} for name, text in keys.items()})
        return self.event("VoteWithdrawn", keys)

    def event(self, kind: str, vote: dict[str, Any]) -> Event:
        return Event.from_detail(
            {
                "eventID": f"event-{self.written}",
                "type": kind,
                "time": "2026-01-04T10:00:03Z",
                "version": 1,
                "sequence": str(self.written),
                "vote": vote,
            }
        )

    def arrive(self, *events: Event) -> None:
        for event in events:
            try:
                self.tally.count(event)
            except Skip:
                continue

    def recount(self) -> Result:
        return Recount(self.tally, VOTES).run()

    @property
    def counts(self) -> dict[str, tuple[int, int, int]]:
        return {
            item["instance"]: found
            for item in self.tables.items("TallyTable")
            if item["tally"] == "articles"
            and any(found := (item["up"], item["down"], item["answered"]))
        }

    @property
    def true_counts(self) -> dict[str, tuple[int, int, int]]:
        """A plain count of the table."""
        sums: dict[str, list[int]] = {}
        for item in self.tables.items(VOTES):
            up = item["voteType"] == "thumbsup"
            found = sums.setdefault(item["instanceOfJoy"], [0, 0, 0])
            found[:] = [found[0] + up, found[1] + (not up), found[2] + bool(item["answers"])]
        return {article: tuple(found) for article, found in sums.items()}


@pytest.fixture
def site(tables: Any) -> Site:
    return Site(tables)


def test_votes_from_before_the_tally_are_counted(site: Site) -> None:
    site.write("v1")
    site.write("v2", voteType="thumbsdown", answers=json.dumps({"field_1": "More"}))

    result = site.recount()

    assert site.counts == {"a": (1, 1, 1)}
    assert (result.votes, result.moved) == (2, 2)


def test_nothing_is_written_where_all_is_right(site: Site, tables: Any) -> None:
    site.arrive(site.write("v1"))
    before = tables.items("TallyTable")

    result = site.recount()

    assert tables.items("TallyTable") == before
    assert (result.moved, result.counters, result.busy) == (0, 0, 0)


def test_votes_that_are_gone_count_no_more(site: Site) -> None:
    site.arrive(site.write("v1"), site.write("v2"))
    site.delete("v1")

    site.recount()

    assert site.counts == {"a": (1, 0, 0)}


def test_counters_become_the_sum_of_their_votes(site: Site, tables: Any) -> None:
    site.arrive(site.write("v1"))
    (counters,) = [i for i in tables.tables["TallyTable"].items.values() if "up" in i]
    tables.tables["TallyTable"].put({**counters, "up": {"N": "7"}, "down": {"N": "-3"}})

    result = site.recount()

    assert site.counts == {"a": (1, 0, 0)}
    assert result.counters == 1


def test_counters_that_were_lost_come_back(site: Site, tables: Any) -> None:
    event = site.write("v1")
    site.arrive(event)
    (counters,) = [i for i in tables.items("TallyTable") if "up" in i]
    tables.tables["TallyTable"].remove(marshal_item(article_key(counters["item"])))

    site.recount()

    (counters,) = [i for i in tables.items("TallyTable") if "up" in i]
    assert (counters["up"], counters["down"], counters["answered"]) == (1, 0, 0)


def test_what_is_no_vote_stays_as_it_is_counted(site: Site) -> None:
    site.arrive(site.write("v1"))
    site.write("v1", voteType="sideways")

    result = site.recount()

    assert site.counts == {"a": (1, 0, 0)}
    assert result.unreadable == 1


def test_a_vote_that_changes_just_before_it_is_moved_is_not_set_back(
    site: Site, tables: Any
) -> None:
    site.write("v1")
    meanwhile = lambda: site.arrive(site.write("v1", voteType="thumbsdown"))  # noqa: E731
    tables.meanwhile["TransactWriteItems"] = meanwhile

    site.recount()

    assert site.counts == {"a": (0, 1, 0)}


def test_a_vote_cast_between_sum_and_counter_is_not_lost(site: Site, tables: Any) -> None:
    site.arrive(site.write("v1"))
    (counters,) = [i for i in tables.tables["TallyTable"].items.values() if "up" in i]
    tables.tables["TallyTable"].put({**counters, "up": {"N": "7"}})
    tables.meanwhile["UpdateItem"] = lambda: site.arrive(site.write("v2"))

    result = site.recount()

    assert site.counts == {"a": (2, 0, 0)}
    assert result.busy == 0


def test_articles_that_are_voted_on_all_the_while_are_reported(site: Site, tables: Any) -> None:
    site.arrive(site.write("v1"))

    def vote_again() -> None:
        site.arrive(site.write("v1", voteType="thumbsdown" if site.written % 2 else "thumbsup"))
        tables.meanwhile["Query"] = vote_again

    vote_again()
    result = site.recount()

    assert result.busy == 1


def old_pending(vote: str) -> dict[str, Any]:
    """What earlier versions wrote for answers that no digest had yet."""
    return marshal_item(
        {
            "tally": "pending",
            "item": f"answers#w#{vote}#1",
            "article": "article#w#a",
            "widgetId": "w",
            "voteId": vote,
            "at": 1.0,
            "labels": {"field_1": "What is missing?"},
            "expires": 2,
        }
    )


def test_answers_that_an_earlier_version_left_to_the_next_digest_are_in_it(
    site: Site, tables: Any
) -> None:
    answered = site.write("v1", answers=json.dumps({"field_1": "More"}))
    site.arrive(answered, site.write("v2"), site.write("v3"), site.delete("v3"))
    table = tables.tables["TallyTable"]
    for item in [item for item in table.items.values() if "labels" in item]:
        table.remove({name: item[name] for name in ("tally", "item")})
    for vote in ("v1", "v2", "v3"):
        table.put(old_pending(vote))

    result = site.recount()

    assert result.pending == 1
    assert site.counts == {"a": (2, 0, 1)}
    (item,) = [item for item in tables.items("TallyTable") if item["tally"].startswith("pending")]
    assert item["tally"].startswith("pending#")
    assert (item["voteId"], item["labels"]) == ("v1", {"field_1": "What is missing?"})
    assert site.recount().pending == 0


def test_a_vote_that_never_rests_ends_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("v1")
    monkeypatch.setattr(Tally, "move", lambda *_, **__: False)

    with pytest.raises(RecountError, match="Run it again"):
        site.recount()


def test_more_votes_than_one_answer_holds_are_all_counted(site: Site) -> None:
    for number in range(230):
        site.write(f"v{number}")

    result = site.recount()

    assert site.counts == {"a": (230, 0, 0)}
    assert result.votes == 230


writes = st.lists(
    st.tuples(
        st.sampled_from(["v1", "v2", "v3"]),
        st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {
                    "voteType": st.sampled_from(["thumbsup", "thumbsdown"]),
                    "instanceOfJoy": st.sampled_from(["a", "b"]),
                    "answers": st.sampled_from(["{}", '{"field_1": "More"}']),
                }
            ),
        ),
    ),
    min_size=1,
    max_size=10,
)
OPERATIONS = ["Scan", "BatchGetItem", "GetItem", "TransactWriteItems", "Query", "UpdateItem"]


@settings(
    max_examples=6 * settings.default.max_examples,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=writes, during=writes, data=st.data())
def test_votes_during_a_recount_are_counted_right_once_all_events_arrived(
    tables: Any, before: list[Any], during: list[Any], data: st.DataObject
) -> None:
    for table in tables.tables.values():
        table.items.clear()
    tables.meanwhile.clear()
    site = Site(tables)
    on_their_way: list[Event] = []

    def happen(history: list[Any]) -> None:
        """Write votes; only some of their events arrive now."""
        for vote, state in history:
            known = any(item["voteId"] == vote for item in tables.items(VOTES))
            if state is None and not known:
                continue
            event = site.delete(vote) if state is None else site.write(vote, **fit(state))
            on_their_way.append(event)
        number = data.draw(st.integers(0, len(on_their_way)))
        site.arrive(*data.draw(st.permutations(on_their_way))[:number])

    happen(before)
    for at, operation in enumerate(data.draw(st.lists(st.sampled_from(OPERATIONS), max_size=4))):
        part = during[at::4]
        tables.meanwhile[operation] = lambda part=part: happen(part)
    site.recount()
    tables.meanwhile.clear()
    site.arrive(*on_their_way)

    assert site.counts == site.true_counts


def fit(state: dict[str, str]) -> dict[str, Any]:
    """A state as the table holds it: no answers at first are an empty map."""
    return {name: text for name, text in state.items() if text != "{}"}
