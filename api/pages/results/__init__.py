"""The owner's pages: every widget, and what readers think of each."""

from api import owner
from api.pages.html import document, element
from api.pages.language import FALLBACK, languages
from api.pages.results import export, overview, widget
from api.pages.results.embed import is_loopback
from api.web import Refused, Request, Response, redirect

_HOURS = 12
_ROOT = "/results"


def answer(request: Request) -> Response:
    """A page of results, or the form that asks for the key. Raises Refused, Temporary."""
    if request.method == "POST":
        return _sign(request)
    try:
        owner.check(request)
    except Refused as refused:
        return _ask(refused.status, "")
    name = request.path.removeprefix(_ROOT).strip("/")
    if not name:
        return overview.show(request)
    if request.query.get("format") == "csv":
        return export.show(request, name)
    return widget.show(request, name)


def _sign(request: Request) -> Response:
    """Sign in or out."""
    form = request.form()
    if "key" not in form:
        return _to_results(request, "", 0)
    key = form["key"].strip()
    if not owner.is_key(key):
        return _ask(401, "This is not the owner's key. To see it, run: votepipe owner-key")
    return _to_results(request, key, _HOURS * 3600)


def _to_results(request: Request, key: str, seconds: int) -> Response:
    """Go to the results, with this key in the cookie for as long as given."""
    facts = [f"{owner.COOKIE}={key}", f"Path={_ROOT}", f"Max-Age={seconds}"]
    facts += ["HttpOnly", "SameSite=Strict", *([] if is_loopback(request) else ["Secure"])]
    location = redirect(_ROOT)
    return Response(status=location.status, headers=location.headers, cookies=("; ".join(facts),))


def _ask(status: int, why: str) -> Response:
    return document(
        languages()[FALLBACK],
        "Sign in · Results",
        element("h1", "Results"),
        element("p", why, role="alert", id="why", class_="wrong") if why else None,
        element(
            "form",
            # Password managers file a password under a user name.
            element("input", name="user", value="owner", autocomplete="username", hidden=True),
            element("label", "The owner’s key", for_="key"),
            element(
                "input",
                type="password",
                name="key",
                id="key",
                required=True,
                autocomplete="current-password",
                aria_describedby="why" if why else None,
            ),
            element("button", "Sign in", class_="main"),
            method="post",
            action=_ROOT,
        ),
        status=status,
    )
