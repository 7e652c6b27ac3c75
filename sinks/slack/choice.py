"""Which of the events at hand one call to Slack is about."""

from collections.abc import Sequence

from sinks.slack.gathered import has_answers
from sinks.slack.settings import Settings
from votepipe import Event


def newest(events: Sequence[Event]) -> list[Event]:
    """The newest event of each vote; `events` are in the order of their sequences."""
    return list({_vote(event): event for event in events}.values())


def all_about(chosen: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    """Those of `events` that are about the votes of the chosen: these, and what came before."""
    votes = {_vote(event) for event in chosen}
    return [event for event in events if _vote(event) in votes]


def without(left: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    """Those of `events` that are about no vote of those that are left for later."""
    votes = {_vote(event) for event in left}
    return [event for event in events if _vote(event) not in votes]


def are_many(events: Sequence[Event], settings: Settings) -> bool:
    """Whether so many settled votes make one message."""
    return 0 < settings.gather_above <= len(events)


def are_very_many(events: Sequence[Event], settings: Settings) -> bool:
    """Whether so many settled votes go before an edit, rather than after it.

    With fewer, an edit would wait for as long as a burst lasts.
    """
    return 4 * settings.gather_above <= len(events)


def is_worth_a_message(event: Event, settings: Settings) -> bool:
    """Whether a vote gets a message of its own."""
    if event.type == "VoteWithdrawn":
        return False
    return not settings.count_only_without_answers or has_answers(event)


def _vote(event: Event) -> tuple[str, str]:
    return event.vote.widget_id, event.vote.vote_id
