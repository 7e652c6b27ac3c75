"""Pages of a few sentences: what went wrong, and what is stored."""

from api.pages.html import document, element
from api.pages.language import Texts
from api.web import Refused, Response

_KNOWN = (400, 403, 404, 405, 409, 413, 429, 503)


def refusal(texts: Texts, refused: Refused) -> Response:
    """A refusal as a page: the fact, and the next step."""
    kind = refused.status if refused.status in _KNOWN else 400
    title = texts[f"refused.{kind}-title"]
    return document(
        texts,
        title,
        element("h1", title),
        element("p", texts[f"refused.{kind}-text"]),
        status=refused.status,
        class_="plain",
    )


def privacy(texts: Texts) -> Response:
    """What is stored about a reader, for how long, and whom to ask."""
    title = texts["privacy.title"]
    parts = [
        [element("h2", texts[f"privacy.{part}-title"]), element("p", texts[f"privacy.{part}"])]
        for part in ("what", "where", "how-long", "whom")
    ]
    return document(texts, title, element("h1", title), *parts, class_="plain")
