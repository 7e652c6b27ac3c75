"""What all pages of results have in common."""

from xml.etree.ElementTree import Element

from api.pages.html import Child, document, element
from api.pages.language import FALLBACK, languages
from api.web import Response


def frame(title: str, *children: Child) -> Response:
    """A page of results."""
    sign_out = element(
        "form", element("button", "Sign out", class_="quiet"), method="post", action="/results"
    )
    return document(
        languages()[FALLBACK],
        f"{title} · Results",
        element("header", element("h1", title), sign_out),
        *children,
        styles=["style.css", "results.css"],
        scripts=["results.js"],
        class_="wide",
    )


def search(asked: str, what: str, **hidden: str) -> Element:
    """A form that searches the page it is on."""
    return element(
        "form",
        [element("input", type="hidden", name=name, value=hidden[name]) for name in hidden],
        element("label", f"Search {what}", for_="search", class_="hidden"),
        element("input", type="search", name="search", id="search", value=asked,
                placeholder=f"Search {what}"),
        element("button", "Search"),
        role="search",
        class_="search",
    )  # fmt: skip


def table(caption: str, headings: list[str], rows: list[Element]) -> Element:
    """A table that scrolls on narrow screens; its first column names the row."""
    numbers = ["number" if name in ("Up", "Down", "Answers") else None for name in headings]
    head = [
        element("th", name, scope="col", class_=kind)
        for name, kind in zip(headings, numbers, strict=True)
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption, class_="hidden"),
            element("thead", element("tr", head)),
            element("tbody", rows),
        ),
        class_="scrolls",
        role="region",
        aria_label=caption,
        tabindex=0,
    )
