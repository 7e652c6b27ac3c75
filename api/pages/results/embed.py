"""What to paste into a page or an email, with buttons that copy it."""

from xml.etree.ElementTree import Element

from api.pages.html import element
from api.pages.snippet import INSTANCE, TOOLS, page_element, snippet
from api.web import Request


def section(request: Request, widget_id: str) -> Element:
    """The snippets of a widget."""
    base = f"{'http' if is_loopback(request) else 'https'}://{request.headers.get('host', '')}"
    mails = [
        _copyable(f"Email: {tool.name}", name, snippet(base, widget_id, name))
        for name, tool in TOOLS.items()
    ]
    return element(
        "section",
        element("h2", "Put it on a page or into an email"),
        element(
            "p",
            "Replace ",
            element("code", INSTANCE),
            " by a name for what readers vote on, such as the article’s address.",
        ),
        _copyable("Web page", "page", page_element(base, widget_id)),
        element("div", mails, class_="columns"),
    )


def _copyable(title: str, name: str, text: str) -> Element:
    return element(
        "details",
        element("summary", title),
        element("label", f"HTML: {title}", for_=f"html-{name}", class_="hidden"),
        element("textarea", text, id=f"html-{name}", readonly=True, rows=5, spellcheck="false"),
        element("button", "Copy", type="button", hidden=True, data_copies=f"html-{name}"),
    )


def is_loopback(request: Request) -> bool:
    """Whether the front runs on this machine, where there is no HTTPS."""
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    return host in ("localhost", "127.0.0.1", "[::1]") or host.endswith(".localhost")
