"""The form's side of the API: cast a vote, answer a question."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from votepipe.dev import casting
from votepipe.dev.console.guard import Refused
from votepipe.dev.console.journal import Journal

LONGEST = 10_000  # characters of one text


def votes(journal: Journal, table: Callable[[], Any]) -> Blueprint:
    """The routes below `/api/votes`; `table` gives the votes table, or None while it is not there.

    They write as readers' clicks do, so everything after the write is the real thing.
    """
    routes = Blueprint("votes", __name__)

    @routes.post("/api/votes")
    def cast() -> tuple[Response, int]:
        wanted = _texts("voteType", "instanceOfJoy", "voter", "widgetId", "voteId")
        vote_type = wanted.get("voteType")
        if vote_type not in {"thumbsup", "thumbsdown"}:
            raise Refused(400, "'voteType' is 'thumbsup' or 'thumbsdown'. Send one of them.")
        optional = {"widget_id": wanted.get("widgetId"), "vote_id": wanted.get("voteId")}
        instance = wanted.get("instanceOfJoy")
        keys = casting.cast(
            _there(table),
            vote_type=vote_type,
            instance_of_joy=instance,
            voter=wanted.get("voter"),
            **{name: value for name, value in optional.items() if value},
        )
        journal.describe(
            keys["widgetId"], keys["voteId"], voteType=vote_type, instanceOfJoy=instance
        )
        return jsonify(keys), 201

    @routes.post("/api/votes/<widget_id>/<vote_id>/answers")
    def answer(widget_id: str, vote_id: str) -> tuple[Response, int]:
        wanted = _texts("field", "text")
        if not wanted.get("field") or not wanted.get("text"):
            raise Refused(400, "An answer needs 'field' and 'text'. Send both.")
        try:
            casting.answer(_there(table), widget_id, vote_id, wanted["field"], wanted["text"])
        except LookupError as error:
            raise Refused(404, str(error)) from None
        return jsonify(widgetId=widget_id, voteId=vote_id), 201

    return routes


def _there(table: Callable[[], Any]) -> Any:
    found = table()
    if found is None:
        raise Refused(503, "The votes table is not there yet. Wait until /api/status says ready.")
    return found


def _texts(*names: str) -> dict[str, str]:
    """The request's JSON: an object with no members but these, all of them texts."""
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
