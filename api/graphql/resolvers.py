"""The resolvers of the schema's fields. They raise Refused, Temporary, Undeliverable."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from graphql import GraphQLResolveInfo

from api import owner, results, votes, widgets, work
from api.web import Refused, Request
from api.widgets import Widget

Facts = dict[str, Any]
Info = GraphQLResolveInfo[Request]
Counted = Callable[[], Mapping[str, list[results.Article]]]


def widget(_: None, info: Info, user_id: str, widget_id: str) -> Facts:
    """One widget. The user's id is not compared, as older clients do not know it."""
    return _facts(widgets.find(widget_id))


def all_widget(_: None, info: Info, user_id: str | None = None) -> list[Facts]:
    """Every widget, or a user's."""
    counted = cache(results.by_widget)  # one read for all of them
    return [_facts(each, counted) for each in widgets.everyone(user_id)]


def save_widget(_: None, info: Info, **given: str | None) -> Facts:
    """Make or change a widget."""
    owner.check(info.context)
    return _facts(
        widgets.save(
            user_id=given["user_id"] or "",
            widget_type=given["widget_type"] or "",
            widget_id=given.get("widget_id") or "",
            followup_questions=given.get("followup_questions") or "[]",
        )
    )


def widget_vote(
    _: None,
    info: Info,
    user_id: str,
    widget_id: str,
    thumbsup: bool | None = None,
    thumbsdown: bool | None = None,
    voter: str | None = None,
    instance_of_joy: str | None = None,
    vote_id: str | None = None,
) -> Facts:
    """Cast a vote, or change it."""
    if bool(thumbsup) == bool(thumbsdown):
        raise Refused(400, "Give one of 'thumbsup' and 'thumbsdown' as true.")
    of_widget = widgets.find(widget_id)
    vote_type = "thumbsup" if thumbsup else "thumbsdown"
    vote = votes.cast(
        widget_id,
        vote_type,
        instance=instance_of_joy or "",
        voter=voter or "",
        vote_id=vote_id or "",
        stamp=info.context.headers.get(work.HEADER, ""),
    )
    return _facts(of_widget) | _vote(vote)


def save_feedback(
    _: None,
    info: Info,
    widget_id: str,
    vote_id: str,
    vote_type: str,
    answers: str,
    created_at: str | None = None,
    instance_of_joy: str | None = None,
) -> Facts:
    """Add answers to a vote; its time and its instance do not change."""
    try:
        given = json.loads(answers)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Refused(400, "'answers' is not a JSON object, by field.")
    return _vote(votes.answer(widget_id, vote_id, given, vote_type))


def complete_vote(_: None, info: Info, widget_id: str, vote_id: str) -> Facts:
    """Record that the reader is done."""
    return _vote(votes.complete(widget_id, vote_id))


def results_of(_: None, info: Info, widget_id: str) -> Facts:
    """A widget's results, for its owner."""
    owner.check(info.context)
    found = results.articles(widgets.find(widget_id).widget_id)
    instances = [
        {**asdict(each), "instanceOfJoy": each.instance}
        | {"thumbsup": each.up, "thumbsdown": each.down}
        for each in found
    ]
    return {
        "widgetId": widget_id,
        "thumbsup": sum(each.up for each in found),
        "thumbsdown": sum(each.down for each in found),
        "instances": instances,
    }


def page_of_votes(parent: Facts, info: Info, after: str | None = None) -> Facts:
    """A page of a widget's votes, and where the next one begins."""
    found, following = results.page(parent["widgetId"], after)
    return {"votes": [_vote(vote) for vote in found], "next": following}


def _facts(of_widget: Widget, counted: Counted | None = None) -> Facts:
    return {
        "counted": counted or cache(results.by_widget),
        "userId": of_widget.user_id,
        "widgetId": of_widget.widget_id,
        "widgetType": of_widget.widget_type,
        "createdAt": of_widget.created_at,
        "followupQuestions": of_widget.followup_questions,
    }


def _vote(vote: Mapping[str, Any]) -> Facts:
    answers = json.dumps(vote.get("answers", {}), ensure_ascii=False)
    return {"complete": False, "createdAt": None, **vote, "answers": answers}


def _counts(parent: Facts) -> list[results.Article]:
    return [*parent["counted"]().get(parent["widgetId"], [])]


# Counts are read only where a client asks for them.
_COUNTS: dict[str, Callable[[Facts, Info], int]] = {
    "thumbsup": lambda parent, _: sum(each.up for each in _counts(parent)),
    "thumbsdown": lambda parent, _: sum(each.down for each in _counts(parent)),
}

RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {"widget": widget, "allWidget": all_widget, "results": results_of},
    "Mutation": {
        "saveWidget": save_widget,
        "widgetVote": widget_vote,
        "saveFeedback": save_feedback,
        "completeVote": complete_vote,
    },
    "Widget": _COUNTS,
    "VoteResult": _COUNTS,
    "Results": {"votes": page_of_votes},
}
