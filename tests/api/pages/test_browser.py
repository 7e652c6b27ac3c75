"""A reader's pages in a real browser, on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.pages.snippet import snippet

LINK = "/blog/thumbsup?voter=reader@example.com&instanceOfJoy=news"
# A script that a mail scanner runs says that it is one.
HUMAN = "Object.defineProperty(navigator, 'webdriver', { get: () => false })"

Open = Callable[..., Page]
LooksRight = Callable[..., None]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_vote_with_three_answers(open_page: Open, served: Any, scripts: bool) -> None:
    page = open_page(LINK, java_script_enabled=scripts)
    assert served.votes == []
    page.get_by_role("button", name="Send my vote").click()
    page.get_by_label("What would make this better?").fill("More of this")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Yes").click()
    page.get_by_label("What should we write about next?").fill("Queues")
    page.get_by_role("button", name="Send and finish").click()

    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    (vote,) = served.votes
    assert (vote["voteType"], vote["complete"]) == ("thumbsup", True)
    assert vote["answers"] == '{"field_1": "More of this", "field_2": true, "field_3": "Queues"}'


def test_a_change_of_mind_before_and_after(open_page: Open, served: Any) -> None:
    page = open_page(LINK)
    page.get_by_role("radio", name="Not for me").check()
    page.get_by_role("button", name="Send my vote").click()
    expect(page.get_by_text("You voted: Not for me")).to_be_visible()
    page.get_by_role("button", name="Change to “I liked it”").click()
    expect(page.get_by_text("You voted: I liked it")).to_be_visible()

    assert [vote["voteType"] for vote in served.votes] == ["thumbsup"]


def test_everything_goes_by_keyboard(open_page: Open, served: Any) -> None:
    page = open_page(LINK)
    for key in ("Tab", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("Question 1 of 3")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    for key in ("Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("Question 2 of 3")).to_be_visible()

    (vote,) = served.votes
    assert (vote["voteType"], vote["answers"]) == ("thumbsdown", '{"field_1": "By keyboard"}')


def test_going_back_and_voting_again_is_the_same_vote(open_page: Open, served: Any) -> None:
    page = open_page("/short/thumbsup")
    for _ in range(2):
        page.get_by_role("button", name="Send my vote").click()
        expect(page.get_by_role("heading")).to_have_text("Thank you!")
        page.go_back()

    assert len(served.votes) == 1


def test_every_page_of_a_reader_looks_right(
    open_page: Open, served: Any, looks_right: LooksRight
) -> None:
    page = open_page(LINK)
    looks_right(page, "vote")
    page.get_by_role("button", name="Send my vote").click()
    looks_right(page, "question", "front-question.png")
    page.get_by_role("button", name="Skip").click()
    looks_right(page, "yes-or-no")
    page.get_by_role("button", name="I’m done").click()
    looks_right(page, "thanks")
    page.get_by_role("link", name="What is stored about me?").click()
    looks_right(page, "privacy")
    page.goto("/nowhere/thumbsup")
    looks_right(page, "refused")


@pytest.mark.parametrize("width", [320, 1280])
def test_pages_fit_any_screen(open_page: Open, served: Any, width: int) -> None:
    served.save_widget("long", [{"label": "x" * 300}])
    page = open_page("/long/thumbsup?voter=a", viewport={"width": width, "height": 600})
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.locator("button.main").click()


def test_a_script_votes_for_who_is_there(open_page: Open, served: Any) -> None:
    served.set(VOTE_BY_SCRIPT="true")
    page = open_page()
    page.add_init_script(HUMAN)
    page.goto(LINK)
    expect(page.get_by_text("Your vote is sent as you look around")).to_be_visible()
    page.mouse.move(100, 100)
    page.mouse.move(120, 120)
    expect(page.get_by_text("Question 1 of 3")).to_be_visible()

    assert [vote["voteType"] for vote in served.votes] == ["thumbsup"]


@pytest.mark.parametrize("interacts", [True, False])
def test_a_script_votes_for_no_scanner(open_page: Open, served: Any, interacts: bool) -> None:
    served.set(VOTE_BY_SCRIPT="true")
    page = open_page()
    page.clock.install()
    if not interacts:
        page.add_init_script(HUMAN)
    page.goto(LINK)
    if interacts:
        page.mouse.move(100, 100)
        page.mouse.move(120, 120)
    page.evaluate("dispatchEvent(new PointerEvent('pointermove'))")
    page.clock.run_for(60_000)

    expect(page.get_by_role("button", name="Send my vote")).to_be_visible()
    assert served.votes == []


def test_an_email_looks_right_and_its_links_vote(
    open_page: Open, served: Any, looks_right: LooksRight
) -> None:
    mail = snippet(served.url, "blog", "kit").replace(
        "{{ subscriber.email_address }}", "a+b@example.com"
    )
    page = open_page()
    title = "<title>An email</title><main><h1>News</h1>"
    page.set_content(f'<!doctype html><html lang="en">{title}{mail}</main>')
    looks_right(page, "email")
    page.get_by_role("link", name="Not for me").click()
    page.get_by_role("button", name="Send my vote").click()
    expect(page.get_by_text("Question 1 of 3")).to_be_visible()

    (vote,) = served.votes
    assert (vote["voteType"], vote["voter"]) == ("thumbsdown", "a+b@example.com")
