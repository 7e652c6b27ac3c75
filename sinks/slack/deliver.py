"""Which of the events at hand one call to Slack is about, and what to remember of it.

What is remembered of a vote that a bot showed is its message's id; with the word `many` before it
when it shows others as well; or `gone`, when the message was deleted in Slack.
"""

from collections.abc import Sequence

from sinks.slack import messages, threads
from sinks.slack.settings import Settings
from votepipe import Delivery, Event, Skip
from votepipe.delivery import Delivered
from votepipe.slack import Bot, Gone, Unchangeable, post_to_webhook

GONE = "gone"
MANY = "many "


def by_webhook(events: Sequence[Event], settings: Settings) -> Delivered:
    """Post one message, which cannot be edited: of many votes together, or of the first."""
    votes = _newest(events)
    if _are_many(votes, settings):
        post_to_webhook(settings.webhook_url, messages.many(votes, settings), sink="slack")
        return Delivered(events=events)
    wanted = [event for event in votes if _is_worth_a_message(event, settings)]
    if not wanted:  # without answers they are only counted
        return Delivered(events=events, sent=False)
    post_to_webhook(settings.webhook_url, messages.one(wanted[0], settings), sink="slack")
    return Delivered(events=_without(wanted[1:], events))


def by_bot(
    events: Sequence[Event], deliveries: Sequence[Delivery], settings: Settings, bot: Bot
) -> Delivered:
    """Post or edit one message: of many votes together, or of one."""
    before = {
        event.id: delivery.previous for event, delivery in zip(events, deliveries, strict=True)
    }
    votes = [event for event in _newest(events) if before[event.id] != GONE]
    # An edit takes a call of its own: in a burst, very many others go first.
    alone = [event for event in votes if _own(before[event.id])]
    ready: Sequence[Event] = votes
    thread: str | None = ""
    if votes and settings.threads:
        thread, ready = threads.below(votes, settings, bot)
    if thread is None:
        return Delivered(events=(), separate=alone)
    events = _without([event for event in votes if event not in ready], events)
    shown = [event for event in ready if event in alone]
    unseen = [event for event in ready if event not in alone and event.type == "VoteSettled"]
    # With fewer, an edit would wait for as long as a burst lasts.
    very_many = len(unseen) >= 4 * settings.gather_above
    if _are_many(unseen, settings) and (very_many or not shown):
        message_id = MANY + bot.post(messages.many(unseen, settings), thread)
        return Delivered(events=_about(unseen, events), remote_id=message_id, separate=alone)
    wanted = shown or [
        event
        for event in ready
        # What was shown with others is shown again when it has settled.
        if _is_worth_a_message(event, settings)
        and not (before[event.id] and event.type in messages.PREVIEWS)
    ]
    if not wanted:
        return Delivered(events=events, sent=False)
    message_id = _show(wanted[0], _own(before[wanted[0].id]), thread, settings, bot)
    return Delivered(events=_about(wanted[:1], events), remote_id=message_id, separate=alone)


def _show(event: Event, own: str | None, thread: str, settings: Settings, bot: Bot) -> str:
    """Show one vote, in the message it has or a new one; return what to remember of it."""
    message = messages.one(event, settings)
    if own is None:
        return bot.post(message, thread)
    try:
        bot.update(own, message)
    except Gone:
        return GONE
    except Unchangeable as error:
        if event.type != "VoteSettled":
            raise Skip(str(error)) from None
        return bot.post(message, thread)
    return own


def _own(remote_id: str | None) -> str | None:
    """The message that shows this vote and no other."""
    return None if remote_id is None or remote_id.startswith((MANY, GONE)) else remote_id


def _are_many(votes: Sequence[Event], settings: Settings) -> bool:
    return 0 < settings.gather_above <= len(votes)


def _is_worth_a_message(event: Event, settings: Settings) -> bool:
    if event.type == "VoteWithdrawn":
        return False
    return not settings.count_only_without_answers or messages.has_answers(event)


def _newest(events: Sequence[Event]) -> list[Event]:
    """The newest event of each vote; `events` are in the order of their sequences."""
    return list({_vote(event): event for event in events}.values())


def _about(chosen: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    """Those of `events` that are about the votes of the chosen: these, and what came before."""
    votes = {_vote(event) for event in chosen}
    return [event for event in events if _vote(event) in votes]


def _without(waiting: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    """Those of `events` that are about no vote that waits for another call."""
    votes = {_vote(event) for event in waiting}
    return [event for event in events if _vote(event) not in votes]


def _vote(event: Event) -> tuple[str, str]:
    return event.vote.widget_id, event.vote.vote_id
