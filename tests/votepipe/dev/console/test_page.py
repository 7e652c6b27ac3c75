"""votepipe/dev/console/static/: the page in a real browser."""

import json
from typing import Any

import pytest

# One browser for all of them.
pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture
def page(browser: Any, console: Any) -> Any:
    browser.log()  # what earlier pages complained about
    browser.open(console.server.url)
    browser.wait(lambda: browser.text("#status") == "ready")
    return browser


def say(console: Any, body: Any, sink: str = "slack") -> None:
    console.journal.message(sink, json.dumps(body), {})


def mrkdwn(text: str) -> dict[str, Any]:
    return {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}


def html(page: Any, selector: str) -> str:
    return str(page.run("return document.querySelector(arguments[0])?.innerHTML ?? ''", selector))


def test_a_vote_cast_by_the_form_is_in_the_table(page: Any, table: Any) -> None:
    page.fill("#cast [name=instanceOfJoy]", "cast-by-form")
    page.fill("#cast [name=voter]", "reader@example.com")
    page.click("#cast [value=thumbsdown]")
    page.click("#cast button")
    page.wait(lambda: page.text("#told") == "Cast.")

    (item,) = [
        each for each in table.scan()["Items"] if each.get("instanceOfJoy") == "cast-by-form"
    ]
    assert (item["voteType"], item["voter"]) == ("thumbsdown", "reader@example.com")


def test_answers_by_the_form_are_in_the_table(page: Any, table: Any) -> None:
    page.fill("#cast [name=instanceOfJoy]", "answered-by-form")
    page.click("#cast button")
    page.wait(lambda: page.text("#told") == "Cast.")
    for number in (1, 2):
        page.fill("#answer [name=text]", f"answer {number}")
        page.click("#answer button")
        page.wait(lambda number=number: page.text("#told") == f"Answered 'field_{number}'.")

    votes = table.scan()["Items"]
    (item,) = [each for each in votes if each.get("instanceOfJoy") == "answered-by-form"]
    assert json.loads(item["answers"]) == {"field_1": "answer 1", "field_2": "answer 2"}


def test_what_the_console_refuses_is_told(page: Any, console: Any) -> None:
    console.table = None
    page.click("#cast button")

    page.wait(lambda: "not there yet" in page.text("#told"))


def test_a_vote_shows_its_way_as_it_goes(page: Any, console: Any) -> None:
    keys = {"widgetId": "w", "voteId": "on-its-way"}
    event = {"eventID": "e-1", "keys": keys}
    console.journal.trace({"hop": "passed", "time": 1.0, **event})
    console.journal.trace({"hop": "enriched", "time": 1.05, **event})
    states = "return [...document.querySelectorAll('.way li')].map((li) => li.dataset.state)"
    page.wait(lambda: page.run(states) == ["through", "passed", "passed", "", "", "", ""])
    console.journal.trace({"hop": "put", "time": 1.06, "type": "VoteCast", **event})
    line = {"eventId": "e-1", "sink": "slack", "message": "delivered", "outcome": "delivered"}
    console.journal.line({**line, "milliseconds": 20}, at="1970-01-01T00:00:01.100Z")

    way = ["through", "passed", "passed", "passed", "through", "passed", "passed"]
    page.wait(lambda: page.run(states) == way)
    assert page.text(".way").split("\n") == ["50 ms", "10 ms", "20 ms", "20 ms"]


def test_a_failure_shows_with_its_reason(page: Any, console: Any) -> None:
    keys = {"widgetId": "w", "voteId": "failing"}
    console.journal.trace({"hop": "put", "time": 1.0, "eventID": "e-1", "keys": keys})
    line = {"eventId": "e-1", "sink": "slack", "outcome": "undeliverable", "why": "It said 404."}
    console.journal.line({**line, "message": "moved to dead letters"}, at="1970-01-01T00:00:02Z")

    page.wait(lambda: page.text(".why[data-state=failed]").endswith("It said 404."))


def test_a_vote_opens_to_all_its_hops(page: Any, console: Any) -> None:
    keys = {"widgetId": "w", "voteId": "opened"}
    for hop in ("passed", "enriched", "put"):
        console.journal.trace({"hop": hop, "time": 1.0, "eventID": "e-1", "keys": keys})
    page.wait(lambda: page.text("#votes summary"))
    page.click("#votes summary")

    rows = "return document.querySelectorAll('#votes tr').length"
    page.wait(lambda: page.run(rows) == 3)


def test_a_slack_message_shows_as_in_slack(page: Any, console: Any) -> None:
    say(console, mrkdwn("Yay _a-post_ got a :thumbsup:\n*Field 1*\n&gt; more &amp; `more`"))
    page.wait(lambda: page.text("#messages .blocks"))

    shown = html(page, "#messages .text")
    assert shown == (
        "Yay <em>a-post</em> got a 👍\n<strong>Field 1</strong>\n"
        "<blockquote>more &amp; <code>more</code></blockquote>"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("~gone~", "<s>gone</s>"),
        ("```\n*raw* &lt;b&gt;\n```", "<pre>*raw* &lt;b&gt;</pre>"),
        ("<!channel> hi", '<span class="mention">@channel</span> hi'),
        ("<javascript:alert(1)|here>", '<span title="javascript:alert(1)">here</span>'),
        ("*bold", "*bold"),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
    ],
)
def test_mrkdwn_means_what_it_means_in_slack(
    page: Any, console: Any, text: str, shown: str
) -> None:
    say(console, mrkdwn(text))
    page.wait(lambda: html(page, "#messages .text"))

    assert html(page, "#messages .text") == shown


def test_every_kind_of_block_shows(page: Any, console: Any) -> None:
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
    say(console, {"blocks": blocks})

    page.wait(lambda: "unheard of" in page.text("#messages"))
    for word in ("head", "one", "two", "aside", "press", "rich"):
        assert word in page.text("#messages")


@pytest.mark.parametrize(
    ("sink", "body"),
    [
        ("slack", mrkdwn(HOSTILE)),
        ("slack", {"text": HOSTILE, "username": HOSTILE}),
        ("slack", {"blocks": [{"type": HOSTILE}], "attachments": [{"title": HOSTILE}]}),
        ("slack", {"blocks": 5}),
        ("webhook", {HOSTILE: HOSTILE}),
        (HOSTILE, HOSTILE),
    ],
)
def test_hostile_messages_are_text(page: Any, console: Any, sink: str, body: Any) -> None:
    say(console, body, sink)
    page.wait(lambda: page.text("#messages li"))

    assert page.run("return document.querySelectorAll('main img, main script').length") == 0
    assert page.run("return document.title") == "votepipe console"


def test_hostile_votes_are_text(browser: Any, console: Any, table: Any) -> None:
    keys = {"widgetId": HOSTILE, "voteId": HOSTILE}
    table.put_item(Item={**keys, "voteType": HOSTILE, "instanceOfJoy": HOSTILE})
    event = {"eventID": HOSTILE, "keys": keys, "time": 1.0}
    console.journal.trace({"hop": "retried", "reason": HOSTILE, "type": HOSTILE, **event})
    letter = {"reason": HOSTILE, "type": HOSTILE, "queue": HOSTILE}
    console.dead_letters = lambda: [{**letter, "receivedAt": "2026-01-01T00:00:00Z"}]
    browser.open(console.server.url)
    browser.wait(lambda: HOSTILE in browser.text("#votes"))
    browser.click("#votes summary")
    browser.wait(lambda: HOSTILE in browser.text("#letters") and browser.text("#votes .all"))

    assert browser.run("return document.querySelectorAll('main img, main script').length") == 0
    assert browser.run("return document.title") == "votepipe console"


def test_thousands_of_votes_and_messages_stay_few_in_the_page(page: Any, console: Any) -> None:
    for number in range(2_000):
        keys = {"widgetId": "w", "voteId": f"v-{number}"}
        console.journal.trace({"hop": "put", "time": number, "eventID": f"{number}", "keys": keys})
        say(console, {"text": str(number)})
    page.wait(lambda: "of 2,000" in page.text("#votes-count"))

    page.wait(lambda: "1999" in page.text("#messages li"))
    assert page.run("return document.querySelectorAll('#votes > li').length") == 150
    assert page.run("return document.querySelectorAll('#messages > li').length") == 60


def test_reset_empties_the_page(page: Any, console: Any) -> None:
    say(console, {"text": "hi"})
    console.journal.trace(
        {"hop": "put", "time": 1, "eventID": "e", "keys": {"widgetId": "w", "voteId": "v"}}
    )
    page.wait(lambda: page.text("#messages li") and page.text("#votes li"))
    page.click("#reset")

    page.wait(lambda: not page.text("#messages") and not page.text("#votes"))


def test_a_fault_shows_and_can_be_cleared(browser: Any, console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 500, "times": 3})
    browser.open(console.server.url)
    browser.wait(lambda: "answers 500 to slack 3 more times" in browser.text("#fault"))
    browser.click("#fault button")

    browser.wait(lambda: console.get("api/faults").json() == [])


def test_the_step_shows_until_the_stack_is_ready(browser: Any, console: Any) -> None:
    console.status = {"ready": False, "step": "sam deploy"}
    browser.open(console.server.url)

    browser.wait(lambda: browser.text("#status") == "sam deploy")


def test_the_page_makes_no_errors(page: Any, console: Any) -> None:
    say(console, mrkdwn("hi"))
    page.wait(lambda: page.text("#messages li"))

    assert page.log() == []


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_the_page_fits_any_window(page: Any, console: Any, width: int) -> None:
    say(console, {"text": "x" * 400})
    say(console, {"key": "x" * 400}, "webhook")
    keys = {"widgetId": "w" * 200, "voteId": "v" * 200}
    console.journal.trace({"hop": "put", "time": 1, "eventID": "e" * 200, "keys": keys})
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.command("Emulation.setDeviceMetricsOverride", **size)
    page.wait(lambda: page.text("#messages li") and page.text("#votes li"))
    page.click("#votes summary")
    page.wait(lambda: page.text("#votes .all"))

    beyond = page.run("return document.documentElement.scrollWidth - window.innerWidth")
    page.command("Emulation.clearDeviceMetricsOverride")
    assert beyond <= 0
