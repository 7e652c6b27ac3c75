"""Pages as trees of elements, so that every text in them is escaped."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from api.pages import assets
from api.pages.language import Texts
from api.web import Response, page

Child = Element | str | int | None

# Outlines on a grid of 24 by 24; thumbs down is thumbs up, mirrored.
_THUMB = "M7 11v9H4a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1h3l4-7.5c1.6 0 2.7 1.2 2.5 2.8L13 10h5.6a2 2 0 0 1 2 2.4l-1.2 6A2 2 0 0 1 17.4 20H7"  # noqa: E501
_MIRROR = {"thumbsup": None, "thumbsdown": "matrix(1 0 0 -1 0 24)"}


def element(
    tag: str, *children: Child | Iterable[Child], **attributes: str | int | bool | None
) -> Element:
    """An element; `class_` is the attribute `class`, and `aria_label` is `aria-label`.

    An attribute that is None or False is left out, one that is True is empty.
    """
    made = Element(tag)
    for name, value in attributes.items():
        if value is not None and value is not False:
            made.set(name.strip("_").replace("_", "-"), "" if value is True else _text(value))
    for child in children:
        _append(made, child)
    return made


def _append(parent: Element, child: Child | Iterable[Child]) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif isinstance(child, str | int):
        text = _text(child)
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + text
        else:
            parent.text = (parent.text or "") + text
    elif child is not None:
        for each in child:
            _append(parent, each)


def _text(value: str | int) -> str:
    # UTF-8 cannot encode half of a cut emoji.
    return str(value).encode("utf-8", "replace").decode()


def html_of(made: Element) -> str:
    """The element as text."""
    return tostring(made, encoding="unicode", method="html")


def thumb(vote_type: str) -> Element:
    """The icon of a vote, hidden from screen readers: say in words beside it what it means."""
    path = element("path", d=_THUMB, transform=_MIRROR[vote_type])
    return element("svg", path, viewBox="0 0 24 24", class_="icon", aria_hidden="true")


def document(
    texts: Texts,
    title: str,
    *children: Child | Iterable[Child],
    status: int = 200,
    styles: Iterable[str] = ("style.css",),
    scripts: Iterable[str] = (),
    class_: str | None = None,
) -> Response:
    """A whole page. `children` are its main part; the footer links to the privacy page."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        # Without it, browsers request /favicon.ico.
        element("link", rel="icon", href="data:,"),
        [element("link", rel="stylesheet", href=assets.address(name)) for name in styles],
        [element("script", src=assets.address(name), type="module") for name in scripts],
    )
    footer = element("footer", element("a", texts["privacy.link"], href="/privacy"))
    body = element("body", element("main", *children, id="main"), footer, class_=class_)
    whole = element("html", head, body, lang=texts.language)
    return page("<!doctype html>\n" + html_of(whole), status)
