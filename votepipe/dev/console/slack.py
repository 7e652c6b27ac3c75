"""Slack as the receiver plays it: what an incoming webhook refuses, and the Web API for a bot.

POST /receive/slack/api/chat.postMessage, chat.update and chat.delete answer as Slack does.

To run the local stack with it: `make up PARAMETERS="SlackChannel=C1
SlackApiUrl=http://127.0.0.1:8600/receive/slack/api/"` (the port is the console's), then
`echo '{"bot_token": "xoxb-local"}' | votepipe secret set slack`.
"""

import itertools
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

KEPT = 50_000  # messages that can still be edited
LONGEST_TEXT = 4000
_FIRST = 1_767_520_800  # a time stamp like Slack's; the number after the point counts up

Answer = dict[str, Any]


class SlackError(Exception):
    """What Slack refuses; its text is Slack's code."""


class Channels:
    """The messages that are there, by channel and time stamp."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._messages: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()
        self._methods: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
        }

    def call(self, method: str, raw: str, authorization: str) -> Answer:
        """The answer to a call with this body and header. Raises SlackError."""
        if not authorization.startswith("Bearer xox"):
            raise SlackError("invalid_auth" if authorization else "not_authed")
        if method not in self._methods:
            raise SlackError("unknown_method")
        objection = slack_objection(raw)
        if objection is not None and method != "chat.delete":
            raise SlackError(objection)
        body = json.loads(raw)
        if len(body.get("text", "")) > LONGEST_TEXT:
            raise SlackError("msg_too_long")
        with self._lock:
            return {"ok": True, **self._methods[method](body)}

    def _post(self, body: Mapping[str, Any]) -> Answer:
        channel = _channel(body)
        parent = body.get("thread_ts")
        if parent is not None and (channel, parent) not in self._messages:
            raise SlackError("thread_not_found")
        ts = f"{_FIRST}.{next(self._numbers):06d}"
        self._messages[channel, ts] = None
        if len(self._messages) > KEPT:
            self._messages.popitem(last=False)
        return {"channel": channel, "ts": ts, "message": {**_shown(body), "ts": ts}}

    def _update(self, body: Mapping[str, Any]) -> Answer:
        channel, ts = self._known(body)
        return {"channel": channel, "ts": ts, "text": body.get("text", ""), "message": _shown(body)}

    def _delete(self, body: Mapping[str, Any]) -> Answer:
        channel, ts = self._known(body)
        del self._messages[channel, ts]
        return {"channel": channel, "ts": ts}

    def _known(self, body: Mapping[str, Any]) -> tuple[str, str]:
        key = (_channel(body), str(body.get("ts")))
        if key not in self._messages:
            raise SlackError("message_not_found")
        return key


def _channel(body: Mapping[str, Any]) -> str:
    channel = body.get("channel")
    if not isinstance(channel, str) or not channel:
        raise SlackError("channel_not_found")
    return channel


def _shown(body: Mapping[str, Any]) -> Answer:
    return {"type": "message", "text": body.get("text", ""), "blocks": body.get("blocks", [])}


def slack_objection(raw: str) -> str | None:
    """The error text with which an incoming webhook of Slack refuses this body, or None."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return "invalid_payload"
    if not isinstance(body, dict):
        return "invalid_payload"
    if not any(body.get(name) for name in ("text", "blocks", "attachments")):
        return "no_text"
    blocks = body.get("blocks") or []
    if not isinstance(blocks, list) or len(blocks) > 50:
        return "invalid_blocks"
    return None if all(_fits(block) for block in blocks) else "invalid_blocks"


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
