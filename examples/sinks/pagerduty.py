"""Open an incident in PagerDuty for each thumbs-down, and close it when the reader changes it.

Add the integration "Events API V2" to a service ("Integrations"), copy its integration key and
run: votepipe secret set pagerduty
The incident has the article and the answers; the voter stays here. A vote that is withdrawn leaves
its incident open. On 429, PagerDuty wants some time: it gets half a minute.
A duplicate, or a vote that settles again, has the same `dedup_key`: PagerDuty adds it to the
incident that is open.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from votepipe import Event, Secret, clean, setting, sink, words
from votepipe.http import post

HINTS = {400: "The integration key may be wrong. Run: votepipe secret set pagerduty"}
DOWN = ["thumbsdown"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    routing_key: Secret = setting(
        "Integration key, 32 characters", example="made-up-by-votepipe-on-a-laptop"
    )
    severity: Literal["info", "warning", "error", "critical"] = setting(
        "Severity of the incidents", default="info"
    )
    api_url: str = setting(
        "Address of the Events API; in the EU 'https://events.eu.pagerduty.com/'",
        default="https://events.pagerduty.com/",
        local="{receiver}",
    )


def body(event: Event, settings: Settings) -> dict[str, Any]:
    """The event that PagerDuty takes: a trigger, or a resolve where the thumb is up by now."""
    vote = f"{event.vote.widget_id}\0{event.vote.vote_id}".encode(errors="replace")
    sent = {
        "routing_key": settings.routing_key.reveal().strip(),
        "dedup_key": f"votepipe-{hashlib.sha256(vote).hexdigest()}",
    }
    if event.vote.vote_type not in DOWN:
        return sent | {"event_action": "resolve"}
    answers, more = words.answers(event.vote, labels=words.labels(event))
    link = words.link(event)
    payload = {
        "summary": f"{words.title(event)} got a 👎",
        "source": clean(event.vote.widget_id, words.NAME),
        "severity": settings.severity,
        "timestamp": event.detail["time"],
        "class": "thumbsdown",
        "custom_details": dict(answers) | ({"more answers": more} if more else {}),
    }
    links = [{"href": link, "text": "The article"}] if link else []
    return sent | {"event_action": "trigger", "payload": payload, "links": links}


@sink(
    events=["VoteSettled"],
    where={"$or": [{"vote": {"voteType": DOWN}}, {"previous": {"voteType": DOWN}}]},
    settings=Settings,
)
def handler(event: Event, settings: Settings) -> None:
    post(f"{settings.api_url.rstrip('/')}/v2/enqueue", json=body(event, settings), hints=HINTS)
