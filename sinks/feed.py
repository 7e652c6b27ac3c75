"""Put the public form of each event on the feed bus, where other teams subscribe.

The voter stays here. In its place stands `reader`, a keyed pseudonym (HMAC-SHA256): the same reader
stays the same, and whoever lacks the key cannot find out who it is. Make the key with
`python -c "import secrets; print('r1:' + secrets.token_urlsafe(32))"`; `r1` begins each pseudonym.
For a new key use a new beginning, `r2`: from then on each reader has another pseudonym, and without
the old key nobody can link the two.
Answers leave only with `FeedAnswers`, what enrichers added only by name; see docs/privacy.md.
VoteRejected stays here: its reasons are about our table, and may quote the names of attributes.
A duplicate, such as after an answer that got lost, has the same `eventID`; events may come out of
order: compare `stream`, then `sequence`.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any

from votepipe import Event, Secret, setting, sink
from votepipe.aws import eventbridge
from votepipe.model.personal import without_personal
from votepipe.plugins import Resources, allow

SOURCE = "votepipe.feed"
PURPOSE = "votepipe/voter\0"  # so that the same key elsewhere makes other pseudonyms
LENGTH = 26  # base32 characters: 130 bits


@dataclass(frozen=True, kw_only=True)
class Settings:
    reader_key: Secret = setting(
        "Key of the readers' pseudonyms, 'r1:' and 32 random characters or more",
        example="r1:no-secret-on-a-laptop-as-all-readers-are-made-up",
        pattern=("r[1-9][0-9]*:[!-~]{32,}", "'r1:' and 32 characters or more"),
    )
    answers: bool = setting("Whether other teams get readers' answers", default=False)
    enrichment: tuple[str, ...] = setting(
        "Names of the enrichers whose facts other teams get", default=()
    )


def reader(voter: str, key: str) -> str:
    """The pseudonym of a voter under a key `r1:…`: `r1_` and 26 characters of base32."""
    epoch, _, secret = key.partition(":")
    mac = hmac.digest(secret.encode(), (PURPOSE + voter).encode(errors="replace"), hashlib.sha256)
    return f"{epoch}_{base64.b32encode(mac).decode()[:LENGTH].lower()}"


def public(event: Event, settings: Settings) -> dict[str, Any]:
    """The event's detail as other teams get it; it fits the schema of the event."""
    detail = without_personal(
        event.detail, answers=settings.answers, enrichment=settings.enrichment
    )
    if event.vote.voter is not None:
        key = settings.reader_key.reveal()
        detail["vote"] = detail["vote"] | {"reader": reader(event.vote.voter, key)}
    return detail


@sink(
    events=["VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled"],
    settings=Settings,
    idempotent=None,  # consumers recognize a duplicate by its eventID
    resources=Resources(
        environment={"FEED_BUS": {"Ref": "FeedBus"}},
        policies=[allow("events:PutEvents", "FeedBus")],
    ),
    enabled=False,
)
def handler(event: Event, settings: Settings) -> None:
    eventbridge.put(os.environ["FEED_BUS"], public(event, settings), source=SOURCE)
