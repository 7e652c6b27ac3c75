"""Add an article's author and section, as your CMS knows them, over HTTP.

The pattern to copy for any API. `CmsUrl` is the address of an article, with {instance} for the
vote's; it answers with a JSON object. The call has a short time-out, and `timeout` of the mark is
the limit of all of it: an API that is slow or down costs an event its facts, and nothing else.
Each process keeps an answer for an hour, and a failure for a minute, in which it does not ask
again. An enricher has no secrets: the API must answer without a key, as one inside your network.
"""

import json
import re
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import quote
from urllib.request import Request, urlopen

from votepipe import Vote, clean, enricher, setting
from votepipe.model import times

SECONDS = 0.3
KEPT, AGAIN = 3600, 60  # seconds that an answer is kept, and that a failure is
MOST, LARGEST = 1000, 65_536  # answers that a process keeps, bytes that it reads of one
NAMES = ("author", "section")
Facts = dict[str, str] | None

_kept: dict[str, tuple[float, Facts]] = {}


@dataclass(frozen=True, kw_only=True)
class Settings:
    url: str = setting(
        "Address of an article in the CMS, with {instance}; empty for none",
        default="",
        pattern=(r"https?://\S+|", "an address with https"),
    )


def known(address: str) -> Facts:
    """The facts, from what is kept or from the API; None where there are none."""
    until, facts = _kept.get(address, (0.0, None))
    if times.now() < until:
        return facts
    # A failure until proven otherwise: a call that hangs is not made again by the next vote.
    _keep(address, AGAIN, None)
    try:
        facts = ask(address)
    except (OSError, HTTPException, ValueError):  # nobody there, too slow, 4xx, 5xx, no JSON
        return None
    _keep(address, KEPT, facts)
    return facts


def ask(address: str) -> Facts:
    """What the API answers about an article, cut and cleaned."""
    request = Request(address, headers={"Accept": "application/json", "User-Agent": "votepipe"})  # noqa: S310 - the setting allows http and https alone
    with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        found = json.loads(answer.read(LARGEST))
    if not isinstance(found, dict):
        return None
    texts = {name: found[name] for name in NAMES if isinstance(found.get(name), str)}
    return {name: text for name in texts if (text := clean(texts[name], 200))} or None


def _keep(address: str, seconds: float, facts: Facts) -> None:
    if len(_kept) >= MOST:
        _kept.pop(next(iter(_kept)), None)
    _kept[address] = (times.now() + seconds, facts)


@enricher(
    adds={
        "type": "object",
        "properties": {name: {"type": "string", "minLength": 1} for name in NAMES},
        "minProperties": 1,
        "additionalProperties": False,
    },
    settings=Settings,
    timeout=0.5,
)
def enrich(vote: Vote, settings: Settings) -> Facts:
    instance = vote.instance_of_joy
    # Dots alone would lead to another path.
    if not settings.url or instance is None or re.fullmatch(r"\.*", instance):
        return None
    return known(settings.url.replace("{instance}", quote(instance, safe="", errors="replace")))
