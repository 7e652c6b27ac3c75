"""The widgets that votes are cast on: those that were saved, and those of `widgets.toml`."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.web import Refused
from votepipe import aws
from votepipe.aws.dynamodb import conditional_update, plain, read_item
from votepipe.model import times
from votepipe.model import widgets as described

SERVICE = "The widgets table"
LARGEST_QUESTIONS = 20_000  # characters of JSON


@dataclass(frozen=True)
class Question:
    """A follow-up question; `kind` is "text" or "boolean"."""

    field: str
    label: str
    kind: str = "text"


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A widget; `followup_questions` is the JSON that its questions were saved as."""

    widget_id: str
    user_id: str = ""
    widget_type: str = ""
    followup_questions: str = "[]"
    created_at: str | None = None

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that follow the vote."""
        return tuple(_questions(self.followup_questions))


def find(widget_id: str) -> Widget:
    """A widget by its id. Raises Refused, Temporary."""
    if 0 < len(widget_id) <= 256:
        item = plain(read_item(SERVICE, os.environ["WIDGETS_TABLE"], {"widgetId": widget_id}))
        if item:
            return _widget(item)
        if widget_id in (of_file := described.load()):
            return _of_file(widget_id, of_file[widget_id])
    raise Refused(404, "There is no such widget.")


def everyone(user_id: str | None = None) -> list[Widget]:
    """All widgets, or one user's. Raises Temporary."""
    saved = {widget.widget_id: widget for widget in _saved()}
    files = {name: _of_file(name, parts) for name, parts in described.load().items()}
    found = [*({**files, **saved}).values()]
    return [widget for widget in found if user_id in (None, widget.user_id)]


def save(
    *, user_id: str, widget_type: str, widget_id: str = "", followup_questions: str = "[]"
) -> Widget:
    """Make a widget, or change one. Raises Refused, Temporary."""
    list(_questions(followup_questions))
    _, item = conditional_update(
        SERVICE,
        os.environ["WIDGETS_TABLE"],
        {"widgetId": widget_id or str(uuid.uuid4())},
        "SET #userId = :userId, #widgetType = :widgetType, "
        "#followupQuestions = :followupQuestions, #createdAt = if_not_exists(#createdAt, :now)",
        userId=user_id,
        widgetType=widget_type,
        followupQuestions=followup_questions,
        now=times.timestamp(),
    )
    return _widget(item)


def _saved() -> Iterator[Widget]:
    # A site has tens of widgets: reading all of them is one request.
    pages = aws.client("dynamodb").get_paginator("scan")
    with aws.translate_errors(SERVICE):
        for page in pages.paginate(TableName=os.environ["WIDGETS_TABLE"]):
            yield from (_widget(plain(item)) for item in page["Items"])


def _widget(item: Mapping[str, Any]) -> Widget:
    return Widget(
        widget_id=item["widgetId"],
        user_id=item.get("userId", ""),
        widget_type=item.get("widgetType", ""),
        followup_questions=item.get("followupQuestions") or "[]",
        created_at=item.get("createdAt"),
    )


def _of_file(widget_id: str, parts: described.Widget) -> Widget:
    questions = [{"id": field, "label": label} for field, label in parts.questions.items()]
    return Widget(widget_id=widget_id, followup_questions=json.dumps(questions))


def _questions(text: str) -> Iterator[Question]:
    """Read what clients save: a list of {"id", "label", "type"}. Raises Refused."""
    try:
        listed = json.loads(text) if len(text) <= LARGEST_QUESTIONS else None
        for number, each in enumerate(listed or (), start=1):
            name = str(each.get("id", number))
            field = name if name.startswith("field_") else f"field_{name}"
            kind = "boolean" if each.get("type") == "boolean" else "text"
            yield Question(field, str(each["label"]), kind)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(
            400, 'followupQuestions is not a JSON list of {"id", "label", "type"}.'
        ) from None
