"""votepipe/dev/console/static/messages.js: mail as mail, webhooks in one line."""

from typing import Any

from playwright.sync_api import Page, expect

MAIL = {
    "MessageId": "m-1",
    "Source": "votes@example.com",
    "To": ["team@example.com"],
    "Subject": "Yay: a post got a 👍",
    "BodyText": "Yay: a post got a 👍\n\nMore, please.\n",
    "BodyHtml": '<!doctype html>\n<h2>Yay</h2>\n<p style="white-space: pre-line">one\ntwo</p>\n',
}


def test_mail_shows_as_mail(ready: Page, console: Any) -> None:
    console.say(MAIL, "email")

    mail = ready.locator(".mail")
    expect(mail.get_by_role("heading")).to_have_text("Yay: a post got a 👍")
    expect(mail).to_contain_text("votes@example.com → team@example.com")
    rendered = mail.frame_locator("iframe")
    expect(rendered.get_by_role("heading")).to_have_text("Yay")
    assert rendered.locator("p").inner_text() == "one\ntwo"
    mail.get_by_text("Text part").click()
    expect(mail.locator("pre")).to_contain_text("More, please.")


def test_the_frame_of_a_mail_runs_nothing(ready: Page, console: Any) -> None:
    hostile = "<script>parent.document.title = 'owned'</script><p>shown</p>"
    console.say({**MAIL, "Subject": hostile, "BodyHtml": hostile}, "email")

    frame = ready.locator(".mail iframe")
    expect(frame).to_have_attribute("sandbox", "")  # neither scripts nor our origin
    expect(ready.frame_locator(".mail iframe").locator("p")).to_have_text("shown")
    expect(ready.locator(".mail h3")).to_have_text(hostile)
    expect(ready).to_have_title("votepipe console")


def test_mail_without_html_shows_its_text(ready: Page, console: Any) -> None:
    console.say({**MAIL, "BodyHtml": None}, "email")

    expect(ready.locator(".mail pre")).to_be_visible()
    expect(ready.locator(".mail iframe")).to_have_count(0)


def test_a_webhook_is_one_line_with_the_rest_behind_it(ready: Page, console: Any) -> None:
    event = {"type": "VoteSettled", "vote": {"instanceOfJoy": "a-post"}}
    console.say(event, "webhook", **{"webhook-id": "e-1", "webhook-signature": "v1,abc"})

    folded = ready.locator("#messages .folded")
    expect(folded.locator("summary")).to_contain_text("VoteSettled · a-post")
    expect(folded.get_by_text("v1,abc")).to_be_hidden()
    folded.locator("summary").click()
    expect(folded.get_by_text("v1,abc")).to_be_visible()
    expect(folded.get_by_role("heading")).to_have_text("Headers, with the signature")
    expect(folded.locator("pre")).to_contain_text('"instanceOfJoy": "a-post"')


def test_what_the_receiver_refused_last_is_shown(ready: Page, console: Any) -> None:
    console.post("api/faults", {"sink": "slack", "status": 429, "times": 2})
    for _ in range(2):
        console.post("receive/slack", {"text": "hi"})

    expect(ready.locator("#refused")).to_contain_text("slack answered 429")
    expect(ready.locator("#refused")).to_contain_text("2 refused")
