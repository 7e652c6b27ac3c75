"""The receiver: takes what sinks send, in the place of Slack and of webhooks.

Faults make it answer otherwise.
What it does not take is a hop of the journal, but no message.
"""

import json
import socket
import time
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.http import HTTP_STATUS_CODES

from votepipe.dev.console.faults import Fault, Faults
from votepipe.dev.console.journal import Journal

LARGEST = 1 << 20  # bytes of one request


def receiver(journal: Journal, faults: Faults) -> Blueprint:
    """The routes below `/receive/`; the first part of the path is the name of the sink."""
    routes = Blueprint("receiver", __name__)

    @routes.post("/receive/<sink>")
    @routes.post("/receive/<sink>/<path:_rest>")
    def receive(sink: str, _rest: str = "") -> Response:
        raw = request.get_data().decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in request.headers.items()}
        fault = faults.take(sink)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.refuses:
                journal.message(sink, raw, headers, refused=_told(fault))
                return _refuse(fault)
        objection = slack_objection(raw) if sink == "slack" else None
        if objection is not None:
            journal.message(sink, raw, headers, refused=f"answered 400 {objection}")
            return Response(objection, 400, mimetype="text/plain")
        journal.message(sink, raw, headers)
        status = fault.status if fault is not None and fault.status else 200
        return Response("ok", status, mimetype="text/plain")

    return routes


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


def _told(fault: Fault) -> str:
    return "closed the connection" if fault.disconnect else f"answered {fault.status}"


def _refuse(fault: Fault) -> Response:
    if fault.disconnect:
        connection = request.environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
    status = fault.status or 500
    text = HTTP_STATUS_CODES.get(status, "error").lower().replace(" ", "_")
    reply = Response(text, status, mimetype="text/plain")
    if fault.retryAfter is not None:
        reply.headers["Retry-After"] = f"{fault.retryAfter:g}"
    return reply
