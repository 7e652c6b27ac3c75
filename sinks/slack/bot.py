"""Slack by bot token: a vote's message is posted once and then edited.

What is remembered of a vote is the message that shows it, `channel:ts`, with the word `many` before
it when it shows others as well; or `gone`, when the message was deleted in Slack.
"""

from collections.abc import Sequence

from sinks.slack import api, threads
from sinks.slack.blocks import PREVIEWS, message
from sinks.slack.choice import (
    all_about,
    are_many,
    are_very_many,
    is_worth_a_message,
    newest,
    without,
)
from sinks.slack.gathered import gathered
from sinks.slack.settings import Settings
from votepipe import Delivery, Event, Skip
from votepipe.delivery import Delivered

GONE = "gone"
MANY = "many "


def deliver(
    events: Sequence[Event], settings: Settings, deliveries: Sequence[Delivery]
) -> Delivered:
    """Post or edit one message: of many votes together, or of one."""
    before = [delivery.previous for delivery in deliveries]
    known = {event.id: previous for event, previous in zip(events, before, strict=True)}
    votes = [event for event in newest(events) if known[event.id] != GONE]
    # An edit takes a call of its own: in a burst, very many others go first.
    apart = [event for event in votes if _own(known[event.id])]
    thread, ready = threads.below(votes, settings) if votes and settings.threads else ("", votes)
    if thread is None:
        return Delivered(events=(), separate=apart)
    events = without([event for event in votes if event not in ready], events)
    shown = [event for event in ready if event in apart]
    unseen = [event for event in ready if event not in apart and event.type == "VoteSettled"]
    if are_many(unseen, settings) and (not shown or are_very_many(unseen, settings)):
        remote_id = MANY + api.post(settings, gathered(unseen, settings), thread)
        return Delivered(events=all_about(unseen, events), remote_id=remote_id, separate=apart)
    wanted = shown or [
        event
        for event in ready
        # What was shown with others is shown again when it has settled.
        if is_worth_a_message(event, settings) and not (known[event.id] and event.type in PREVIEWS)
    ]
    if not wanted:
        return Delivered(events=events, sent=False)
    remote_id = show(wanted[0], settings, _own(known[wanted[0].id]), thread)
    return Delivered(events=all_about(wanted[:1], events), remote_id=remote_id, separate=apart)


def show(event: Event, settings: Settings, own: str | None, thread: str) -> str:
    """Show one vote, in the message it has or a new one; what to remember of it."""
    if own is None:
        return api.post(settings, message(event, settings), thread)
    try:
        api.update(settings, own, message(event, settings))
    except api.Gone:
        return GONE
    except api.Unchangeable as error:
        if event.type != "VoteSettled":
            raise Skip(str(error)) from None
        return api.post(settings, message(event, settings), thread)
    return own


def _own(remote_id: str | None) -> str | None:
    """The message that shows this vote and no other."""
    return None if remote_id is None or remote_id.startswith((MANY, GONE)) else remote_id
