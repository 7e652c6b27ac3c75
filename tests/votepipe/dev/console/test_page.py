"""votepipe/dev/console/static/: the page in a real browser."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def mrkdwn(text: str) -> dict[str, Any]:
    return {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}


def test_a_vote_cast_by_the_form_is_in_the_table(ready: Page, table: Any) -> None:
    ready.fill("#cast [name=instanceOfJoy]", "cast-by-form")
    ready.fill("#cast [name=voter]", "reader@example.com")
    ready.click("#cast [value=thumbsdown]")
    ready.click("#cast button")
    expect(ready.locator("#result")).to_have_text("Cast.")

    (item,) = [
        each for each in table.scan()["Items"] if each.get("instanceOfJoy") == "cast-by-form"
    ]
    assert (item["voteType"], item["voter"]) == ("thumbsdown", "reader@example.com")


def test_answers_by_the_form_are_in_the_table(ready: Page, table: Any) -> None:
    ready.fill("#cast [name=instanceOfJoy]", "answered-by-form")
    ready.click("#cast button")
    expect(ready.locator("#result")).to_have_text("Cast.")
    for number in (1, 2):
        ready.fill("#answer [name=text]", f"answer {number}")
        ready.click("#answer button")
        expect(ready.locator("#result")).to_have_text(f"Answered 'field_{number}'.")

    votes = table.scan()["Items"]
    (item,) = [each for each in votes if each.get("instanceOfJoy") == "answered-by-form"]
    assert json.loads(item["answers"]) == {"field_1": "answer 1", "field_2": "answer 2"}


def test_what_the_console_refuses_is_shown(ready: Page, console: Any) -> None:
    console.table = None
    ready.click("#cast button")

    expect(ready.locator("#result")).to_contain_text("not there yet")


def test_a_vote_shows_its_path_as_it_goes(ready: Page, console: Any) -> None:
    def expect_states(*states: str) -> None:
        items = ready.locator(".path li")
        expect(items).to_have_count(len(states))
        for number, state in enumerate(states):
            expect(items.nth(number)).to_have_attribute("data-state", state)

    console.trace("passed", 1.0, "on-its-way")
    console.trace("enriched", 1.05, "on-its-way")
    expect_states("through", "passed", "passed", "", "", "", "")
    console.trace("put", 1.06, "on-its-way")
    line = {"eventId": "e-1", "sink": "slack", "message": "delivered", "outcome": "delivered"}
    console.journal.line({**line, "milliseconds": 20}, at="1970-01-01T00:00:01.100Z")

    expect_states("through", "passed", "passed", "passed", "through", "passed", "passed")
    assert ready.inner_text(".path").split("\n") == ["50 ms", "10 ms", "20 ms", "20 ms"]


def test_a_failure_shows_with_its_reason(ready: Page, console: Any) -> None:
    console.trace("put", 1.0, "failing")
    line = {"eventId": "e-1", "sink": "slack", "outcome": "undeliverable", "why": "It said 404."}
    console.journal.line({**line, "message": "moved to dead letters"}, at="1970-01-01T00:00:02Z")

    expect(ready.locator(".why[data-state=failed]")).to_contain_text("It said 404.")


def test_a_vote_opens_to_all_its_hops(ready: Page, console: Any) -> None:
    for hop in ("passed", "enriched", "put"):
        console.trace(hop, 1.0, "opened")
    ready.click("#votes summary")

    expect(ready.locator("#votes tr")).to_have_count(3)


def test_a_slack_message_shows_as_in_slack(ready: Page, console: Any) -> None:
    console.say(mrkdwn("Yay _a-post_ got a :thumbsup:\n*Field 1*\n&gt; more &amp; `more`"))

    assert ready.inner_html("#messages .text") == (
        "Yay <em>a-post</em> got a 👍\n<strong>Field 1</strong>\n"
        "<blockquote>more &amp; <code>more</code></blockquote>"
    )


MRKDWN = {
    "2 * 3 * 4 and snake_case_name": "2 * 3 * 4 and snake_case_name",
    "~gone~": "<s>gone</s>",
    "```\n*raw* &lt;b&gt;\n```": "<pre>*raw* &lt;b&gt;</pre>",
    "<!channel> hi": '<span class="mention">@channel</span> hi',
    "<javascript:alert(1)|here>": '<span title="javascript:alert(1)">here</span>',
    "*bold": "*bold",
    "&lt;!channel&gt;": "&lt;!channel&gt;",
}


def test_mrkdwn_means_what_it_means_in_slack(ready: Page, console: Any) -> None:
    for text in reversed(MRKDWN):
        console.say(mrkdwn(text))
    texts = ready.locator("#messages .text")
    expect(texts).to_have_count(len(MRKDWN))

    assert [each.inner_html() for each in texts.all()] == list(MRKDWN.values())


def test_every_kind_of_block_shows(ready: Page, console: Any) -> None:
    text = {"type": "plain_text", "text": "words"}
    rich = [{"type": "rich_text_section", "elements": [{"type": "text", "text": "rich"}]}]
    blocks = [
        {"type": "header", "text": text | {"text": "head"}},
        {"type": "section", "fields": [text | {"text": "one"}, text | {"text": "two"}]},
        {"type": "divider"},
        {"type": "context", "elements": [text | {"text": "aside"}]},
        {"type": "actions", "elements": [{"type": "button", "text": text | {"text": "press"}}]},
        {"type": "rich_text", "elements": rich},
        {"type": "video", "title": "unheard of"},
    ]
    console.say({"blocks": blocks})

    for word in ("head", "one", "two", "aside", "press", "rich", "unheard of"):
        expect(ready.locator("#messages")).to_contain_text(word)


def test_hostile_messages_are_text(ready: Page, console: Any) -> None:
    console.say(mrkdwn(HOSTILE))
    console.say({"text": HOSTILE, "username": HOSTILE})
    console.say({"blocks": [{"type": HOSTILE}], "attachments": [{"title": HOSTILE}]})
    console.say({"blocks": 5})
    console.say({HOSTILE: HOSTILE}, "webhook")
    console.say(HOSTILE, HOSTILE)
    expect(ready.locator("#messages > li")).to_have_count(6)

    expect(ready.locator("main img, main script")).to_have_count(0)
    expect(ready).to_have_title("votepipe console")


def test_hostile_votes_are_text(page: Page, console: Any, table: Any) -> None:
    keys = {"widgetId": HOSTILE, "voteId": HOSTILE}
    table.put_item(Item={**keys, "voteType": HOSTILE, "instanceOfJoy": HOSTILE})
    event = {"eventID": HOSTILE, "keys": keys, "time": 1.0}
    console.journal.trace({"hop": "retried", "reason": HOSTILE, "type": HOSTILE, **event})
    letter = {"reason": HOSTILE, "type": HOSTILE, "queue": HOSTILE}
    console.dead_letters = lambda: [{**letter, "receivedAt": "2026-01-01T00:00:00Z"}]
    page.goto("")
    expect(page.locator("#votes")).to_contain_text(HOSTILE)
    page.click("#votes summary")
    expect(page.locator("#dead-letters")).to_contain_text(HOSTILE)
    expect(page.locator("#votes .all")).not_to_be_empty()

    expect(page.locator("main img, main script")).to_have_count(0)
    expect(page).to_have_title("votepipe console")


def test_thousands_of_votes_and_messages_stay_few_in_the_page(ready: Page, console: Any) -> None:
    for number in range(2_000):
        console.trace("put", number, f"v-{number}", f"{number}")
        console.say({"text": str(number)})
    expect(ready.locator("#votes-count")).to_contain_text("of 2,000")

    expect(ready.locator("#messages li").first).to_contain_text("1999")
    expect(ready.locator("#votes > li")).to_have_count(150)
    expect(ready.locator("#messages > li")).to_have_count(60)


def test_reset_empties_the_page(ready: Page, console: Any) -> None:
    console.say({"text": "hi"})
    console.trace("put", 1, "v")
    expect(ready.locator("#messages li")).to_have_count(1)
    expect(ready.locator("#votes > li")).to_have_count(1)
    ready.click("#reset")

    expect(ready.locator("#messages")).to_be_empty()
    expect(ready.locator("#votes")).to_be_empty()


def test_a_fault_shows_and_can_be_cleared(page: Page, console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 500, "times": 3})
    page.goto("")
    expect(page.locator("#fault")).to_contain_text("answers 500 to slack 3 more times")
    with page.expect_response("**/api/faults"):
        page.click("#fault button")

    assert console.get("api/faults").json() == []


def test_the_step_shows_until_the_stack_is_ready(page: Page, console: Any) -> None:
    console.status = {"ready": False, "step": "sam deploy"}
    page.goto("")

    expect(page.locator("#status")).to_have_text("sam deploy")


def test_a_warning_shows_in_place_of_ready(page: Page, console: Any) -> None:
    console.status = console.status | {"warning": "Use PutItem."}
    page.goto("")

    expect(page.locator("#status")).to_have_text("Use PutItem.")


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_the_page_fits_any_window(ready: Page, console: Any, width: int) -> None:
    ready.set_viewport_size({"width": width, "height": 800})
    console.say({"text": "x" * 400})
    console.say({"key": "x" * 400}, "webhook")
    keys = {"widgetId": "w" * 200, "voteId": "v" * 200}
    console.journal.trace({"hop": "put", "time": 1, "eventID": "e" * 200, "keys": keys})
    expect(ready.locator("#messages li")).to_have_count(2)
    ready.click("#votes summary")
    expect(ready.locator("#votes .all")).not_to_be_empty()

    assert ready.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_page_shows_which_sinks_are_off(page: Page, console: Any) -> None:
    console.status = console.status | {"sinks": {"email": False, "slack": True}}
    page.goto("")

    expect(page.locator("#facts")).to_contain_text("email (off), slack")


def test_dead_letters_have_a_button_that_sends_them_again(console: Any, page: Page) -> None:
    letter = {"queue": "local-FaxMachineDeadLetters-1", "messageId": "m", "tries": 3}
    waiting = [letter | {"receivedAt": "2026-01-01T00:00:00Z"}]
    console.status = {"ready": True, "sinks": {"fax_machine": True, "slack": True}}
    console.dead_letters = lambda: list(waiting)
    console.redrive = lambda sink: waiting.clear() or {"sent": 1, "kept": {}}

    page.goto("")
    page.get_by_role("button", name="Send again to fax_machine").click()

    expect(page.locator("#redriven")).to_have_text("Sent 1 dead letter to fax_machine again.")
    expect(page.locator("#redrive")).to_be_hidden()


def test_a_saved_file_shows_and_its_sink_can_be_tried(console: Any, page: Page) -> None:
    tried: list[str] = []
    console.try_again = lambda sink: tried.append(sink) or {"voteId": "v"}
    deployed = {
        "file": "sinks/fax.py",
        "text": "sinks/fax.py: deployed.",
        "ok": True,
        "sink": "fax",
    }
    console.status = console.status | {"live": [deployed]}

    page.goto("")
    page.get_by_role("button", name="Try fax with the last vote").click()

    expect(page.locator("#live")).to_contain_text("sinks/fax.py: deployed.")
    expect(page.locator("#tried")).to_have_text("Sent the last vote to fax again.")
    assert tried == ["fax"]
