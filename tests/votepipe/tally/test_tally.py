"""votepipe/tally: counts are those of the newest states, whatever happens on the way."""

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votepipe import Event, Skip, Temporary
from votepipe.tally import Tally

pytestmark = pytest.mark.slow

WIDGETS, INSTANCES = ("w", "w#w"), (None, "a", "b")


def event(number: int = 1, kind: str = "VoteCast", **members: Any) -> Event:
    """An event of vote 'v' in widget 'w', or as `members` of its vote say."""
    enrichment = members.pop("enrichment", {})
    vote: dict[str, Any] = {"widgetId": "w", "voteId": "v"}
    if kind != "VoteWithdrawn":
        vote |= {"voteType": "thumbsup", "instanceOfJoy": "a", "answers": {}}
    vote |= members
    return Event.from_detail(
        {
            "eventID": f"event-{number}",
            "type": kind,
            "time": "2026-01-04T10:00:03Z",
            "version": 1,
            "sequence": str(number),
            "vote": {name: value for name, value in vote.items() if value is not None},
            "enrichment": enrichment,
        }
    )


@pytest.fixture
def tally(tables: Any) -> Tally:
    return Tally.here()


def counts(tables: Any) -> dict[tuple[str, str | None], tuple[int, int, int]]:
    """What is counted for each widget and instance: up, down, answered; zeros left out."""
    return {
        (item["widgetId"], item.get("instance")): found
        for item in tables.items("TallyTable")
        if item["tally"] == "articles"
        and any(found := (item["up"], item["down"], item["answered"]))
    }


def pending(tables: Any) -> list[dict[str, Any]]:
    items = tables.items("TallyTable")
    return [item for item in items if item["tally"].startswith("pending#")]


def test_a_vote_counts_for_its_instance(tables: Any, tally: Tally) -> None:
    tally.count(event(answers={"field_1": "More"}))

    assert counts(tables) == {("w", "a"): (1, 0, 1)}


def test_a_vote_without_an_instance_counts_for_its_widget(tables: Any, tally: Tally) -> None:
    tally.count(event(instanceOfJoy=None))

    assert counts(tables) == {("w", None): (1, 0, 0)}


def test_an_answer_without_words_does_not_count(tables: Any, tally: Tally) -> None:
    tally.count(event(answers={"field_1": "", "field_2": None}))

    assert counts(tables) == {("w", "a"): (1, 0, 0)}


def test_a_changed_mind_moves_the_vote(tables: Any, tally: Tally) -> None:
    tally.count(event(1))
    tally.count(event(2, "VoteChanged", voteType="thumbsdown"))

    assert counts(tables) == {("w", "a"): (0, 1, 0)}


def test_a_vote_moves_to_another_instance_with_all_it_counts(tables: Any, tally: Tally) -> None:
    tally.count(event(1, answers={"field_1": "More"}))
    tally.count(event(2, "VoteChanged", instanceOfJoy="b", answers={"field_1": "More"}))

    assert counts(tables) == {("w", "b"): (1, 0, 1)}


def test_a_withdrawn_vote_counts_no_more(tables: Any, tally: Tally) -> None:
    tally.count(event(1, answers={"field_1": "More"}))
    tally.count(event(2, "VoteWithdrawn"))

    assert counts(tables) == {}


def test_an_older_event_does_not_bring_a_withdrawn_vote_back(tables: Any, tally: Tally) -> None:
    tally.count(event(2, "VoteWithdrawn"))

    with pytest.raises(Skip):
        tally.count(event(1))
    assert counts(tables) == {}


def test_what_stays_of_a_withdrawn_vote_has_an_end(tables: Any, tally: Tally) -> None:
    tally.count(event(1))
    tally.count(event(2, "VoteWithdrawn"))

    (item,) = [item for item in tables.items("TallyTable") if item["item"] == "vote"]
    assert "expires" in item
    assert "instance" not in item


def test_the_same_event_again_is_skipped(tables: Any, tally: Tally) -> None:
    tally.count(event())

    with pytest.raises(Skip):
        tally.count(event())
    assert counts(tables) == {("w", "a"): (1, 0, 0)}


def test_a_vote_that_others_change_meanwhile_is_looked_at_again(tables: Any, tally: Tally) -> None:
    tally.count(event(1))
    tables.meanwhile["TransactWriteItems"] = lambda: tally.count(event(2, voteType="thumbsdown"))

    tally.count(event(3, "VoteChanged", instanceOfJoy="b"))

    assert counts(tables) == {("w", "b"): (1, 0, 0)}


def test_one_that_others_change_all_the_while_is_tried_later(
    tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tally, "move", lambda *_, **__: False)

    with pytest.raises(Temporary, match="changed in all of 5 attempts"):
        tally.count(event())


def test_the_counters_know_title_and_address(tables: Any, tally: Tally) -> None:
    article = {"title": "Streams", "url": "https://blog.example/a"}
    tally.count(event(enrichment={"article": article}))

    (item,) = [item for item in tables.items("TallyTable") if item["tally"] == "articles"]
    assert article.items() <= item.items()


def test_nothing_that_a_reader_wrote_is_kept(tables: Any, tally: Tally) -> None:
    tally.count(event(voter="ana@example.com", answers={"field_1": "secret words"}))

    kept = repr(tables.items("TallyTable"))
    assert "ana@" not in kept
    assert "secret" not in kept


def test_answers_wait_for_the_next_digest_with_their_questions(tables: Any, tally: Tally) -> None:
    questions = {"questions": {"labels": {"field_1": "What is missing?"}, "answers": {}}}
    tally.count(event(1))
    tally.count(event(2, "VoteChanged", answers={"field_1": "More"}, enrichment=questions))

    (item,) = pending(tables)
    assert (item["widgetId"], item["voteId"]) == ("w", "v")
    assert item["labels"] == {"field_1": "What is missing?"}


# Histories: votes with their states in order, as a list of (vote, event).

states = st.fixed_dictionaries(
    {
        "voteType": st.sampled_from(["thumbsup", "thumbsdown"]),
        "instanceOfJoy": st.sampled_from(INSTANCES),
        "answers": st.sampled_from([{}, {"field_1": "More"}]),
    }
)
histories = st.lists(
    st.tuples(
        st.sampled_from(list(itertools.product(WIDGETS, ("v", "v2", "w#v")))),
        st.one_of(st.none(), states),
    ),
    min_size=1,
    max_size=12,
)


def events_of(history: list[Any]) -> list[Event]:
    """The events that the stream makes of these writes; None deletes the vote."""
    return [
        event(
            number,
            "VoteWithdrawn" if state is None else "VoteChanged",
            widgetId=widget,
            voteId=vote,
            **(state or {}),
        )
        for number, ((widget, vote), state) in enumerate(history, 1)
    ]


def expected(history: list[Any]) -> dict[tuple[str, str | None], tuple[int, int, int]]:
    """A plain count of the states that the votes end in."""
    sums: dict[tuple[str, str | None], Counter[str]] = {}
    for (widget, _), state in dict(history).items():
        if state is not None:
            article = sums.setdefault((widget, state["instanceOfJoy"]), Counter())
            article.update([state["voteType"], *(["answered"] if state["answers"] else [])])
    return {
        article: (found["thumbsup"], found["thumbsdown"], found["answered"])
        for article, found in sums.items()
    }


def count_all(tally: Tally, events: list[Event]) -> None:
    for each in events:
        try:
            tally.count(each)
        except Skip:
            continue


PROPERTIES = settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@PROPERTIES
@given(history=histories, data=st.data())
def test_any_order_and_any_number_of_deliveries_count_the_same(
    tables: Any, tally: Tally, history: list[Any], data: st.DataObject
) -> None:
    tables.tables["TallyTable"].items.clear()
    events = events_of(history)
    again = data.draw(st.lists(st.sampled_from(events), max_size=6))
    order = data.draw(st.permutations([*events, *again]))

    count_all(tally, order)

    assert counts(tables) == expected(history)


@PROPERTIES
@given(history=histories, data=st.data())
def test_an_attempt_that_dies_at_any_step_counts_the_same(
    tables: Any, tally: Tally, history: list[Any], data: st.DataObject
) -> None:
    tables.tables["TallyTable"].items.clear()
    events = data.draw(st.permutations(events_of(history)))
    for each in events:
        tables.calls.clear()
        tables.cut_at = data.draw(st.sampled_from([None, 0, 1]))
        tables.cut_before = data.draw(st.booleans())
        try:
            count_all(tally, [each])
        except BaseException as error:
            if type(error).__name__ != "Cut":
                raise
        tables.cut_at = None
        count_all(tally, [each])

    assert counts(tables) == expected(history)


@PROPERTIES
@given(history=histories, data=st.data())
def test_no_answers_are_kept_from_the_next_digest(
    tables: Any, tally: Tally, history: list[Any], data: st.DataObject
) -> None:
    tables.tables["TallyTable"].items.clear()

    count_all(tally, data.draw(st.permutations(events_of(history))))

    answered = {
        key for key, state in dict(history).items() if state is not None and state["answers"]
    }
    assert answered <= {(item["widgetId"], item["voteId"]) for item in pending(tables)}
