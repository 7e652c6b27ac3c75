"""sinks/slack/deliver.py: by bot a message for each vote, by webhook for each settled state."""

from collections.abc import Sequence
from typing import Any

import pytest

from sinks.slack import Settings, batch_key
from sinks.slack.deliver import by_bot, by_webhook
from votepipe import Delivery, Event, Secret, Skip
from votepipe.delivery import Delivered
from votepipe.model.errors import SettingsError


@pytest.fixture
def deliver(settings: Any) -> Any:
    """Deliver events of which these were the remote ids before."""

    def deliver(
        *events: Event, before: Sequence[str | None] | str | None = None, **others: Any
    ) -> Delivered:
        known = [before] * len(events) if before is None or isinstance(before, str) else before
        deliveries = [
            Delivery(event=event, previous=previous)
            for event, previous in zip(events, known, strict=True)
        ]
        found = settings(**others)
        return by_bot(list(events), deliveries, found, found.bot)

    return deliver


def test_the_first_event_posts(deliver: Any, event: Any, slack: Any) -> None:
    delivered = deliver(event())

    assert slack.methods == ["chat.postMessage"]
    assert slack.calls[0][1]["channel"] == "C1"
    assert delivered.remote_id == "C1:1.000100"
    assert slack.shown["1.000100"] == "Yay _i_ got a 👍\nmay still change"


def test_a_later_event_edits_that_message(deliver: Any, event: Any, slack: Any) -> None:
    first = deliver(event())

    later = deliver(event("VoteChanged", members={"answers": {"q": "x"}}), before=first.remote_id)

    assert slack.methods == ["chat.postMessage", "chat.update"]
    assert later.remote_id == first.remote_id
    assert slack.shown == {"1.000100": "Yay _i_ got a 👍\n*q:* x\nmay still change"}


def test_settled_gives_it_its_final_form(deliver: Any, event: Any, slack: Any) -> None:
    first = deliver(event())

    deliver(event("VoteSettled"), before=first.remote_id)

    assert list(slack.shown.values()) == ["Yay _i_ got a 👍"]


def test_settled_again_says_what_it_was(deliver: Any, event: Any, slack: Any) -> None:
    deliver(event("VoteSettled", previous={"voteType": "thumbsdown"}))
    deliver(event("VoteSettled", previous={"voteType": "thumbsup"}))

    assert list(slack.shown.values()) == [
        "Yay _i_ got a 👍\nsettled again, was 👎",
        "Yay _i_ got a 👍\nsettled again",
    ]


def test_withdrawn_strikes_it_out(deliver: Any, event: Any, slack: Any) -> None:
    first = deliver(event("VoteSettled", members={"answers": {"q": "x"}}))

    deliver(event("VoteWithdrawn", members={"answers": {"q": "x"}}), before=first.remote_id)

    assert list(slack.shown.values()) == ["~Yay _i_ got a 👍~\n~*q:* x~\nwithdrawn"]


@pytest.mark.parametrize("before", [None, "many C1:1.000100", "gone"])
def test_withdrawn_is_no_new_message(
    deliver: Any, event: Any, slack: Any, before: str | None
) -> None:
    delivered = deliver(event("VoteWithdrawn"), before=before)

    assert slack.calls == []
    assert (len(delivered.events), delivered.sent) == (1, False)


def test_a_deleted_message_is_remembered_as_gone(deliver: Any, event: Any, slack: Any) -> None:
    delivered = deliver(event("VoteChanged"), before="C1:9.9")

    assert delivered.remote_id == "gone"
    assert [each.id for each in delivered.events] == ["v1-VoteChanged-1"]


@pytest.mark.parametrize("kind", ["VoteChanged", "VoteSettled", "VoteWithdrawn"])
def test_what_is_gone_does_not_come_back(deliver: Any, event: Any, slack: Any, kind: str) -> None:
    delivered = deliver(event(kind), before="gone")

    assert slack.calls == []
    assert (len(delivered.events), delivered.sent) == (1, False)


@pytest.mark.parametrize("problem", ["edit_window_closed", "cant_update_message"])
def test_what_cannot_be_edited_is_posted_anew_once_settled(
    deliver: Any, event: Any, slack: Any, problem: str
) -> None:
    first = deliver(event())
    slack.problems = [problem, problem]

    with pytest.raises(Skip, match=problem):
        deliver(event("VoteChanged"), before=first.remote_id)
    settled = deliver(event("VoteSettled"), before=first.remote_id)

    assert slack.methods == ["chat.postMessage", "chat.postMessage"]
    assert settled.remote_id == "C1:2.000100"


def test_an_edit_goes_to_the_channel_of_the_message(deliver: Any, event: Any, slack: Any) -> None:
    first = deliver(event())

    deliver(event("VoteSettled"), before=first.remote_id, channel="C2")

    assert slack.calls[1][1]["channel"] == "C1"


def test_older_events_of_the_vote_go_with_the_newest(deliver: Any, event: Any, slack: Any) -> None:
    events = [event("VoteSettled", sequence=1), event("VoteSettled", sequence=2)]

    delivered = deliver(*events)

    assert (len(slack.calls), list(delivered.events)) == (1, events)


def test_few_settled_votes_are_a_message_each(deliver: Any, event: Any, slack: Any) -> None:
    events = [event("VoteSettled", vote=f"v{number}") for number in range(4)]

    delivered = deliver(*events)

    assert list(slack.shown.values()) == ["Yay _i_ got a 👍"]
    assert list(delivered.events) == events[:1]


def test_many_settled_votes_are_one_message(deliver: Any, event: Any, slack: Any) -> None:
    events = [event("VoteSettled", vote=f"v{number}") for number in range(5)]

    delivered = deliver(*events)

    assert list(slack.shown.values()) == ["_i_ got 5 votes: 👍 5"]
    assert list(delivered.events) == events
    assert delivered.remote_id == "many C1:1.000100"


def test_with_zero_no_votes_are_batched(deliver: Any, event: Any, slack: Any) -> None:
    deliver(*[event("VoteSettled", vote=f"v{number}") for number in range(9)], gather_above=0)

    assert list(slack.shown.values()) == ["Yay _i_ got a 👍"]


def test_votes_that_have_a_message_are_edited_apart(deliver: Any, event: Any, slack: Any) -> None:
    first = deliver(event(vote="v3"))
    events = [event("VoteSettled", vote=f"v{number}") for number in range(4)]

    delivered = deliver(*events, before=[None] * 3 + [first.remote_id])

    assert list(slack.shown.values()) == ["Yay _i_ got a 👍"]
    assert list(delivered.events) == list(delivered.separate) == events[3:]


@pytest.mark.parametrize(("unseen", "method"), [(19, "chat.update"), (20, "chat.postMessage")])
def test_an_edit_waits_for_very_many_only(
    deliver: Any, event: Any, slack: Any, unseen: int, method: str
) -> None:
    first = deliver(event(vote="first"))
    edited = event("VoteSettled", vote="first")
    events = [*[event("VoteSettled", vote=f"v{number}") for number in range(unseen)], edited]

    delivered = deliver(*events, before=[None] * unseen + [first.remote_id])

    assert slack.methods[1:] == [method]
    assert (edited in delivered.events) == (method == "chat.update")
    assert list(delivered.separate) == [edited]


@pytest.mark.parametrize(("kind", "calls"), [("VoteChanged", 0), ("VoteSettled", 1)])
def test_a_vote_shown_with_others_gets_a_message_when_it_settles_again(
    deliver: Any, event: Any, slack: Any, kind: str, calls: int
) -> None:
    delivered = deliver(event(kind), before="many C1:1.000100")

    assert slack.methods == ["chat.postMessage"] * calls
    assert delivered.remote_id == ("C1:1.000100" if calls else None)


def test_votes_without_answers_can_be_counts_only(deliver: Any, event: Any, slack: Any) -> None:
    quiet = {"count_only_without_answers": True}
    answered = event("VoteSettled", vote="v2", members={"answers": {"q": "x"}})

    assert not deliver(event("VoteSettled"), **quiet).sent
    delivered = deliver(event("VoteSettled"), answered, **quiet)

    assert list(delivered.events) == [answered]
    assert list(slack.shown.values()) == ["Yay _i_ got a 👍\n*q:* x"]


def test_a_message_is_edited_even_when_its_answers_are_gone(
    deliver: Any, event: Any, slack: Any
) -> None:
    first = deliver(event(members={"answers": {"q": "x"}}))

    deliver(event("VoteSettled"), before=first.remote_id, count_only_without_answers=True)

    assert list(slack.shown.values()) == ["Yay _i_ got a 👍"]


@pytest.fixture
def post(web: Any) -> Any:
    url = Secret(web.url + "/services/x")
    return lambda *events, **others: by_webhook(list(events), Settings(webhook_url=url, **others))


def texts(web: Any) -> list[str]:
    return [request.json["text"] for request in web.requests]


def test_a_settled_vote_is_a_message(post: Any, event: Any, web: Any) -> None:
    settled = event("VoteSettled")

    delivered = post(settled)

    assert texts(web) == ["Yay _i_ got a 👍"]
    assert (list(delivered.events), delivered.remote_id) == ([settled], None)


@pytest.mark.parametrize("kind", ["VoteCast", "VoteChanged", "VoteWithdrawn"])
def test_what_has_not_settled_is_skipped(event: Any, kind: str) -> None:
    with pytest.raises(Skip, match="cannot edit"):
        batch_key(event(kind), Settings(webhook_url=Secret("https://hooks.example/x")))


def test_one_call_posts_one_message(post: Any, event: Any, web: Any) -> None:
    events = [event("VoteSettled", vote=f"v{number}") for number in range(4)]

    delivered = post(*events)

    assert (len(web.requests), list(delivered.events)) == (1, events[:1])


def test_many_settled_votes_are_one_post(post: Any, event: Any, web: Any) -> None:
    events = [event("VoteSettled", vote=f"v{number}") for number in range(5)]

    delivered = post(*events)

    assert texts(web) == ["_i_ got 5 votes: 👍 5"]
    assert list(delivered.events) == events


def test_a_vote_that_settled_twice_meanwhile_is_posted_once(
    post: Any, event: Any, web: Any
) -> None:
    again = event("VoteSettled", sequence=2, previous={"voteType": "thumbsdown"})

    delivered = post(event("VoteSettled"), again)

    assert texts(web) == ["Yay _i_ got a 👍\nsettled again, was 👎"]
    assert len(delivered.events) == 2


def test_votes_without_answers_can_be_counts_only_by_webhook(
    post: Any, event: Any, web: Any
) -> None:
    answered = event("VoteSettled", vote="v2", members={"answers": {"q": "x"}})

    delivered = post(event("VoteSettled"), answered, count_only_without_answers=True)

    assert texts(web) == ["Yay _i_ got a 👍\n*q:* x"]
    assert len(delivered.events) == 2
    assert not post(event("VoteSettled"), count_only_without_answers=True).sent


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "neither 'webhook_url' nor 'bot_token'. Run: votepipe secret set slack"),
        (
            {"bot_token": Secret("x")},
            "SLACK_CHANNEL .* no value. Set the template parameter 'SlackChannel'.",
        ),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        Settings(**given)
