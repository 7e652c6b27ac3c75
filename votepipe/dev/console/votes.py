"""The form's part of the API: cast a vote, answer a question, change or withdraw the vote."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask import Blueprint, Response, jsonify, request

from votepipe.dev.console.entries import now
from votepipe.dev.console.guard import Refused
from votepipe.dev.console.journal import Journal
from votepipe.dev.operations import casting

LONGEST = 10_000  # characters of one text


def votes(journal: Journal, table: Callable[[], Any]) -> Blueprint:
    """The routes below `/api/votes`; `table` returns the votes table, or None before it exists.

    They write as readers' clicks do; everything after the write is real.
    """
    routes = Blueprint("votes", __name__)

    @routes.post("/api/votes")
    def cast() -> tuple[Response, int]:
        wanted = _texts("voteType", "instanceOfJoy", "voter", "widgetId", "voteId")
        vote_type = _vote_type(wanted)
        vote_id = wanted.get("voteId") or str(uuid.uuid4())
        widget = {"widget_id": wanted["widgetId"]} if wanted.get("widgetId") else {}
        at = now()
        keys = casting.cast(
            _there(table),
            vote_type=vote_type,
            vote_id=vote_id,
            instance_of_joy=wanted.get("instanceOfJoy"),
            voter=wanted.get("voter"),
            **widget,
        )
        journal.wrote(keys["widgetId"], keys["voteId"], "cast here", at=at)
        return jsonify(keys), 201

    @routes.post("/api/votes/<widget_id>/<vote_id>/answers")
    def answer(widget_id: str, vote_id: str) -> tuple[Response, int]:
        wanted = _texts("field", "text")
        if not wanted.get("field") or not wanted.get("text"):
            raise Refused(400, "An answer needs 'field' and 'text'. Send both.")
        return write(
            casting.answer, widget_id, vote_id, "answered", wanted["field"], wanted["text"]
        )

    @routes.put("/api/votes/<widget_id>/<vote_id>")
    def change(widget_id: str, vote_id: str) -> tuple[Response, int]:
        vote_type = _vote_type(_texts("voteType"))
        return write(casting.change, widget_id, vote_id, "changed", vote_type)

    @routes.delete("/api/votes/<widget_id>/<vote_id>")
    def withdraw(widget_id: str, vote_id: str) -> tuple[Response, int]:
        return write(casting.withdraw, widget_id, vote_id, "withdrawn")

    def write(
        how: Callable[..., Any], widget_id: str, vote_id: str, done: str, *values: str
    ) -> tuple[Response, int]:
        at = now()
        try:
            how(_there(table), widget_id, vote_id, *values)
        except LookupError as error:
            raise Refused(404, str(error)) from None
        journal.wrote(widget_id, vote_id, f"{done} here", at=at)
        return jsonify(widgetId=widget_id, voteId=vote_id), 201

    return routes


def _vote_type(wanted: Mapping[str, str]) -> str:
    found = wanted.get("voteType")
    if found not in {"thumbsup", "thumbsdown"}:
        raise Refused(400, "'voteType' is 'thumbsup' or 'thumbsdown'. Send one of them.")
    return found


def describe(journal: Journal, table: Any, votes: Sequence[Mapping[str, Any]]) -> None:
    """Look up the type and the instance of votes in the table, of 100 at most."""
    keys = [{name: vote[name] for name in ("widgetId", "voteId")} for vote in votes[:100]]
    if not keys:
        return
    wanted = {"Keys": keys, "ProjectionExpression": "widgetId, voteId, voteType, instanceOfJoy"}
    try:
        reply = table.meta.client.batch_get_item(RequestItems={table.name: wanted})
    except (BotoCoreError, ClientError):
        return  # then the votes show their ids
    for item in reply["Responses"][table.name]:
        about = {name: item.get(name) for name in ("voteType", "instanceOfJoy")}
        known = {name: value for name, value in about.items() if isinstance(value, str)}
        journal.describe(item["widgetId"], item["voteId"], known)


def _there(table: Callable[[], Any]) -> Any:
    found = table()
    if found is None:
        raise Refused(503, "The votes table is not there yet. Wait until /api/status says ready.")
    return found


def _texts(*names: str) -> dict[str, str]:
    """The request's JSON: an object with no members but these, all of them strings."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refused(400, "This is not a JSON object. Send one.")
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise Refused(400, f"There is no '{unknown[0]}' here. Known are: {', '.join(names)}.")
    for name, value in body.items():
        if not isinstance(value, str) or len(value) > LONGEST:
            raise Refused(400, f"'{name}' is not a text of at most {LONGEST} characters. Fix it.")
    return body
