"""The front's writes to the votes table, in the form of `schemas/stored-vote.v1.json`.

A voter has one vote for an instance: voting again updates it. Its `voteId` is made with a key, so
nobody learns it without voting; whoever knows it may answer. Answers merge: each write keeps the
earlier ones, and of two at the same time none is lost.
"""

import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Mapping
from typing import Any

from api import throttle, work
from api.web import Refused
from votepipe import aws
from votepipe.aws import secrets
from votepipe.aws.dynamodb import read_item, update_request
from votepipe.model import stored, times

SERVICE = "The votes table"
_ATTEMPTS = 5
_PURPOSE = "votepipe/vote\0"

Vote = dict[str, Any]


def cast(
    widget_id: str,
    vote_type: str,
    *,
    instance: str = "",
    voter: str = "",
    vote_id: str = "",
    stamp: str = "",
) -> Vote:
    """Cast or change a vote; returns its new state.

    `vote_id` is for readers without a name, `stamp` where work is required. Raises Refused,
    Temporary.
    """
    known = {"instanceOfJoy": instance, "voter": voter}
    known = {name: text for name, text in known.items() if not stored.is_unknown(text)}
    vote_id = _id_of(widget_id, known) if "voter" in known else _random_id(vote_id)
    values = {"voteType": vote_type, **known}
    _check({"widgetId": widget_id, "voteId": vote_id, **values})
    work.check(stamp, widget_id, instance, known.get("voter", vote_id))
    sets = [f"#{name} = :{name}" for name in values]
    once = {"createdAt": times.timestamp(), "answers": {}}  # of the first write
    sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in once]
    return _update(widget_id, vote_id, f"SET {', '.join(sets)}", "", {**values, **once}, {})


def answer(widget_id: str, vote_id: str, answers: Mapping[str, Any], vote_type: str = "") -> Vote:
    """Add answers to a vote, by field; returns its new state. Raises Refused, Temporary."""
    for _ in range(_ATTEMPTS):
        item = _item(widget_id, vote_id)
        vote = _read(item)
        merged = json.dumps({**vote.get("answers", {}), **answers}, ensure_ascii=False)
        values = {"answers": merged, "voteType": vote_type or vote["voteType"]}
        _check({"widgetId": widget_id, "voteId": vote_id, **values})
        had = {":had": item["answers"]} if "answers" in item else {}
        condition = "#answers = :had" if had else "attribute_not_exists(#answers)"
        try:
            return _update(
                widget_id,
                vote_id,
                "SET #answers = :answers, #voteType = :voteType",
                f"attribute_exists(#voteId) AND {condition}",
                values,
                had,
            )
        except _Changed:
            continue
    raise Refused(503, "Others are changing this vote. Try again.")


def complete(widget_id: str, vote_id: str) -> Vote:
    """Record that the reader is done, so that the vote settles at once.

    Raises Refused, Temporary.
    """
    try:
        return _update(
            widget_id,
            vote_id,
            "SET #complete = :complete",
            "attribute_exists(#voteId)",
            {"complete": True},
            {},
        )
    except _Changed:
        raise _no_vote() from None


def read(widget_id: str, vote_id: str) -> Vote:
    """The present state of a vote. Raises Refused, Temporary."""
    return _read(_item(widget_id, vote_id))


class _Changed(Exception):
    """The condition of a write failed."""


def _item(widget_id: str, vote_id: str) -> dict[str, Any]:
    key = {"widgetId": widget_id, "voteId": vote_id}
    _check({**key, "voteType": "thumbsup"})
    item = read_item(SERVICE, os.environ["VOTES_TABLE"], key)
    if not item:
        raise _no_vote()
    return item


def _no_vote() -> Refused:
    return Refused(404, "There is no such vote.")


def _read(item: Mapping[str, Any]) -> Vote:
    vote, reasons = stored.clean(dict(item))
    if reasons:
        raise Refused(409, "This vote was stored in a form that cannot be read.")
    return vote


def _check(values: Mapping[str, str]) -> None:
    """Refuse what the pipe would reject."""
    _, reasons = stored.clean({name: {"S": text} for name, text in values.items()})
    if reasons:
        raise Refused(400, f"This is not a vote: {'; '.join(reasons[:5])}.")


def _update(
    widget_id: str,
    vote_id: str,
    changes: str,
    condition: str,
    values: Mapping[str, Any],
    as_stored: Mapping[str, Any],
) -> Vote:
    throttle.check_widget(widget_id)
    key = {"widgetId": widget_id, "voteId": vote_id}
    request = update_request(os.environ["VOTES_TABLE"], key, changes, condition, **values)
    request["ExpressionAttributeValues"] |= as_stored
    client = aws.client("dynamodb")
    with aws.translate_errors(SERVICE):
        try:
            item = client.update_item(**request, ReturnValues="ALL_NEW")["Attributes"]
        except client.exceptions.ConditionalCheckFailedException:
            raise _Changed from None
    return _read(item)


def _random_id(given: str) -> str:
    """The id that a reader without a name brings, if it is a UUID; else a new one."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())


def _id_of(widget_id: str, known: Mapping[str, str]) -> str:
    """The voteId of a voter's vote for an instance."""
    key = secrets.read(os.environ["API_SECRET_ARN"]).get("vote_key", "")
    if not key:
        raise Refused(
            503, "The front's secret has no 'vote_key', which voteIds are made with. Add one."
        )
    parts = [widget_id, known.get("instanceOfJoy", ""), known["voter"]]
    text = _PURPOSE + json.dumps(parts)
    return hmac.digest(key.encode(), text.encode(), hashlib.sha256).hex()[:32]
