"""A Slack channel, which takes one message a second and edits of what it shows.

Give it to `Pipeline.serve("slack", …)`.
"""

from collections.abc import Callable
from typing import Any

from votepipe.emulator.http.receiver import Answer
from votepipe.emulator.http.request import Request


class Channel:
    """What a channel shows, by time stamp, and all calls that were taken.

    With a `clock`, in seconds, a second call within a second is answered 429; `limited` counts
    these. Codes in `problems` are answered to the next calls, as errors.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.clock = clock
        self.free = 0.0
        self.calls: list[tuple[str, Any]] = []
        self.shown: dict[str, str] = {}
        self.limited = 0
        self.problems: list[str] = []

    def __call__(self, request: Request) -> Answer:
        """Answer a call of the Web API, or a webhook's."""
        if self.clock is not None and self.clock() < self.free:
            self.limited += 1
            return Answer(status=429, headers={"Retry-After": "1"}, body="ratelimited")
        if self.clock is not None:
            self.free = self.clock() + 1
        if self.problems:
            return Answer(body={"ok": False, "error": self.problems.pop(0)})
        body = request.json
        if request.path.endswith("chat.update") and body["ts"] not in self.shown:
            return Answer(body={"ok": False, "error": "message_not_found"})
        self.calls.append((request.path.rpartition("/")[2], body))
        ts = body.get("ts", f"{len(self.calls)}.000100")
        self.shown[ts] = body["text"]
        return Answer(body={"ok": True, "channel": body.get("channel", ""), "ts": ts})

    @property
    def methods(self) -> list[str]:
        """The methods that were called."""
        return [method for method, _ in self.calls]
