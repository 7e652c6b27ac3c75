"""The pages: a reader's vote and its questions, the owner's results, and the widget's files."""

import dataclasses
import re

from api import throttle
from api.pages import assets, plain, vote
from api.pages.language import texts_for
from api.web import Refused, Request, Response
from votepipe.aws.logs import log
from votepipe.model.errors import DeliveryError

_VOTE = re.compile(r"/(?P<widget>.+)/(?P<vote_type>thumbsup|thumbsdown)")
_CAST = re.compile(r"/(?P<widget>.+)/votes/(?P<vote_id>[^/]+)")


def answer(request: Request) -> Response:
    """Answer with a page; a refusal is a page, too."""
    try:
        throttle.check(request)
        response = _answer(request)
    except Refused as refused:
        response = plain.refusal(texts_for(request), refused)
    except DeliveryError as error:
        log("request failed", level="ERROR", why=str(error))
        response = plain.refusal(texts_for(request), Refused(503, str(error)))
    return dataclasses.replace(response, body="") if request.method == "HEAD" else response


def _answer(request: Request) -> Response:
    if request.method not in ("GET", "HEAD", "POST"):
        raise Refused(405, "Use GET or POST.")
    path = request.path
    if path == "/results" or path.startswith("/results/"):
        # Imported late, as readers do not need it.
        from api.pages import results

        return results.answer(request)
    if path == "/privacy":
        return plain.privacy(texts_for(request))
    if path == "/widget.js" or path.startswith("/assets/"):
        return assets.serve(path.rpartition("/")[2])
    if found := _VOTE.fullmatch(path):
        return vote.answer(request, **found.groupdict())
    if found := _CAST.fullmatch(path):
        return vote.follow_up(request, **found.groupdict())
    raise Refused(404, "There is no such page.")
