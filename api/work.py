"""Proof of work: with `API_PROOF_OF_WORK` bits above 0, casting a vote costs its sender computing.

A stamp is `minute:nonce`: SHA-256 of `minute:nonce:text` begins with that many zero bits. The text
names the vote, so that a stamp used again casts the same vote again, and nothing has to be kept.
"""

import hashlib
import json
import os
import re
from typing import Any

from api.web import Refused
from votepipe.model import stored, times

HEADER = "votepipe-work"
_STAMP = re.compile(r"([0-9]{1,10}):[0-9]{1,20}")
# A browser keeps the vote page for an hour, and with it the minute that it names.
_OLDEST, _AHEAD = 90, 5  # minutes


def bits() -> int:
    """How many bits of work a vote requires; 0 for none."""
    return int(os.environ.get("API_PROOF_OF_WORK", "0"))


def required(widget_id: str, instance: str, reader: str) -> dict[str, Any]:
    """What a client makes a stamp of; `reader` is the voter, or a voteId without one."""
    vote = [widget_id, "" if stored.is_unknown(instance) else instance, reader]
    text = json.dumps(vote, ensure_ascii=False, separators=(",", ":"))
    return {"work": bits(), "minute": int(times.now() / 60), "text": text}


def check(stamp: str, widget_id: str, instance: str, reader: str) -> None:
    """Raises Refused where work is required and the stamp is not good for this vote."""
    wanted = required(widget_id, instance, reader)
    if wanted["work"] and not _is_good(stamp, **wanted):
        raise Refused(
            403,
            "This site requires proof of work. Work on what 'extensions' has, and send the stamp "
            f"as the header '{HEADER}'; without 'voter', also send a random UUID as 'voteId'.",
            **wanted,
        )


def _is_good(stamp: str, work: int, minute: int, text: str) -> bool:
    found = _STAMP.fullmatch(stamp)
    if not found or not -_AHEAD <= minute - int(found[1]) <= _OLDEST:
        return False
    digest = hashlib.sha256(f"{stamp}:{text}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - work) == 0
