"""The page on the local stack: what it changes there takes effect."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect


@pytest.fixture
def up(stack: Any, open_page: Callable[[str], Page]) -> Iterator[Page]:
    """The page of the local stack, whose faults are gone afterwards."""
    page = open_page(f"{stack.url}/")
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page.goto("")
    expect(page.locator("#status")).to_have_text("ready")
    expect(page.locator("#settings [name=sink] option")).not_to_have_count(0)
    yield page
    expect.set_options(timeout=5_000)
    requests.delete(f"{stack.url}/api/faults", timeout=30)


def unfold(page: Page, title: str) -> None:
    page.locator("summary", has_text=title).click()


def cast(page: Page, instance: str) -> Any:
    """Cast a vote, and return its row."""
    page.fill("#cast [name=instanceOfJoy]", instance)
    page.click("#cast [type=submit]")
    return page.locator("#votes > li", has_text=instance)


def test_a_quiet_period_set_in_the_page_is_counted_down(up: Page) -> None:
    unfold(up, "Sink settings")
    expect(up.locator("#settings [name=sink]")).to_have_value("settle")
    before = up.input_value("[name=QuietPeriodSeconds]")

    def set_to(seconds: str) -> None:
        up.fill("[name=QuietPeriodSeconds]", seconds)
        up.click("#settings [type=submit]")
        expect(up.locator("#settings [type=submit]")).to_be_enabled()
        expect(up.locator("#settings-result")).to_have_text("In force until make up ends.")

    set_to("10")
    row = cast(up, "counted-down")
    expect(row.locator(".chip")).to_have_text("Waiting · settles in 5 s")
    expect(row.locator(".chip")).to_have_text("Delivered")
    set_to(before)


def test_axe_finds_nothing_in_settings(up: Page, violations: Any) -> None:
    unfold(up, "Sink settings")
    up.select_option("#settings [name=sink]", "slack")  # it has those of every kind
    expect(up.locator("[name=SlackThreads]")).to_be_visible()

    assert violations(up) == []


def test_what_the_template_refuses_is_said(up: Page) -> None:
    unfold(up, "Sink settings")
    up.fill("[name=QuietPeriodSeconds]", "soon")
    up.click("#settings [type=submit]")

    expect(up.locator("#settings-result")).to_contain_text("'QuietPeriodSeconds' cannot be 'soon'")


def test_a_fault_that_is_switched_on_is_seen(up: Page) -> None:
    unfold(up, "Faults")
    up.select_option("#faults [name=sink]", "slack")
    up.select_option("#faults [name=what]", "429")
    up.select_option("#faults [name=lasts]", "3")
    up.click("#faults [type=submit]")
    expect(up.locator("#fault")).to_contain_text("answers 429 to slack 3 more times")

    row = cast(up, "refused-by-slack")
    expect(up.locator("#refused")).to_contain_text("slack answered 429")
    up.click("#clear")
    expect(row.locator(".chip")).to_have_text("Delivered")


def test_a_sample_is_written_as_a_new_vote(up: Page) -> None:
    unfold(up, "Samples and digest")
    up.select_option("#sample [name=name]", "malformed")
    up.click("#sample [type=submit]")

    expect(up.locator("#sample-result")).to_have_text("Wrote 'malformed' as a new vote.")
    expect(up.locator("#votes .chip").first).to_have_text("Rejected")


def test_the_digest_is_sent_on_demand(up: Page) -> None:
    expect(cast(up, "in-the-digest").locator(".chip")).to_have_text("Delivered")
    unfold(up, "Samples and digest")
    up.get_by_role("button", name="Send the digest now").click()

    expect(up.locator("#messages > li[data-sink=digest]").first).to_be_visible()
