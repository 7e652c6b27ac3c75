"""What is wrong with a pattern or an event, in AWS's words where AWS has words for it."""

from __future__ import annotations

from votepipe.model.errors import VotepipeError

__all__ = ["InvalidPattern", "UnreadableEvent"]


class InvalidPattern(VotepipeError, ValueError):
    """The pattern would be refused by AWS.

    The text is what AWS answers.
    Where in the pattern the fault is, and what to do, is in `where` and `hint`, and is attached
    as a note, so that the text stays comparable with AWS's and a traceback still shows both.
    """

    def __init__(self, reason: str, where: str = "", hint: str = "") -> None:
        super().__init__(reason, where, hint)
        self.reason = reason
        self.where = where
        self.hint = hint
        advice = " ".join(part for part in (f"At {where}." if where else "", hint) if part)
        if advice:
            self.add_note(advice)

    def __str__(self) -> str:
        return f"Event pattern is not valid. Reason: {self.reason}"


class UnreadableEvent(VotepipeError, ValueError):
    """The event is not a JSON object."""
