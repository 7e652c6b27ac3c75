"""The page that the link in an email opens. Opening it stores nothing."""

import os
import uuid
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import Element

from api import votes, widgets, work
from api.pages.html import document, element, thumb
from api.pages.language import Texts, texts_for
from api.pages.vote import visits
from api.web import Request, Response, redirect
from votepipe.model import stored
from votepipe.model import widgets as described

VOTE_TYPES = ("thumbsup", "thumbsdown")


def answer(request: Request, widget: str, vote_type: str) -> Response:
    """The choice on GET; the vote on POST. Raises Refused, Temporary."""
    widgets.find(widget)
    if request.method == "POST":
        return _cast(request, widget, vote_type)
    visits.note(request)
    texts = texts_for(request)
    by_script = os.environ.get("VOTE_BY_SCRIPT", "").lower() == "true"
    title = _title(widget, request.query.get("instanceOfJoy", ""))
    question = texts.fill("vote.question-about", title=title) if title else texts["vote.question"]
    scripts = {"work.js": work.bits() > 0, "vote.js": by_script}
    page = document(
        texts,
        texts["vote.title"],
        element("h1", question),
        _form(request, texts, widget, vote_type, by_script),
        scripts=[name for name, wanted in scripts.items() if wanted],
    )
    # Shown again from the cache, it has the same id, so voting again is the same vote.
    kept = {"cache-control": "private, max-age=3600", "vary": "accept-language"}
    return Response(body=page.body, headers={**page.headers, **kept})


def _cast(request: Request, widget: str, vote_type: str) -> Response:
    form = request.form()
    chosen = form.get("vote", vote_type)
    vote = votes.cast(
        widget,
        chosen if chosen in VOTE_TYPES else vote_type,
        instance=request.query.get("instanceOfJoy", ""),
        voter=_voter(request),
        vote_id=form.get("id", ""),
        stamp=form.get("work", ""),
    )
    return redirect(f"/{quote(widget, safe='')}/votes/{quote(vote['voteId'], safe='')}")


def _voter(request: Request) -> str:
    voter = request.query.get("voter", "")
    # Mail tools do not quote the address in a link, where `+` means a space.
    return voter.replace(" ", "+") if "@" in voter else voter


def _title(widget: str, instance: str) -> str:
    # Only a title that the site wrote: anybody can put words into a link.
    article = described.load().get(widget, described.UNKNOWN).articles.get(instance)
    return (article and article.title) or ""


def _form(request: Request, texts: Texts, widget: str, vote_type: str, by_script: bool) -> Element:
    choices = [
        element(
            "label",
            element("input", type="radio", name="vote", value=each, checked=each == vote_type),
            element("span", thumb(each), texts[f"vote.{each}"], class_="choice"),
        )
        for each in VOTE_TYPES
    ]
    # A POST drops its own address from the browser's cache, but this page, with its id, must stay.
    action = f"?{urlencode({**request.query, 'send': ''})}"
    return element(
        "form",
        element(
            "fieldset", element("legend", texts["vote.choose"], class_="hidden"), choices,
            class_="choices",
        ),
        _hidden(request, texts, widget),
        element("button", texts["vote.send"], class_="main"),
        element("p", texts["vote.by-script"], class_="hint") if by_script else None,
        method="post",
        action=action,
        id="vote",
    )  # fmt: skip


def _hidden(request: Request, texts: Texts, widget: str) -> list[Element]:
    """The id of a reader without a name, and what `work.js` turns into a stamp."""
    voter, new_id = _voter(request), str(uuid.uuid4())
    fields = []
    if stored.is_unknown(voter):
        voter = new_id
        fields.append(element("input", type="hidden", name="id", value=new_id))
    if work.bits():
        required = work.required(widget, request.query.get("instanceOfJoy", ""), voter)
        facts = {f"data_{name}": value for name, value in required.items()}
        fields.append(element("input", type="hidden", name="work", **facts))
        fields.append(element("noscript", element("p", texts["vote.needs-script"])))
    return fields
