"""Name the article that a vote is about, and where it is.

Both come from widgets.toml, nothing is fetched: an article's title and url, else the widget's
address with the instance in it. Where neither is known, nothing is added.
"""

from urllib.parse import quote

from votepipe import Vote, enricher
from votepipe.model import widgets

WIDGETS = widgets.load()
UNKNOWN = widgets.Article()
LONGEST_URL = 2000  # signs; browsers and chat tools cut off or refuse longer ones


def address(widget: widgets.Widget, instance: str) -> str | None:
    """The widget's address with the instance in it; none where that would lead elsewhere."""
    if widget.address is None or {".", ".."} & set(instance.split("/")):
        return None
    url = widget.address.replace("{instance}", quote(instance, safe="/"))
    return url if len(url) <= LONGEST_URL else None


@enricher(
    adds={
        "type": "object",
        "properties": {
            "title": {"description": "What people call it.", "type": "string"},
            "url": {
                "description": "Where it is, on http or https.",
                "type": "string",
                "pattern": "^https?://",
            },
        },
        "minProperties": 1,
        "additionalProperties": False,
    }
)
def enrich(vote: Vote) -> dict[str, str] | None:
    widget = WIDGETS.get(vote.widget_id, widgets.UNKNOWN)
    if vote.instance_of_joy is None:
        return None
    known = widget.articles.get(vote.instance_of_joy, UNKNOWN)
    facts = {"title": known.title, "url": known.url or address(widget, vote.instance_of_joy)}
    return {name: fact for name, fact in facts.items() if fact} or None
