"""What the kit raises: a test's mistakes, and the ways a function's process can end."""

from votepipe.model.errors import VotepipeError


class KitError(VotepipeError):
    """The test asks for something that does not exist."""


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
