"""Slack's own client, but one that follows no redirect: the token would travel with it."""

import logging
import urllib.request
from functools import cache
from typing import Any

# Slack's library would log what was answered, which may quote what was posted.
_SILENT = logging.Logger("slack_sdk", logging.CRITICAL + 1)


def client(token: str | None, url: str, seconds: float) -> Any:
    """A client of the Web API at `url` that waits so many seconds and tries once."""
    return _class()(token, base_url=url, timeout=seconds, retry_handlers=[], logger=_SILENT)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@cache
def _class() -> Any:
    # Importing it takes its time: only with a bot token it is needed.
    from slack_sdk import WebClient

    opener = urllib.request.build_opener(_NoRedirects)

    class Client(WebClient):
        def _perform_urllib_http_request_internal(self, url: str, req: Any) -> dict[str, Any]:
            with opener.open(req, timeout=self.timeout) as answer:
                return {
                    "status": answer.status,
                    "headers": answer.headers,
                    "body": answer.read().decode(errors="replace"),
                }

    return Client
