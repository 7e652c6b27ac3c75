"""Show each vote in a Slack channel: one message once it has settled.

With a bot token, the message is edited when a vote settles again. With `SlackLive` it is posted at
once and edited with each change. Create an app at https://api.slack.com/apps, give its bot the
scope `chat:write` under "OAuth & Permissions", install it, and invite it to the channel:
`/invite @its-name`. The token (`xoxb-…`) goes into the secret, the channel's id (`C…`, at the end
of "View channel details") into the parameter `SlackChannel`.
With a webhook instead ("Incoming Webhooks", "Add New Webhook"), nothing can be edited: one message
is posted when a vote has settled, also with `SlackLive`. If both are in the secret, the bot token
is used.

Slack takes about one message a second and channel, and 50 edits a minute: calls keep to a rate.
When many votes of one instance settle at once, they make one message. Previews of votes that have
not settled are dropped when too many wait.
With `SlackThreads`, the bot posts one message per article with counts, and votes below, 50 seconds
later; the sink `tally`, which counts them, must be on.
A message that was deleted in Slack is not posted again. A withdrawn vote is struck out; votes in a
message of many, or in a webhook's, stay as they are.
A delivery that is cut off between post and mark, or whose answer got lost, is repeated: a post then
shows as a second message, which is edited from then on; a repeated edit does not show.
"""

from collections.abc import Sequence

from sinks.slack import deliver, threads
from sinks.slack.settings import Settings
from votepipe import Delivery, Event, Skip, sink
from votepipe.delivery import Delivered
from votepipe.plugins import RateLimit, Resources, allow

__all__ = ["Settings", "batch_key", "handler"]


def batch_key(event: Event, settings: Settings) -> str:
    """Settled votes of one instance may go together; anything else is about one vote."""
    vote = event.vote
    if event.type == "VoteSettled" and (
        settings.gather_above or settings.count_only_without_answers
    ):
        return f"settled\n{vote.widget_id}\n{vote.instance_of_joy or ''}"
    if event.type != "VoteSettled" and settings.bot_token is None:
        raise Skip("A webhook cannot edit, so it gets votes that have settled.")
    return f"vote\n{vote.widget_id}\n{vote.vote_id}"


@sink(
    events=["VoteWithdrawn", "VoteSettled"],
    settings=Settings,
    batch=True,
    rate_limit=RateLimit(
        seconds="seconds_between", batch_key=batch_key, droppable=["VoteCast", "VoteChanged"]
    ),
    resources=Resources(
        # So that the tally comes first.
        delay={"Fn::If": ["SlackThreadsIsOn", threads.COUNTED_SECONDS, 0]},
        batch_size=300,
        window=1,
        max_concurrency=2,  # one channel takes one call at a time
        environment={"TALLY_TABLE": {"Ref": "TallyTable"}},
        policies=[allow("dynamodb:GetItem", "TallyTable")],
    ),
)
def handler(
    events: Sequence[Event], settings: Settings, deliveries: Sequence[Delivery]
) -> Delivered:
    if bot := settings.bot:
        return deliver.by_bot(events, deliveries, settings, bot)
    return deliver.by_webhook(events, settings)
