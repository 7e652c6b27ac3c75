"""The mail that sinks sent through SES, read back from MiniStack."""

from typing import Any

import requests


def read(endpoint: str, *, timeout: float = 5) -> list[dict[str, Any]]:
    """Return all mail sent since MiniStack at `endpoint` started, oldest first.

    Each has `MessageId`, `Source`, `To`, `Subject`, `BodyText` and `BodyHtml`.
    Raises requests.RequestException when it does not answer.
    """
    reply = requests.get(f"{endpoint}/_ministack/ses/messages", timeout=timeout)
    reply.raise_for_status()
    accounts: dict[str, list[dict[str, Any]]] = reply.json()["messages"]
    return [mail for mails in accounts.values() for mail in mails]
