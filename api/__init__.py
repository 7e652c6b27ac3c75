"""The front: what readers click, answer and see, behind an HTTP API.

`/graphql` is for programs, `/{widgetId}/{thumbsup|thumbsdown}` for readers, `/results` for the
owner. A GET never casts a vote: mail scanners and link previews open every link.
"""

from typing import Any

from api import pages, throttle, work
from api.web import Refused, Request, Response, data
from votepipe.aws.logs import log
from votepipe.model.errors import DeliveryError

# Any page may call this: the cookie is for results alone, and the owner's key comes as a header.
_CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": f"authorization, content-type, {work.HEADER}",
    "access-control-max-age": "86400",
}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a request of an HTTP API, in payload format 2.0."""
    request = Request.of(event)
    response = _graphql(request) if request.path == "/graphql" else pages.answer(request)
    return response.payload()


def _graphql(request: Request) -> Response:
    """Answer a program; pages of other origins may read the answer, errors included."""
    if request.method == "OPTIONS":
        return Response(status=204, headers=_CORS)
    # Imported late, as pages do not need GraphQL's library.
    from api import graphql

    try:
        throttle.check(request)
        response = graphql.answer(request)
    except Refused as refused:
        response = _error(str(refused), refused.status)
    except DeliveryError as error:
        log("request failed", level="ERROR", why=str(error))
        response = _error("Votes cannot be stored now. Try again.", 503)
    return Response(
        status=response.status, body=response.body, headers={**response.headers, **_CORS}
    )


def _error(why: str, status: int) -> Response:
    return data({"errors": [{"message": why, "extensions": {"status": status}}]}, status)
