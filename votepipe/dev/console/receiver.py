"""The receiver: takes what sinks send, in the place of Slack and of webhooks.

Faults make it answer otherwise.
What it does not take is a hop of the journal, but no message.
"""

import socket
import time

from flask import Blueprint, Response, jsonify, request
from werkzeug.http import HTTP_STATUS_CODES

from votepipe.dev.console.faults import Fault, Faults
from votepipe.dev.console.journal import Journal
from votepipe.dev.console.slack import Channels, SlackError, slack_objection

LARGEST = 1 << 20  # bytes of one request


def receiver(journal: Journal, faults: Faults) -> Blueprint:
    """The routes below `/receive/`; the first part of the path is the name of the sink."""
    routes = Blueprint("receiver", __name__)
    channels = Channels()

    @routes.post("/receive/<sink>")
    @routes.post("/receive/<sink>/<path:rest>")
    def receive(sink: str, rest: str = "") -> Response:
        raw = request.get_data().decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in request.headers.items()}
        authorization = headers.pop("authorization", "")
        fault = faults.take(sink)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.refuses:
                journal.message(sink, raw, headers, refused=_told(fault))
                return _refuse(fault)
        if sink == "slack" and rest.startswith("api/"):
            try:
                answer = channels.call(rest.removeprefix("api/"), raw, authorization)
            except SlackError as error:
                journal.message(sink, raw, headers, refused=f"answered '{error}'")
                return jsonify(ok=False, error=str(error))
            journal.message(sink, raw, headers)
            return jsonify(answer)
        objection = slack_objection(raw) if sink == "slack" else None
        if objection is not None:
            journal.message(sink, raw, headers, refused=f"answered 400 {objection}")
            return Response(objection, 400, mimetype="text/plain")
        journal.message(sink, raw, headers)
        status = fault.status if fault is not None and fault.status else 200
        return Response("ok", status, mimetype="text/plain")

    return routes


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
