"""votepipe/dev/console/static/reader.js: what a reader does, by mouse and by keyboard."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect


def stored(table: Any, instance: str) -> dict[str, Any]:
    (item,) = [each for each in table.scan()["Items"] if each.get("instanceOfJoy") == instance]
    found: dict[str, Any] = item
    return found


def test_a_vote_is_changed_and_withdrawn(ready: Page, table: Any) -> None:
    ready.fill("#cast [name=instanceOfJoy]", "changed-here")
    ready.click("#cast [type=submit]")
    ready.click("#change")
    expect(ready.locator("#result")).to_have_text("Changed to thumbs down.")
    assert stored(table, "changed-here")["voteType"] == "thumbsdown"

    ready.click("#withdraw")
    expect(ready.locator("#result")).to_have_text("Withdrawn.")
    expect(ready.locator("#answer")).to_be_hidden()
    assert not any(each.get("instanceOfJoy") == "changed-here" for each in table.scan()["Items"])


def test_the_widget_is_chosen_and_asks_its_questions(ready: Page, table: Any) -> None:
    ready.select_option("#cast [name=widgetId]", "docs-feedback")
    ready.fill("#cast [name=instanceOfJoy]", "asked-here")
    ready.click("#cast [type=submit]")
    expect(ready.locator("#question")).to_have_text("What would make this better?")
    ready.fill("#answer [name=text]", "Pictures")
    ready.click("#answer [type=submit]")

    expect(ready.locator("#question")).to_have_text("How did you find this page?")
    item = stored(table, "asked-here")
    assert item["widgetId"] == "docs-feedback"
    assert json.loads(item["answers"]) == {"field_1": "Pictures"}


def test_any_vote_of_the_list_can_be_acted_for(ready: Page, console: Any, table: Any) -> None:
    keys = console.post("api/votes", {"voteType": "thumbsdown", "instanceOfJoy": "old"}).json()
    console.trace("passed", 1.0, "another")
    ready.locator("#votes").get_by_text("old").click()
    ready.get_by_role("button", name="Act as this reader").click()
    expect(ready.locator("#answering")).to_contain_text(keys["voteId"][:8])
    ready.click("#change")

    expect(ready.locator("#result")).to_have_text("Changed to thumbs up.")
    assert stored(table, "old")["voteType"] == "thumbsup"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")


def test_all_of_it_works_by_keyboard(ready: Page, table: Any) -> None:
    tab_to(ready, "#cast [name=voteType]")
    ready.keyboard.press("ArrowRight")
    tab_to(ready, "#cast [name=instanceOfJoy]")
    ready.keyboard.type("-by-keyboard")
    tab_to(ready, "#cast [type=submit]")
    ready.keyboard.press("Enter")
    expect(ready.locator("#result")).to_have_text("Cast.")
    voted = stored(table, "-by-keyboard")
    assert voted["voteType"] == "thumbsdown"

    # Its row opens, and stays in focus while the page goes on.
    tab_to(ready, "#votes summary")
    ready.keyboard.press("Enter")
    expect(ready.locator("#votes .all")).to_be_visible()
    tab_to(ready, "#votes .all button")
    ready.keyboard.press("Enter")
    expect(ready.locator("#answer [name=text]")).to_be_focused()


@pytest.mark.parametrize("stage", ["write", "enrichment", "message"])
def test_a_stage_explains_itself_to_the_keyboard(ready: Page, stage: str) -> None:
    button = ready.get_by_role("button", name=stage, exact=True)
    tooltip = ready.locator(f"#about-{stage}")
    expect(tooltip).to_be_hidden()
    button.focus()
    expect(tooltip).to_be_visible()
    expect(button).to_have_accessible_description(tooltip.inner_text().replace("\n", " "))
    ready.keyboard.press("Escape")
    expect(tooltip).to_be_hidden()


def test_reset_says_what_it_empties(ready: Page) -> None:
    ready.focus("#reset")

    expect(ready.locator("#about-reset")).to_be_visible()
    expect(ready.locator("#about-reset")).to_contain_text("The table, the queues and the dead")


def test_dead_letters_are_one_step_away_on_a_phone(page: Page, console: Any) -> None:
    letter = {"queue": "local-SlackDeadLetters-1", "messageId": "m", "tries": 3}
    console.dead_letters = lambda: [letter | {"receivedAt": "2026-01-01T00:00:00Z"}] * 2
    for number in range(40):
        console.say({"text": f"message {number}"})
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("")
    expect(page.locator("#dead-letters-title")).not_to_be_in_viewport()

    page.get_by_role("link", name="2 dead letters").click()
    expect(page.locator("#dead-letters-title")).to_be_in_viewport()
    expect(page.locator("#dead-letters-title")).to_be_focused()
