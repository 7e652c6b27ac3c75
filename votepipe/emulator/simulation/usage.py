"""What AWS charges for, counted as it happens.

Sizes round up as AWS rounds them. A queue's messages are received and deleted by ten; long polls
that return nothing are left out, as they cost the same with and without votes.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field

WRITE_UNIT, READ_UNIT, REQUEST = 1024, 4096, 65_536
_AT_ONCE = 10

WRITES, READS, CALLS, LOG_BYTES = "write units", "read units", "calls", "log bytes"
SENDS, RECEIVES, DELETES, CHANGES = "sends", "receives", "deletes", "changes of visibility"
QUEUE_REQUESTS = (SENDS, RECEIVES, DELETES, CHANGES)
SECRET_READS, EVENTS, MAILS = "secret reads", "events", "mails"
# What counts one each time that it is called.
OPERATIONS = {"GetSecretValue": SECRET_READS, "SendEmail": MAILS}


def units(size: float, unit: int) -> int:
    """How many units of this size are charged; nothing still is one."""
    return max(1, math.ceil(size / unit))


def by_ten(messages: int) -> int:
    """How many requests it takes to receive or delete so many messages."""
    return math.ceil(messages / _AT_ONCE)


@dataclass
class Usage:
    """Counts by who used it: the logical id of a function or a queue, "" for the test itself.

    `caller` is the one whose call is being answered.
    """

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    caller: str = ""

    def add(self, what: str, amount: float = 1, *, who: str | None = None) -> None:
        """Count it for the caller, or somebody else."""
        self.counts[self.caller if who is None else who][what] += amount  # type: ignore[assignment]
