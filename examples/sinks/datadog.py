"""Count settled votes in Datadog, by widget, type and whether they have answers.

Make an API key ("Organization Settings", "API Keys") and run: votepipe secret set datadog
Set `DatadogApiUrl` where your site is not US1, such as https://api.datadoghq.eu/.
The metric `votepipe.votes` is a distribution with the value 1 for each vote: graph its count.
Datadog adds up what comes from several functions; of plain counts at one second it keeps the last.
Nothing that a reader wrote is sent. A vote that settles again counts again, and so does a delivery
that was cut off before it was marked: Datadog recognizes no duplicates. It takes no points that are
older than an hour: such votes, say after a redrive, count now.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Secret, clean, setting, sink, words
from votepipe.http import post
from votepipe.model import times
from votepipe.plugins import Resources

METRIC = "votepipe.votes"
OLDEST = 3500  # seconds
TAG = 180  # characters of a tag's value; a tag has up to 200
HINTS = {
    403: "The API key is wrong, or of another site. Run: votepipe secret set datadog, "
    "or correct the parameter 'DatadogApiUrl'.",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    api_key: Secret = setting("API key", example="made-up-by-votepipe")
    api_url: str = setting(
        "Address of Datadog's API", default="https://api.datadoghq.com/", local="{receiver}"
    )


def tags(event: Event) -> tuple[str, ...]:
    """What the votes are counted by."""
    answered = bool(words.answers(event.vote)[0])
    return (
        f"widget:{clean(event.vote.widget_id, TAG)}",
        f"vote_type:{event.vote.vote_type or 'unknown'}",
        f"answered:{str(answered).lower()}",
    )


def second(event: Event) -> int:
    """When a vote counts."""
    at, now = int(event.time.timestamp()), int(times.now())
    return at if at > now - OLDEST else now


def series(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The points of all tags: for each second as many values as there were votes."""
    counts = Counter((tags(event), second(event)) for event in events)
    return [
        {"metric": METRIC, "tags": list(tags), "points": [[at, [1.0] * count]]}
        for (tags, at), count in sorted(counts.items())
    ]


@sink(
    events=["VoteSettled"],
    settings=Settings,
    batch=True,
    resources=Resources(batch_size=100, window=10),
)
def handler(events: Sequence[Event], settings: Settings) -> None:
    address = f"{settings.api_url.rstrip('/')}/api/v1/distribution_points"
    headers = {"DD-API-KEY": settings.api_key.reveal().strip()}
    post(address, json={"series": series(events)}, headers=headers, hints=HINTS)
