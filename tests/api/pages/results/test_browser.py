"""The results in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Open = Callable[..., Page]
DESK = {"width": 1100, "height": 1100}


@pytest.fixture
def signed_in(open_page: Open, served: Any) -> Page:
    """The list of widgets, after signing in; some votes have settled."""
    for number in range(30):
        vote = {
            "widgetId": "blog",
            "voteId": f"v-{number}",
            "voteType": "thumbsdown" if number % 4 == 0 else "thumbsup",
            "instanceOfJoy": ("streams", "queues", "https://blog.example.com/a-post")[number % 3],
            "voter": f"reader{number % 7}@example.com",
            "createdAt": f"2025-12-{1 + number * number % 29:02d}T10:00:00Z",
            "answers": {"field_1": "More diagrams, please.", "field_2": number % 3 > 0},
        }
        served.pipeline.put(vote)
    served.pipeline.run_until_idle()
    page = open_page("/results", viewport=DESK, device_scale_factor=1)
    page.get_by_label("The owner’s key").fill("the-owners-key")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your widgets")).to_be_visible()
    return page


def test_every_page_of_the_owner_looks_right(
    open_page: Open, signed_in: Page, looks_right: Callable[..., None]
) -> None:
    looks_right(signed_in, "results-list")
    signed_in.get_by_role("link", name="blog").click()
    expect(signed_in.get_by_role("img", name="Votes by day")).to_be_visible()
    for each in signed_in.locator("details").all():
        each.locator("summary").click()
    looks_right(signed_in, "results-all")
    signed_in.reload()
    looks_right(signed_in, "results", "front-results.png")
    signed_in.set_viewport_size({"width": 390, "height": 760})
    looks_right(signed_in, "results-phone")
    signed_in.get_by_role("button", name="Sign out").click()
    expect(signed_in.get_by_role("button", name="Sign in")).to_be_visible()
    looks_right(signed_in, "sign-in")


def test_it_works_without_scripts(open_page: Open, served: Any) -> None:
    page = open_page("/results", java_script_enabled=False)
    page.get_by_label("The owner’s key").fill("the-owners-key")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="blog").click()
    page.get_by_role("searchbox").fill("streams")
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_text("Only “streams”.")).to_be_visible()


def test_new_votes_show_by_themselves(signed_in: Page, served: Any) -> None:
    signed_in.clock.install()
    signed_in.get_by_role("link", name="blog").click()
    expect(signed_in.get_by_text("of 30 votes")).to_be_visible()
    signed_in.get_by_text("The same as a table").click()
    signed_in.locator("h1").click()  # what is in use stays as it is
    served.pipeline.put({"widgetId": "blog", "voteId": "new", "voteType": "thumbsup"})
    served.pipeline.run_until_idle()
    signed_in.clock.run_for(16_000)

    expect(signed_in.get_by_text("of 31 votes")).to_be_visible()
    expect(signed_in.locator("#trend-table")).to_have_attribute("open", "")
    expect(signed_in.get_by_text("Updated at")).to_be_visible()


def test_a_snippet_is_copied(signed_in: Page) -> None:
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    signed_in.get_by_role("link", name="blog").click()
    signed_in.get_by_text("Email: Kit (ConvertKit)", exact=True).click()
    signed_in.get_by_role("button", name="Copy").click()
    expect(signed_in.get_by_role("button", name="Copied")).to_be_visible()

    copied = signed_in.evaluate("navigator.clipboard.readText()")
    assert copied == signed_in.locator("#html-kit").input_value()
    assert "voter={{ subscriber.email_address }}" in copied
