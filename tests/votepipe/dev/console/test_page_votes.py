"""votepipe/dev/console/static/votes.js, outcomes.js, plots.js: votes at a glance."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

REASON = "The receiver answered 404."


def cast(console: Any, vote: str, event: str, at: float = 1.0, **facts: str) -> None:
    """A vote that came through the pipe."""
    for hop in ("passed", "enriched", "put"):
        console.trace(hop, at, vote, event, **facts)


def delivered(console: Any) -> None:
    cast(console, "delivered", "e-delivered")
    console.outcome("settle", "delivered", 3.0, "e-delivered")
    console.outcome("slack", "delivered", 3.5, "e-delivered-settled", milliseconds=200)


def waiting(console: Any) -> None:
    cast(console, "waiting", "e-waiting")
    console.outcome("settle", "later", 1.2, "e-waiting", why="The vote may still change.")


def skipped(console: Any) -> None:
    console.trace("passed", 1.0, "skipped", "e-skipped")
    console.trace("skipped", 1.1, "skipped", "e-skipped")


def rejected(console: Any) -> None:
    cast(console, "rejected", "e-rejected", type="VoteRejected")
    rejection = {"eventId": "e-rejected", "reasons": ["voteType: not a vote"]}
    console.journal.line({"rejected": [rejection]}, at="1970-01-01T00:00:00.900Z")


def failed(console: Any) -> None:
    cast(console, "failed", "e-failed")
    console.outcome("webhook", "undeliverable", 2.0, "e-failed", why=REASON)


def withdrawn(console: Any) -> None:
    cast(console, "withdrawn", "e-withdrawn", type="VoteWithdrawn")
    console.outcome("settle", "delivered", 1.2, "e-withdrawn")


def on_its_way(console: Any) -> None:
    console.trace("passed", 1.0, "on-its-way", "e-way")


STORIES: dict[str, Callable[[Any], None]] = {
    "Delivered": delivered,
    "Waiting": waiting,
    "Skipped": skipped,
    "Rejected": rejected,
    "Failed": failed,
    "Withdrawn": withdrawn,
    "On its way": on_its_way,
}


@pytest.mark.parametrize("outcome", STORIES)
def test_the_outcome_of_a_vote_is_a_word(ready: Page, console: Any, outcome: str) -> None:
    STORIES[outcome](console)

    expect(ready.locator("#votes .chip").first).to_have_text(outcome)


def test_outcomes_differ_by_shape_too(ready: Page, console: Any) -> None:
    for story in STORIES.values():
        story(console)
    chips = ready.locator("#votes .who .chip")
    expect(chips).to_have_count(len(STORIES))

    assert sorted(chips.all_inner_texts()) == sorted(STORIES)
    shapes = chips.locator("path").evaluate_all("all => all.map(each => each.getAttribute('d'))")
    assert len(set(shapes)) == len(STORIES)


def test_a_rejected_vote_says_why(ready: Page, console: Any) -> None:
    rejected(console)

    expect(ready.locator("#votes .why")).to_have_text("rejected: voteType: not a vote")
    expect(ready.locator("#votes .path li").nth(2)).to_have_attribute("data-state", "failed")


def test_a_vote_that_was_delivered_stays_so_when_a_write_changes_nothing(
    ready: Page, console: Any
) -> None:
    delivered(console)
    console.trace("passed", 9.0, "delivered", "e-nothing")
    console.trace("skipped", 9.1, "delivered", "e-nothing")

    expect(ready.locator("#votes .chip")).to_have_text(["Delivered", "Skipped: its last write"])


def test_latency_is_from_the_first_write_to_the_message(ready: Page, console: Any) -> None:
    cast(console, "answered", "e-1", at=1.0)
    console.outcome("settle", "skipped", 1.5, "e-1")
    cast(console, "answered", "e-2", at=2.0)
    console.outcome("settle", "delivered", 4.0, "e-2")
    console.outcome("slack", "delivered", 4.5, "e-2-settled", milliseconds=100)
    # What comes later takes nothing back.
    cast(console, "answered", "e-3", at=9.0)
    console.outcome("settle", "later", 9.1, "e-3")

    expect(ready.locator("#votes .who small").first).to_contain_text("3.5 s to its message")


def test_votes_are_filtered_by_sink_instance_and_outcome(
    ready: Page, console: Any, table: Any
) -> None:
    for instance in ("this-post", "other-post"):
        keys = {"widgetId": "filtered", "voteId": instance}
        table.put_item(Item={**keys, "voteType": "thumbsup", "instanceOfJoy": instance})
        event = {"eventID": f"e-{instance}", "keys": keys, "time": 1.0}
        console.journal.trace({"hop": "put", **event})
    console.outcome("webhook", "undeliverable", 2.0, "e-other-post", why=REASON)
    console.status = console.status | {"sinks": {"slack": True, "webhook": True}}
    rows = ready.locator("#votes > li:visible")
    expect(rows).to_have_count(2)

    def only(name: str, option: str, instance: str) -> None:
        ready.select_option(f"#filters [name={name}]", label=option)
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text(instance)
        expect(ready.locator("#filtered")).to_contain_text("1 of 2 votes")
        ready.click("#filters [type=reset]")
        expect(rows).to_have_count(2)

    only("instance", "this-post", "this-post")
    only("outcome", "Failed", "other-post")
    only("sink", "webhook", "other-post")


def test_a_sinks_filter_holds_for_messages_too(ready: Page, console: Any) -> None:
    console.status = console.status | {"sinks": {"slack": True, "webhook": True}}
    console.say({"text": "hi"})
    console.say({"type": "VoteCast"}, "webhook")
    expect(ready.locator("#messages > li:visible")).to_have_count(2)

    ready.select_option("#filters [name=sink]", "webhook")
    expect(ready.locator("#messages > li:visible")).to_have_count(1)
    console.say({"text": "hi again"})
    expect(ready.locator("#messages > li")).to_have_count(3)
    expect(ready.locator("#messages > li:visible")).to_have_count(1)


def test_plots_have_a_label_and_a_table(ready: Page, console: Any) -> None:
    expect(ready.locator("#plots")).to_be_hidden()  # nothing to plot
    cast(console, "plotted", "e-1", type="VoteCast")
    cast(console, "plotted", "e-2", at=2.0, type="VoteChanged")
    console.outcome("settle", "delivered", 4.0, "e-2")
    console.outcome("slack", "delivered", 4.5, "e-2-settled", milliseconds=100)

    noise = ready.get_by_role("img", name="one for each write would be 2")
    expect(noise).to_be_visible()
    expect(noise).to_have_attribute(
        "aria-label", "Slack got 1 message for 1 vote; one for each write would be 2."
    )
    expect(ready.get_by_role("img", name="Median and 95th percentile")).to_be_visible()
    expect(ready.get_by_role("img", name="Bars are writes")).to_be_visible()
    ready.click("#noise summary")
    assert ready.locator("#noise tbody tr").all_inner_texts() == [
        "votepipe\t1\t1.0",
        "One for each write\t2\t2.0",
    ]
    # Drawn again, it stays open.
    cast(console, "plotted", "e-3", at=5.0, type="VoteChanged")
    expect(ready.locator("#noise tbody")).to_contain_text("3")
    expect(ready.locator("#noise table")).to_be_visible()
