"""The front behind a real web server on this machine, and a widget with three questions."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from playwright.sync_api import Browser, Page

from votepipe.model.attributes import unmarshal
from votepipe.testing import Pipeline

OWNERS_KEY = "the-owners-key"
QUESTIONS = [
    {"id": 1, "label": "What would make this better?", "type": "text"},
    {"id": 2, "label": "Would you recommend it to a friend?", "type": "boolean"},
    {"id": 3, "label": "What should we write about next?", "type": "text"},
]
READER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
PHONE = {"width": 390, "height": 760}
SHOTS = Path(".votepipe/screens/front")
RULES = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run({ runOnly: tags });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}"""


class Form(HTMLParser):
    """What a browser without scripts sends for the first form of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.forms = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.forms += tag == "form"
        chosen = given.get("type") != "radio" or "checked" in given
        if tag == "input" and self.forms == 1 and chosen and (name := given.get("name")):
            self.fields[name] = given.get("value") or ""


class Site:
    """The front of a pipeline; its requests are calls of the function, one at a time."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.url = ""
        self._one = threading.Lock()
        self._calls = count(1)

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | str = "",
        form: Mapping[str, str] | None = None,
        body: str = "",
        address: str = "",
        **headers: str,
    ) -> dict[str, Any]:
        """Call the function as an HTTP API does; `user_agent` is the header user-agent."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = given.pop("cookie", "")
        # One that votes on and on is stopped: these are many.
        address = address or f"2001:db8::{next(self._calls):x}"
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query if isinstance(query, str) else urlencode(query),
            "headers": {"user-agent": READER, "host": "votes.example", **given},
            "cookies": cookies.split("; ") if cookies else [],
            "requestContext": {"http": {"method": method, "sourceIp": address}},
            "body": body or urlencode(form or {}),
            "isBase64Encoded": False,
        }
        with self._one:
            answer: dict[str, Any] = self.pipeline.invoke("ApiFunction", event)
        return answer

    def submit(self, path: str, query: Mapping[str, str] | str = "", **form: str) -> dict[str, Any]:
        """Open a page and send its form, filled in like this; returns the page that follows."""
        page = self.call("GET", path, query)
        assert page["statusCode"] == 200, page
        answer = self.call("POST", path, query, form={**Form(page["body"]).fields, **form})
        if answer["statusCode"] != 303:
            return answer
        path, _, query = answer["headers"]["location"].partition("?")
        return {**self.call("GET", unquote(path), query), "path": unquote(path), "query": query}

    def save_widget(self, widget: str, questions: Any = QUESTIONS) -> None:
        """Save a widget as its owner does."""
        mutation = (
            "mutation ($id: String!, $q: String!) { saveWidget("
            'widgetType: "article", userId: "me", widgetId: $id, followupQuestions: $q'
            ") { widgetId } }"
        )
        variables = {"id": widget, "q": json.dumps(questions)}
        body = json.dumps({"query": mutation, "variables": variables})
        answer = self.call("POST", "/graphql", body=body, authorization=f"Bearer {OWNERS_KEY}")
        assert "errors" not in answer["body"], answer

    def set(self, **environment: str) -> None:
        """Set variables of the function, as a deployment does."""
        self.pipeline.models.functions["ApiFunction"].environment.update(environment)
        self.pipeline.restart()

    @property
    def votes(self) -> list[dict[str, Any]]:
        """What is in the votes table."""
        items = self.pipeline.items("VotesTable")
        return [{name: unmarshal(value) for name, value in item.items()} for item in items]

    @property
    def log(self) -> list[dict[str, Any]]:
        """What the function logged."""
        return self.pipeline.lines("ApiFunction")


def adapter(site: Site) -> type[BaseHTTPRequestHandler]:
    """Turns HTTP into the events of an HTTP API, and answers back."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = site.call(self.command, path, query, body=body, **headers)
            sent = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            for cookie in answer["cookies"]:
                self.send_header("set-cookie", cookie)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_HEAD = do_POST = do_OPTIONS = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    """The front, whose owner has a key, with the widgets `blog` and `short`."""
    with Pipeline(parameters={"ApiEnabled": "true"}, sinks=["settle", "tally", "slack"]) as made:
        arn = made.models.functions["ApiFunction"].environment["API_SECRET_ARN"]
        keys = {"owner_key": OWNERS_KEY, "vote_key": "v" * 48}
        made.models.secrets.values[arn] = json.dumps(keys)
        site = Site(made)
        site.save_widget("blog")
        site.save_widget("short", [])
        yield site


@pytest.fixture
def served(site: Site) -> Iterator[Site]:
    """The front on a port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), adapter(site)) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def open_page(browser: Browser, served: Site) -> Iterator[Callable[..., Page]]:
    """Open pages as a phone; what their scripts and policies complain of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "", **options: Any) -> Page:
        chosen = {"viewport": PHONE, "device_scale_factor": 2, "user_agent": READER, **options}
        context = browser.new_context(base_url=served.url, **chosen)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        if path:
            page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # Chromium complains of a refusal or a lost network that a test asked for, too.
    assert [each for each in complaints if not each.startswith("Failed to load resource")] == []


@pytest.fixture(scope="session")
def axe(node_modules: Path) -> str:
    """The script of axe-core."""
    return (node_modules / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def looks_right(axe: str) -> Callable[..., None]:
    """Hold a page to WCAG 2.2 AA, light and dark, and keep what it looks like.

    `picture` is what docs/ calls the top of it, as far as the screen shows it.
    """

    def looks_right(page: Page, name: str, picture: str = "") -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)
            if picture and scheme == "light":
                page.evaluate("scrollTo(0, 0)")
                page.screenshot(path=SHOTS / picture)
            page.evaluate(axe)
            found = page.evaluate(RULES)
            assert found == [], f"{name}, {scheme}: {found}"
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} is {wide} px wider than the screen."

    return looks_right
