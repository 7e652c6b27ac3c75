"""What the kit raises: mistakes of a test, and the ends that a function's process can come to."""

from votepipe.model.errors import VotepipeError


class KitError(VotepipeError):
    """The test asks for what is not there."""


class Unmodelled(VotepipeError):
    """The template or a function uses what the kit does not model."""


class Ended(BaseException):
    """Ends a function's process at once; no `except Exception` of its code sees it.

    `why` is how Lambda would report it.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Crash(Ended):
    """The process died in the middle of its work."""


class TimedOut(Ended):
    """The function ran for longer than its time-out."""


class Closed(Ended):
    """The pipeline was closed while the function waited."""
