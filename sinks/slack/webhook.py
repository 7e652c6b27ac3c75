"""Slack through an incoming webhook, which cannot edit: each settled state is one message."""

from collections.abc import Sequence

from sinks.slack.blocks import message
from sinks.slack.choice import all_about, are_many, is_worth_a_message, newest
from sinks.slack.gathered import gathered
from sinks.slack.settings import Settings
from votepipe import Event
from votepipe.delivery import Delivered
from votepipe.http import post

_AGAIN = "Make a new one and run: votepipe secret set slack"
HINTS = {
    400: "Slack could not read the message.",
    403: f"The webhook may be revoked, or its channel archived. {_AGAIN}",
    404: f"The webhook does not exist. {_AGAIN}",
    410: f"The webhook's channel is archived. {_AGAIN}",
}


def deliver(events: Sequence[Event], settings: Settings) -> Delivered:
    """Post one message: of many votes together, or of the first."""
    votes = newest(events)
    if are_many(votes, settings):
        _post(gathered(votes, settings), settings)
        return Delivered(events=events)
    wanted = [event for event in votes if is_worth_a_message(event, settings)]
    if not wanted:  # without answers they are only counted
        return Delivered(events=events, sent=False)
    _post(message(wanted[0], settings), settings)
    waiting = all_about(wanted[1:], events)
    return Delivered(events=[event for event in events if event not in waiting])


def _post(posted: dict[str, object], settings: Settings) -> None:
    url = settings.webhook_url.reveal() if settings.webhook_url else ""
    post(url, json=posted, hints=HINTS)
