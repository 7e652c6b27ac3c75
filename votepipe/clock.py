"""What time it is, in one place: whoever runs the library on time of their own replaces `now`.

Callers say `clock.now()`, so that a replacement reaches them all.
"""

import time


def now() -> float:
    """The time in seconds since 1970."""
    return time.time()
