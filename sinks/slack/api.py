"""Slack's Web API, with the right outcome for each way it can answer.

429, ratelimited                             TryLater, for as long as Slack asks
5xx, time-out, disconnect, internal_error    Temporary
message_not_found                            Gone
edit_window_closed, cant_update_message      Unchangeable
any other error, a redirect                  Undeliverable

Texts name the host and Slack's code for the error, never the token or what was posted.
"""

import http.client
import re
from typing import Any, NoReturn

from urllib3 import HTTPHeaderDict

from sinks.slack.client import client
from sinks.slack.settings import Settings
from votepipe import Temporary, TryLater, Undeliverable
from votepipe import http as library

_AGAIN = "Run: votepipe secret set slack"
_CHANNEL = "Correct the template parameter 'SlackChannel'."
HINTS = {
    "invalid_auth": f"The bot token is not valid. {_AGAIN}",
    "not_authed": f"There is no bot token. {_AGAIN}",
    "account_inactive": f"The app was taken out of the workspace. Install it again. {_AGAIN}",
    "token_revoked": f"The bot token was revoked. Make a new one. {_AGAIN}",
    "token_expired": f"The bot token expired. Make a new one. {_AGAIN}",
    "missing_scope": f"Give the app the scope 'chat:write' and install it again. {_AGAIN}",
    "channel_not_found": f"The channel does not exist, or the bot cannot see it. {_CHANNEL}",
    "not_in_channel": "Invite the bot to the channel: /invite @ and its name.",
    "is_archived": f"The channel is archived. {_CHANNEL}",
    "restricted_action": "An admin of the workspace lets only some people post there.",
    "msg_too_long": "Slack could not read the message.",
    "invalid_blocks": "Slack could not read the message.",
}
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
_LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}


class Gone(Undeliverable):
    """The message was deleted in Slack."""


class Unchangeable(Undeliverable):
    """The message cannot be edited any more."""


def post(settings: Settings, message: dict[str, Any], thread: str = "") -> str:
    """Post a message, below the one with the time stamp `thread` if there is one.

    What it returns stands for the message: `channel:ts`.
    """
    more = {"thread_ts": thread} if thread else {}
    answer = _call(settings, "chat.postMessage", channel=settings.channel, **message, **more)
    return f"{answer['channel']}:{answer['ts']}"


def update(settings: Settings, remote_id: str, message: dict[str, Any]) -> None:
    """Give a message another text. Raises Gone or Unchangeable."""
    channel, _, ts = remote_id.partition(":")
    shown = {name: message[name] for name in ("text", "blocks")}
    _call(settings, "chat.update", channel=channel, ts=ts, **shown)


def _call(settings: Settings, method: str, **arguments: Any) -> Any:
    from slack_sdk.errors import SlackApiError, SlackClientError

    host = library.host_of(settings.api_url)
    token = settings.bot_token.reveal() if settings.bot_token else None
    seconds = library.USUAL_TIMEOUT
    talking = client(token, settings.api_url, seconds)
    try:
        return library.within(seconds, host, lambda: talking.api_call(method, json=arguments))
    except SlackApiError as error:
        _refuse(host, error.response)
    except TimeoutError:
        raise Temporary(f"{host} did not answer within {seconds:g} s.") from None
    except (OSError, http.client.HTTPException):
        raise Temporary(f"{host} could not be reached, or hung up.") from None
    except SlackClientError as error:
        raise Undeliverable(f"No request can be made to {host} ({type(error).__name__}).") from None


def _refuse(host: str, response: Any) -> NoReturn:
    """Raise what an answer without `ok` calls for."""
    code = str(response.get("error"))
    if response.status_code != 200:
        headers = HTTPHeaderDict(response.headers or {})
        library.refuse(host, library.Response(response.status_code, headers, b""))
    text = f"Slack answered '{code if re.fullmatch('[a-z_]{1,60}', code) else 'unknown'}'."
    if code in _LIMITED:
        raise TryLater(text, after=library.USUAL_WAIT)
    if code in _PASSING:
        raise Temporary(text)
    if code == "message_not_found":
        raise Gone(text)
    if code in ("edit_window_closed", "cant_update_message"):
        raise Unchangeable(text)
    hint = HINTS.get(code)
    raise Undeliverable(f"{text} {hint}" if hint else text)
