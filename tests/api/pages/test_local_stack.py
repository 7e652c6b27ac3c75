"""The pages on the local stack: from a tap in the browser to Slack and to the owner's results."""

import json
import uuid
from typing import Any
from urllib.parse import quote

import requests
from playwright.sync_api import Browser

SECONDS = 120  # only ends a test that will not pass
QUESTIONS = [{"id": 1, "label": "Why?", "type": "text"}, {"label": "Again?", "type": "boolean"}]
SAVE = """mutation ($widget: String!, $questions: String!) {
  saveWidget(widgetType: "article", userId: "me", widgetId: $widget, followupQuestions: $questions)
  { widgetId }
}"""


def test_a_vote_in_the_browser_is_one_message_and_in_the_results(
    browser: Browser, stack: Any, eventually: Any
) -> None:
    front, key = stack.status["api"], stack.status["ownerKey"]
    widget, why = f"widget-{uuid.uuid4().hex[:8]}", f"Because {uuid.uuid4().hex}"
    variables = {"widget": widget, "questions": json.dumps(QUESTIONS)}
    saved = requests.post(
        f"{front}/graphql",
        json={"query": SAVE, "variables": variables},
        headers={"authorization": f"Bearer {key}"},
        timeout=60,
    )
    assert saved.json() == {"data": {"saveWidget": {"widgetId": widget}}}

    def messages() -> list[str]:
        found = requests.get(f"{stack.url}/api/messages", timeout=10).json()
        texts = [json.dumps(each["body"]) for each in found if each["sink"] == "slack"]
        return [text for text in texts if why in text]

    with browser.new_context(base_url=front) as context:
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"/{widget}/thumbsup?instanceOfJoy=news&voter={quote('a+b@example.com')}")
        page.get_by_role("button", name="Send my vote").click()
        page.get_by_label("Why?").fill(why)
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Yes").click()
        page.get_by_role("heading", name="Thank you!").wait_for()
        assert eventually(messages)

        page.goto("/results")
        page.get_by_label("The owner’s key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=widget).click()
        page.get_by_text(why).wait_for()
        page.get_by_role("rowheader", name="a+b@example.com").wait_for()
        assert f"{front}/{widget}/thumbsup?" in page.locator("#html-kit").input_value()
    assert len(messages()) == 1
