"""api/pages/static/widget.js on a page of another origin, in a real browser."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
PAGE = """<!doctype html><html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A blog</title><style>:root {{ color-scheme: light dark; font-family: sans-serif }}</style>
<main><h1>An article</h1><p>It is short.</p>
<votepipe-widget widget="{widget}" instance="news"></votepipe-widget></main>
<script src="{front}/widget.js" defer></script></html>"""


@pytest.fixture
def blog(served: Any) -> Iterator[Callable[..., str]]:
    """The address of a page on another origin, with a widget on it."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = pages.get(self.path, "").encode()
            self.send_response(200 if sent else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(sent)))
            # As strict as a page can be that has the widget at all; its own style is inline.
            front = served.url
            policy = f"script-src {front}; connect-src {front}; style-src 'unsafe-inline'"
            self.send_header("content-security-policy", f"default-src 'none'; {policy}")
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()

        def address(widget: str = "blog", lang: str = "en") -> str:
            path = f"/{widget}-{lang}"
            pages[path] = PAGE.format(widget=widget, lang=lang, front=served.url)
            return f"http://127.0.0.1:{server.server_port}{path}"

        yield address
        server.shutdown()
        thread.join()


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_a_vote_with_three_answers(
    open_page: Open, served: Any, blog: Any, eventually: Any
) -> None:
    page = open_page(blog())
    button(page, "👍 Yes").click()
    page.get_by_role("textbox", name="What would make this better?").fill('More "of" this\n👍')
    button(page, "Send").click()
    button(page, "No").click()
    button(page, "Skip").click()
    expect(page.get_by_role("status")).to_have_text("Thank you!")
    eventually(lambda: served.votes and served.votes[0].get("complete"))

    (vote,) = served.votes
    assert (vote["voteType"], vote["instanceOfJoy"]) == ("thumbsup", "news")
    assert json.loads(vote["answers"]) == {"field_1": 'More "of" this\n👍', "field_2": False}


def test_a_vote_is_remembered_and_can_be_changed(
    open_page: Open, served: Any, blog: Any, eventually: Any
) -> None:
    page = open_page(blog())
    button(page, "👍 Yes").click()
    eventually(lambda: served.votes)
    page.reload()
    expect(button(page, "👍 Yes")).to_have_attribute("aria-pressed", "true")
    button(page, "👎 No").click()
    eventually(lambda: served.votes[0]["voteType"] == "thumbsdown")
    button(page, "👎 No").click()

    assert len(served.votes) == 1


def test_what_happens_offline_arrives_later(
    open_page: Open, served: Any, blog: Any, eventually: Any
) -> None:
    page = open_page(blog())
    button(page, "👍 Yes").click()
    expect(page.get_by_role("textbox")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("textbox").fill("Written in a tunnel")
    button(page, "Send").click()
    expect(page.get_by_role("status")).to_have_text("Offline. It is sent later.")
    button(page, "👎 No").click()
    page.context.set_offline(False)
    eventually(lambda: served.votes[0]["voteType"] == "thumbsdown")
    expect(page.get_by_role("status")).to_have_text("Thank you!")

    (vote,) = served.votes
    assert json.loads(vote["answers"]) == {"field_1": "Written in a tunnel"}


def test_a_vote_whose_answer_was_lost_is_the_same_vote(
    open_page: Open, served: Any, blog: Any, eventually: Any
) -> None:
    page = open_page(blog())
    lost: list[str] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().text())
            route.abort()

    page.route("**/graphql", lose)
    button(page, "👍 Yes").click()
    expect(page.get_by_role("status")).to_have_text("Offline. It is sent later.")
    page.reload()
    expect(page.get_by_role("textbox")).to_be_visible()

    assert lost
    assert len(served.votes) == 1


def test_an_unknown_widget_says_so(open_page: Open, served: Any, blog: Any) -> None:
    page = open_page(blog("nowhere"))
    button(page, "👍 Yes").click()

    expect(page.get_by_role("status")).to_have_text("This cannot be stored.")
    assert served.votes == []


def test_it_goes_by_keyboard_in_the_pages_language(
    open_page: Open, served: Any, blog: Any, eventually: Any
) -> None:
    page = open_page(blog(lang="sl-SI"))
    expect(page.get_by_text("Vam je to pomagalo?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_be_visible()
    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("S tipkami")
    for key in ("Tab", "Enter"):
        page.keyboard.press(key)
    expect(button(page, "Da")).to_be_focused()
    eventually(lambda: "S tipkami" in str(served.votes))


@pytest.mark.parametrize("by_id", [True, False])
def test_the_widget_works_on_another_origin(
    open_page: Any, served: Any, blog: Any, eventually: Any, by_id: bool
) -> None:
    served.set(API_PROOF_OF_WORK="12")
    page = open_page(blog())
    if not by_id:
        page.evaluate("document.querySelector('votepipe-widget').setAttribute('voter', 'é \"a\"')")
    button(page, "👍 Yes").click()
    button(page, "Skip").click()
    button(page, "👎 No").click()
    eventually(lambda: served.votes and served.votes[0]["voteType"] == "thumbsdown")
    expect(page.get_by_role("status")).to_have_text("Thank you!")

    assert len(served.votes) == 1
    assert ("voter" in served.votes[0]) != by_id


def test_it_looks_right(open_page: Open, served: Any, blog: Any, looks_right: Any) -> None:
    page = open_page(blog())
    looks_right(page, "widget")
    button(page, "👍 Yes").click()
    expect(page.get_by_role("textbox")).to_be_visible()
    looks_right(page, "widget-question")


def test_it_is_small_and_any_page_may_load_it(site: Any) -> None:
    for path in ("/widget.js", "/assets/widget.js"):
        answer = site.call("GET", path)

        assert len(answer["body"].encode()) < 6_000
        assert answer["headers"]["content-type"] == "text/javascript; charset=utf-8"
        assert answer["headers"]["access-control-allow-origin"] == "*"
        assert answer["headers"]["cache-control"] == "public, max-age=3600"
