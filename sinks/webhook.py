"""Post each settled or withdrawn vote as signed JSON to an address of your own.

With `WebhookLive` every event is posted, each change and each rejected record as well.

Make a signing secret: `whsec_` and the base64 of 24 to 64 random bytes; give it to the receiver,
which verifies the `webhook-…` headers with any library of https://www.standardwebhooks.com.
To change it, give both for a while, the new one first, with a space between.
Any 2xx within ten seconds is delivered.
Events may come out of order: compare `stream`, then `sequence`.
A duplicate, such as after an answer that got lost, has the same `webhook-id`.
The voter, answers and enrichment stay here unless `personal` is true (votepipe/model/personal.py).
"""

import base64
import hashlib
import hmac
import json
import os
import re
from dataclasses import dataclass

from votepipe import Event, Secret, Undeliverable, setting, sink
from votepipe.http import post
from votepipe.model import times
from votepipe.model.personal import without_personal
from votepipe.plugins import Resources

SHORTEST_KEY = 24
# What stands between secrets or around them: Supabase puts `|` between, shells and chats quote.
AROUND = re.compile("[\\s|\"'`“”‘’\u200b\ufeff]+")


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Address that takes the events")
    signing_secret: Secret = setting(
        "Signing secret, 'whsec_…'", example="whsec_dm90ZXBpcGUgb24gdGhpcyBtYWNoaW5l"
    )
    live: bool = setting(
        "Whether each change is posted at once, and what was rejected",
        default=False,
        local="true",
        events=["VoteCast", "VoteChanged", "VoteRejected"],
    )
    personal: bool = setting(
        "Whether voter, answers and enrichment are sent", default=False, local="true"
    )


def again() -> str:
    """The command that sets the secret: each subscriber of the feed has one of its own."""
    return f"Run: votepipe secret set {os.environ.get('VOTEPIPE_SINK', 'webhook')}"


def body(event: Event, settings: Settings) -> bytes:
    """The event as in `schemas/`, as JSON in UTF-8."""
    detail = event.detail if settings.personal else without_personal(event.detail)
    text = json.dumps(detail, default=dict, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")  # half of an emoji is no Unicode


def signature(secrets: str, signed: bytes) -> str:
    """One signature by each secret, as `webhook-signature` holds them."""
    keys = [key(secret) for secret in AROUND.sub(" ", secrets).split() or [""]]
    macs = [hmac.digest(each, signed, hashlib.sha256) for each in keys]
    return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


def key(secret: str) -> bytes:
    """The bytes of a secret as people pass it on: also URL-safe, without padding, after `v1,`."""
    text = secret.removeprefix("v1,").removeprefix("whsec_").rstrip("=")
    text = text.replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) < SHORTEST_KEY:
        raise Undeliverable(
            f"The signing secret is not 'whsec_' and the base64 of 24 bytes or more. {again()}"
        )
    return decoded


@sink(
    events=["VoteWithdrawn", "VoteSettled"],
    settings=Settings,
    idempotent=None,  # the receiver knows a duplicate by its webhook-id
    resources=Resources(window=1),
    enabled=False,
)
def handler(event: Event, settings: Settings) -> None:
    payload = body(event, settings)
    timestamp = str(int(times.now()))
    signed = b".".join([event.id.encode(), timestamp.encode(), payload])
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(settings.signing_secret.reveal(), signed),
    }
    hints = {
        401: f"It may not accept the signature. {again()}",
        404: f"The address may be wrong. {again()}",
        410: f"It wants no more events. Switch the sink off, or give another address. {again()}",
    }
    post(settings.url.reveal(), data=payload, headers=headers, hints=hints)
