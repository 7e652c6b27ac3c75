"""Proof of work on the vote page: api/pages/static/work.js."""

import re
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import expect

QUERIES = [
    {"voter": "reader@example.com", "instanceOfJoy": 'a "quoted" <é> 👍'},
    {"voter": "a b@example.com", "instanceOfJoy": "undefined"},
    {"voter": "*|EMAIL|*"},
    {},
]
LINKS = [
    "/short/thumbsup?voter=reader@example.com&instanceOfJoy=news",
    "/short/thumbsup?voter=a+b@example.com&instanceOfJoy=%22%C3%A9%22%20%F0%9F%91%8D",
    "/short/thumbsup",
]
HUMAN = "Object.defineProperty(navigator, 'webdriver', { get: () => false })"


def required(body: str) -> dict[str, str]:
    """What the page gives the script."""
    return {name: unescape(value) for name, value in re.findall(r' data-(\w+)="([^"]*)"', body)}


@pytest.mark.parametrize("query", QUERIES)
def test_a_form_with_a_stamp_votes_once(site: Any, solve: Any, query: dict[str, str]) -> None:
    site.set(API_PROOF_OF_WORK="8")
    page = site.call("GET", "/short/thumbsup", query)["body"]
    form = dict(re.findall(r'name="(id)" value="([^"]+)"', page))
    form["work"] = solve(required(page))
    for _ in range(2):
        answer = site.call("POST", "/short/thumbsup", query, form=form)
        assert answer["statusCode"] == 303

    assert len(site.votes) == 1


def test_without_a_stamp_a_page_says_why(site: Any) -> None:
    site.set(API_PROOF_OF_WORK="8")
    for form in ({}, {"work": ""}, {"work": "1:1"}, {"work": "\ud800".encode("utf-8", "replace")}):
        answer = site.call("POST", "/short/thumbsup", {"voter": "a"}, form=form)

        assert answer["statusCode"] == 403
        assert "Turn JavaScript on" in answer["body"]
    assert site.votes == []


def test_off_the_page_has_no_script(site: Any) -> None:
    body = site.call("GET", "/short/thumbsup")["body"]

    assert not re.search("script|work", body)


def test_the_page_with_its_script_is_light(site: Any) -> None:
    site.set(API_PROOF_OF_WORK="8")
    body = site.call("GET", "/short/thumbsup")["body"]
    loaded = re.findall(r'(?:src|href)="(/assets/[^"]+)"', body)

    assert len(loaded) == 2
    sizes = [len(site.call("GET", path)["body"].encode()) for path in loaded]
    assert len(body.encode()) + sum(sizes) < 30_000


@pytest.mark.parametrize("link", LINKS)
def test_a_tap_votes_on_the_page(open_page: Any, served: Any, link: str) -> None:
    served.set(API_PROOF_OF_WORK="12")
    page = open_page(link)
    page.get_by_role("button", name="Send my vote").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    page.go_back()
    page.get_by_role("radio", name="Not for me").check()
    page.get_by_role("button", name="Send my vote").click()
    expect(page.get_by_text("You voted: Not for me")).to_be_visible()

    assert [vote["voteType"] for vote in served.votes] == ["thumbsdown"]


def test_the_form_says_that_it_works(open_page: Any, served: Any) -> None:
    served.set(API_PROOF_OF_WORK="22")
    page = open_page(LINKS[0])
    page.get_by_role("button", name="Send my vote").dblclick()

    expect(page.locator("form")).to_have_attribute("aria-busy", "true")


def test_the_stamp_is_of_the_minute_of_the_tap(open_page: Any, served: Any) -> None:
    served.set(API_PROOF_OF_WORK="8")
    page = open_page()
    page.clock.install()
    page.goto(LINKS[0])
    page.clock.fast_forward("04:00:00")
    served.pipeline.advance(hours=4)
    page.get_by_role("button", name="Send my vote").click()
    page.clock.run_for(1_000)
    expect(page.get_by_role("heading")).to_have_text("Thank you!")

    assert len(served.votes) == 1


def test_without_javascript_the_page_says_so(open_page: Any, served: Any) -> None:
    served.set(API_PROOF_OF_WORK="8")
    page = open_page(LINKS[0], java_script_enabled=False)
    # Playwright's browser does not show it, as it only stops scripts.
    assert "Turn JavaScript on" in page.locator("form noscript").inner_html()
    page.get_by_role("button", name="Send my vote").click()
    expect(page.get_by_role("heading")).to_have_text("JavaScript is needed here")

    assert served.votes == []


def test_a_script_that_votes_works_first(open_page: Any, served: Any) -> None:
    served.set(API_PROOF_OF_WORK="8", VOTE_BY_SCRIPT="true")
    page = open_page()
    page.add_init_script(HUMAN)
    page.goto(LINKS[0])
    page.mouse.move(100, 100)
    page.mouse.move(120, 120)
    expect(page.get_by_role("heading")).to_have_text("Thank you!")

    assert len(served.votes) == 1
