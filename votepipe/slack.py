"""What sinks share of Slack: its text format, its Web API by a bot, and its incoming webhooks.

A status other than 2xx has the outcome that `votepipe.http` gives it. Of the Web API's errors:

    ratelimited and the like                    TryLater
    internal_error and the like, no JSON        Temporary
    message_not_found                           Gone
    edit_window_closed, cant_update_message     Unchangeable
    msg_blocks_too_long, msg_too_long           TooLong
    any other                                   Undeliverable

Texts name Slack's code for the error, never the token or what was posted.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from votepipe import http
from votepipe.aws.secrets import Secret
from votepipe.model.errors import DeliveryError, Temporary, TryLater, Undeliverable
from votepipe.model.text import clean

# Slack refuses sections over 3,000 characters; an answer as words.py cuts it fits, however escaped.
SECTION = 3000
# And messages whose blocks are longer, by what developers report: the text, and all of it as JSON.
# Whether it counts a character beyond ASCII as one or as its escape, no report says.
MOST_TEXT, MOST_JSON = 12_000, 13_199
# Signs that format text, and the ones that only look like them.
LOOKALIKES = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})

_RUN = "Run: votepipe secret set {sink}"
_CHANNEL = "Correct the template parameter '{parameter}'."
_TOO_ODD = "Slack could not read the message."
_SHORTEN = (
    "The message is longer than Slack takes. Lower MOST_TEXT and MOST_JSON in votepipe/slack.py "
    "and run: make deploy"
)
HINTS = {
    "invalid_auth": f"The bot token is not valid. {_RUN}",
    "not_authed": f"There is no bot token. {_RUN}",
    "account_inactive": f"The app was removed from the workspace. Install it again. {_RUN}",
    "token_revoked": f"The bot token was revoked. Make a new one. {_RUN}",
    "token_expired": f"The bot token expired. Make a new one. {_RUN}",
    "missing_scope": f"Give the app the scope 'chat:write' and install it again. {_RUN}",
    "channel_not_found": f"The channel does not exist, or the bot cannot see it. {_CHANNEL}",
    "not_in_channel": "Invite the bot to the channel: /invite @ and its name.",
    "is_archived": f"The channel is archived. {_CHANNEL}",
    "restricted_action": "An admin of the workspace lets only some people post there.",
    "msg_too_long": _SHORTEN,
    "msg_blocks_too_long": _SHORTEN,
    "invalid_blocks": _TOO_ODD,
}
_NEW_WEBHOOK = "Make a new one and run: votepipe secret set {sink}"
WEBHOOK_HINTS = {
    400: _TOO_ODD,
    403: f"The webhook may be revoked, or its channel archived. {_NEW_WEBHOOK}",
    404: f"The webhook does not exist. {_NEW_WEBHOOK}",
    410: f"The webhook's channel is archived. {_NEW_WEBHOOK}",
}
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
_TOO_LONG = {"msg_too_long", "msg_blocks_too_long"}
_FIXED = {"edit_window_closed", "cant_update_message"}
_UNREADABLE = "Slack answered what cannot be read."

Message = dict[str, Any]


class Gone(Undeliverable):
    """The message was deleted in Slack."""


class Unchangeable(Undeliverable):
    """The message can no longer be edited."""


class TooLong(Undeliverable):
    """Slack refused the message for its length; a shorter one may pass."""


@dataclass(frozen=True, kw_only=True)
class Bot:
    """A bot that posts to a channel for the sink of this name."""

    sink: str
    token: Secret
    channel: str
    api_url: str

    def post(self, message: Message, thread: str = "") -> str:
        """Post a message, below the one with the time stamp `thread` if any; return its id."""
        more = {"thread_ts": thread} if thread else {}
        answer = self._call("chat.postMessage", {"channel": self.channel, **message, **more})
        if not {"channel", "ts"} <= answer.keys():
            raise Temporary(_UNREADABLE)
        return f"{answer['channel']}:{answer['ts']}"

    def update(self, message_id: str, message: Message) -> None:
        """Edit a message. Raises Gone or Unchangeable."""
        channel, _, ts = message_id.partition(":")
        shown = {name: message[name] for name in ("text", "blocks")}
        self._call("chat.update", {"channel": channel, "ts": ts, **shown})

    def _call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        response = http.post(
            f"{self.api_url.rstrip('/')}/{method}",
            json=arguments,
            headers={
                "Authorization": f"Bearer {self.token.reveal().strip()}",
                # Slack warns about JSON that does not name it.
                "Content-Type": "application/json; charset=utf-8",
            },
        )
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise Temporary(_UNREADABLE)
        if not answer.get("ok"):
            raise _refusal(str(answer.get("error")), self.sink)
        return answer


def _refusal(code: str, sink: str) -> DeliveryError:
    """The error for an answer without `ok`."""
    text = f"Slack answered '{code if re.fullmatch('[a-z_]{1,60}', code) else 'unknown'}'."
    if code in _LIMITED:
        return TryLater(text, after=http.USUAL_WAIT)
    if code in _PASSING:
        return Temporary(text)
    if code == "message_not_found":
        return Gone(text)
    if code in _FIXED:
        return Unchangeable(text)
    parameter = f"{sink.title().replace('_', '')}Channel"
    hint = HINTS.get(code, "").format(sink=sink, parameter=parameter)
    kind = TooLong if code in _TOO_LONG else Undeliverable
    return kind(f"{text} {hint}".rstrip())


def post_to_webhook(url: Secret | None, message: Message, *, sink: str) -> None:
    """Post a message to an incoming webhook for the sink of this name."""
    hints = {status: hint.format(sink=sink) for status, hint in WEBHOOK_HINTS.items()}
    try:
        response = http.post(url.reveal() if url else "", json=message, hints=hints)
    except http.Refused as refused:
        code = refused.response.text.strip()
        raise (_refusal(code, sink) if code in _TOO_LONG else refused) from None
    # Slack answers 'ok'; a page comes from a proxy or a server that is busy.
    if response.text.lstrip().startswith("<"):
        raise Temporary(_UNREADABLE)


def message_of(
    parts: Sequence[str], notes: Sequence[str] = (), *, more: int = 0, of: str = ""
) -> Message:
    """A message as Slack takes it: parts of one or more lines of mrkdwn, and notes in small print.

    Parts at the end that are over Slack's limits become a count, together with the `more` that
    the caller left out: '… and 3 more', and then `of` what.
    """
    for kept in range(len(parts), 0, -1):
        left = len(parts) - kept + more
        rest = [f"… and {left:,} more {of}".rstrip()] if left else []
        lines = "\n".join([*parts[:kept], *rest]).split("\n")
        blocks = _blocks(lines, notes)
        if _fits(blocks):
            break
    return {
        "text": pack([*lines, *notes])[0],
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _blocks(lines: Sequence[str], notes: Sequence[str]) -> list[dict[str, Any]]:
    sections = [{"type": "section", "text": mrkdwn(text)} for text in pack(lines)]
    context = [{"type": "context", "elements": [mrkdwn(" · ".join(notes))]}] if notes else []
    return [*sections, *context]


def _fits(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Slack takes blocks of this length in one message."""
    objects = [part for block in blocks for part in block.get("elements", [block.get("text")])]
    text = sum(len(part["text"]) for part in objects)
    return text <= MOST_TEXT and len(json.dumps(blocks)) <= MOST_JSON


def foreign(text: str, limit: int) -> str:
    """Text from a reader, on one line, that can neither mention, link nor format."""
    text = clean(text, limit).translate(LOOKALIKES)
    text = re.sub(r"(?<!\w)_|_(?!\w)", "ˍ", text)
    return escaped(text)


def escaped(text: str) -> str:
    """Text in which Slack finds no tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> dict[str, Any]:
    """A text object in which Slack looks for no mentions and links."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def pack(lines: Sequence[str]) -> list[str]:
    """Join lines to as few texts as fit in sections."""
    texts = [lines[0]]
    for line in lines[1:]:
        if len(texts[-1]) + 1 + len(line) <= SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts
