"""Every widget with its counts."""

from urllib.parse import quote

from api import results, widgets
from api.pages.html import element
from api.pages.results import ratio
from api.pages.results.frame import frame, search, table
from api.web import Request, Response


def show(request: Request) -> Response:
    """The list of widgets. Raises Temporary."""
    asked = request.query.get("search", "").strip()
    names = sorted(each.widget_id for each in widgets.everyone())
    counted = results.by_widget()
    rows = []
    for name in names:
        if asked.casefold() not in name.casefold():
            continue
        articles = counted.get(name, [])
        link = element("a", name, href=f"/results/{quote(name, safe='')}")
        up, down = sum(each.up for each in articles), sum(each.down for each in articles)
        answered = element("td", sum(each.answered for each in articles), class_="number")
        rows.append(
            element("tr", element("th", link, scope="row"), ratio.cells(up, down), answered)
        )
    headings = ["Widget", "Up", "Down", "Liked it (95 % interval)", "Answers"]
    none = (
        "No widget has this name." if names else "There are no widgets yet: saveWidget makes one."
    )
    return frame(
        "Your widgets",
        search(asked, "widgets"),
        element(
            "section",
            table("Widgets", headings, rows) if rows else element("p", none),
            id="live",
        ),
    )
