"""Slack, as its clients see it: an incoming webhook, and the Web API of a bot in a channel.

Give it to `Pipeline.serve("slack", …)`. Its own client, slack_sdk, holds it to what Slack answers.
"""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from votepipe.emulator.http.receiver import Answer, Request

LONGEST_TEXT = 4000
LONGEST_BLOCKS = 13_200  # all of a message, as JSON
WEBHOOK = "webhook"  # among the methods, a post to the webhook


class _Refused(Exception):
    """What Slack refuses; its text is Slack's code."""


class Slack:
    """What the channel shows, by time stamp, and all calls that it took.

    With a `clock`, in seconds, a second call within a second is answered 429; `limited` counts
    these. Codes in `problems` are answered to the next calls, as errors.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.shown: dict[str, str] = {}
        self.limited = 0
        self.problems: list[str] = []
        self._clock = clock
        self._free = 0.0
        self._lock = threading.Lock()
        self._methods: Mapping[str, Callable[[Any], dict[str, Any]]] = {
            "api.test": lambda body: {},
            "auth.test": lambda body: {"team_id": "T1", "user_id": "U1", "bot_id": "B1"},
            "chat.postMessage": self._post,
            "chat.update": self._update,
        }

    def __call__(self, request: Request) -> Answer:
        """Answer a call of the Web API where the path ends in a method's name; else a webhook's."""
        method = request.path.partition("?")[0].rpartition("/")[2]
        with self._lock:
            if not self._in_time():
                return Answer(status=429, headers={"Retry-After": "1"}, body="ratelimited")
            try:
                if self.problems:
                    raise _Refused(self.problems.pop(0))
                return self._call(method, request) if "." in method else self._webhook(request)
            except _Refused as refused:
                if "." in method:
                    return Answer(body={"ok": False, "error": str(refused)})
                return Answer(status=400, body=str(refused))

    @property
    def methods(self) -> list[str]:
        """The methods that were called."""
        return [method for method, _ in self.calls]

    def _in_time(self) -> bool:
        if self._clock is not None:
            if self._clock() < self._free:
                self.limited += 1
                return False
            self._free = self._clock() + 1
        return True

    def _webhook(self, request: Request) -> Answer:
        body = _message(request)
        self.calls.append((WEBHOOK, body))
        self.shown[self._next()] = body.get("text", "")
        return Answer()

    def _call(self, method: str, request: Request) -> Answer:
        token = request.headers.get("authorization", "")
        if not token.startswith("Bearer xox"):
            raise _Refused("invalid_auth" if token else "not_authed")
        if method not in self._methods:
            raise _Refused("unknown_method")
        body = _message(request) if method.startswith("chat.") else {}
        if len(body.get("text", "")) > LONGEST_TEXT:
            raise _Refused("msg_too_long")
        return Answer(body={"ok": True, **self._methods[method](body)})

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        channel = _channel(body)
        if (parent := body.get("thread_ts")) is not None and parent not in self.shown:
            raise _Refused("thread_not_found")
        self.calls.append(("chat.postMessage", body))
        return self._show(channel, self._next(), body)

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        channel = _channel(body)
        if body.get("ts") not in self.shown:
            raise _Refused("message_not_found")
        self.calls.append(("chat.update", body))
        return self._show(channel, body["ts"], body)

    def _show(self, channel: str, ts: str, body: dict[str, Any]) -> dict[str, Any]:
        text = self.shown[ts] = body.get("text", "")
        message = {"type": "message", "ts": ts, "text": text, "blocks": body.get("blocks", [])}
        return {"channel": channel, "ts": ts, "text": text, "message": message}

    def _next(self) -> str:
        return f"{len(self.calls)}.000100"


def _channel(body: dict[str, Any]) -> str:
    channel = body.get("channel")
    if not isinstance(channel, str) or not channel:
        raise _Refused("channel_not_found")
    return channel


def _message(request: Request) -> dict[str, Any]:
    """The message of a request. Raises _Refused with Slack's objection to it."""
    try:
        body = request.json
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise _Refused("invalid_payload")
    if not any(body.get(name) for name in ("text", "blocks", "attachments")):
        raise _Refused("no_text")
    blocks = body.get("blocks") or []
    if not isinstance(blocks, list) or len(blocks) > 50 or not all(map(_fits, blocks)):
        raise _Refused("invalid_blocks")
    if len(json.dumps(blocks)) >= LONGEST_BLOCKS:
        raise _Refused("msg_blocks_too_long")
    return body


def _fits(block: Any) -> bool:
    """Whether a block keeps Slack's lengths: header 150, section 3,000, 10 fields of 2,000."""
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return False
    fields = block.get("fields") or []
    if not isinstance(fields, list) or len(fields) > 10:
        return False
    limit = 150 if block["type"] == "header" else 3000
    return _length(block.get("text")) <= limit and all(_length(text) <= 2000 for text in fields)


def _length(text: Any) -> int:
    return len(text["text"]) if isinstance(text, dict) and isinstance(text.get("text"), str) else 0
