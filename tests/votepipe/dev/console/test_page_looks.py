"""How the page looks, as pictures in .votepipe/screens/, and what axe finds in it."""

import json
import time
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

SCREENS = Path(__file__).parents[4] / ".votepipe" / "screens"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
STORY = {
    "using-dynamodb-streams": ("settle", "delivered", "Using DynamoDB streams"),
    "event-patterns": ("settle", "later", "Event patterns"),
    "dead-letters": ("webhook", "undeliverable", "Dead letters"),
}
MAIL = {
    "MessageId": "m-1",
    "Source": "votes@example.com",
    "To": ["team@example.com"],
    "Subject": "Yay: Using DynamoDB streams got a 👍",
    "BodyText": "Yay: Using DynamoDB streams got a 👍\n",
    "BodyHtml": "<!doctype html><h2>Yay: Using DynamoDB streams got a 👍</h2><p>More, please.</p>",
}


def fill(console: Any, table: Any) -> None:
    """Votes of every outcome, messages of every kind, a dead letter, and a fault."""
    began = time.time() - 60
    for number, (instance, (sink, outcome, title)) in enumerate(STORY.items()):
        keys = {"widgetId": "docs", "voteId": f"{instance}-1"}
        vote_type = "thumbsdown" if number else "thumbsup"
        table.put_item(Item={**keys, "voteType": vote_type, "instanceOfJoy": instance})
        for at, hop in enumerate(("passed", "enriched", "put")):
            event = {"eventID": f"e-{number}", "keys": keys, "type": "VoteCast"}
            console.journal.trace({"hop": hop, "time": began + number + at / 20, **event})
        console.outcome(sink, outcome, began + 3 + number, f"e-{number}", why="It answered 404.")
        text = f"Yay _<https://blog.example.com/{instance}|{title}>_ got a :thumbsup:"
        console.say({"text": text, "blocks": [{"type": "section", "text": {"text": text}}]})
    console.outcome("slack", "delivered", began + 3.2, "e-0-settled", milliseconds=90)
    console.trace("passed", began + 10, "withdrawn-vote", "e-7", type="VoteWithdrawn")
    console.trace("skipped", began + 11, "vote-without-change", "e-8")
    console.trace("enriched", began + 12, "malformed-vote", "e-9", type="VoteRejected")
    console.say(MAIL, "email")
    event = {"type": "VoteSettled", "vote": {"instanceOfJoy": "event-patterns"}}
    console.say(event, "webhook", **{"webhook-signature": "v1,abc"})
    letter = {"queue": "local-WebhookDeadLetters-1", "messageId": "m", "tries": 3}
    letter |= {"receivedAt": "2026-01-01T00:00:00Z", "reason": "It answered 404."}
    console.dead_letters = lambda: [letter]
    live = [
        {"text": "sinks/fax.py: deployed.", "ok": True, "sink": "fax"},
        {"text": "sinks/chat.py, line 7: a comma is missing.", "ok": False, "sink": None},
    ]
    console.status = console.status | {"sinks": {"slack": True, "webhook": True}, "live": live}
    console.post("api/faults", {"sink": "webhook", "status": 429, "times": 3})


def open_in(page: Page, size: str, scheme: Literal["light", "dark"]) -> None:
    """Open the page on a screen of a size."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto("")
    expect(page.locator("#status")).to_have_text("ready")


def picture(page: Page, name: str) -> None:
    """Keep how the page looks."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("size", "scheme"), [("desktop", "light"), ("desktop", "dark"), ("phone", "light")]
)
def test_axe_finds_nothing(
    page: Page, console: Any, table: Any, violations: Any, size: str, scheme: Any
) -> None:
    open_in(page, size, scheme)
    picture(page, f"empty-{size}-{scheme}")
    empty = violations(page)

    fill(console, table)
    expect(page.locator("#votes > li")).to_have_count(6)
    expect(page.locator("#messages > li")).to_have_count(5)
    expect(page.locator("#to-dead-letters")).to_be_visible()
    expect(page.locator("#fault")).to_be_visible()
    picture(page, f"full-{size}-{scheme}")
    full = violations(page)

    # With all of it unfolded.
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    expect(page.locator("#votes .all").first).not_to_be_empty()
    picture(page, f"unfolded-{size}-{scheme}")
    assert empty + full + violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_nothing_moves_for_who_wants_no_motion(page: Page, console: Any) -> None:
    open_in(page, "desktop", "light")
    console.say({"text": json.dumps("new")})
    expect(page.locator("#messages > li")).to_have_count(1)

    assert page.evaluate("document.getAnimations().length") == 0
