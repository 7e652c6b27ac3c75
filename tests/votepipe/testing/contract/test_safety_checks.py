"""votepipe/testing/contract/safety_checks.py: what is live or broken at the receiver is found."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from votepipe.emulator.http.receiver import Request
from votepipe.testing.contract import safety_checks, samples

CARD = {"contentType": "application/vnd.microsoft.card.adaptive"}


def posted(body: Any, **headers: str) -> list[str]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return safety_checks.of_request(Request(method="POST", path="/", headers=headers, content=raw))


def card(block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "attachments": [CARD | {"content": {"body": [block]}}]}


HARMFUL = {
    "a mention in Slack": ({"text": "<!channel>"}, "live in Slack"),
    "a person in Slack": ({"blocks": [{"type": "section", "text": {"text": "<@U1>"}}]}, "Slack"),
    "a link in Slack": ({"text": "<https://evil.example|bank>"}, "live in Slack"),
    "a bare mention in Slack": (
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "@here"}}]},
        "'verbatim': True",
    ),
    "a long section in Slack": (
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]},
        "longer than Slack takes",
    ),
    "names that Slack looks for": ({"text": "x", "link_names": True}, "'verbatim': True"),
    "a mention in Discord": ({"content": "@everyone"}, "live in Discord"),
    "a person in Discord": ({"embeds": [{"title": "<@1>"}]}, "live in Discord"),
    "a link in Discord": ({"content": "[bank](https://evil.example)"}, "disguised link"),
    "a long content in Discord": ({"content": "✨" * 2001}, "2,000 characters"),
    "a link in Teams": (card({"type": "TextBlock", "text": "[a](https://e.example)"}), "in Teams"),
    "a large card in Teams": (card({"type": "TextBlock", "text": "x" * 28_000}), "28 kB"),
    "HTML as such": (b"<p><script>", "HTML arrived"),
    "a control character": ({"note": "a\x07"}, "Control characters"),
    "a direction mark in a name": ({"a\u202e": 1}, "Control characters"),
    "half of an emoji": ({"note": ["\ud83d"]}, "Half of an emoji"),
    "half of an emoji in an event": (
        {"eventID": "1", "sequence": "1", "vote": {"voter": "\ud83d"}},
        "Half of an emoji",
    ),
    "no Unicode": (b"\xff", "not UTF-8"),
    "too much": ({"note": "x" * 70_000}, "nobody reads that"),
}

HARMLESS = {
    "escaped for Slack": {"text": "&lt;!channel&gt; @here"},
    "verbatim for Slack": {
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "@here", "verbatim": True}}
        ]
    },
    "no mentions in Discord": {"content": "@everyone <@1>", "allowed_mentions": {"parse": []}},
    "escaped for Discord": {"content": r"\[bank\](https\://evil.example)"},
    "plain runs in Teams": card(
        {
            "type": "RichTextBlock",
            "inlines": [{"type": "TextRun", "text": "[a](https://e.example)"}],
        }
    ),
    "text of an unknown receiver": {"note": "<!channel> a\nb\t✨"},
    "an event, as it is": {"eventID": "1", "sequence": "1", "vote": {"voter": "\u202e" * 70_000}},
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_harms_is_found(name: str) -> None:
    body, problem = HARMFUL[name]

    assert any(problem in each for each in posted(body)), posted(body)


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def sent(body: str, content_type: str) -> list[str]:
    """What is wrong with a body of this type."""
    return posted(body.encode(), **({"content-type": content_type} if content_type else {}))


@pytest.mark.parametrize(
    ("content_type", "make", "text", "said"),
    [
        (
            "",
            lambda vote: json.dumps({"blocks": [{"text": {"text": vote["voter"]}}]}),
            "mentions and links",
            "A mention or link is live in Slack in 'blocks.0.text.text' from voter. "
            "Escape & < > in that order.",
        ),
        (
            FORM,
            lambda vote: urlencode(
                {"payload": json.dumps({"text": vote["answers"]["field_1"][0]})}
            ),
            "mentions and links",
            "A mention or link is live in Slack in 'text' from answers.field_1. "
            "Escape & < > in that order.",
        ),
        (
            FORM,
            lambda vote: urlencode({"note": vote["instanceOfJoy"]}),
            "control characters",
            "Control characters or direction marks arrived in 'note' from instanceOfJoy. "
            "Use votepipe.clean.",
        ),
        (
            "text/plain; charset=utf-8",
            lambda vote: "Votes of " + vote["answers"]["more_7"],
            "right-to-left marks",
            "Control characters or direction marks arrived from answers.more_0 and the like. "
            "Use votepipe.clean.",
        ),
        (
            "text/html; charset=utf-8",
            lambda vote: f"<p>{vote['answers']['field_1'][0]}",
            "HTML",
            "HTML arrived as it was written from answers.field_1. Use html.escape.",
        ),
        (
            JSON,
            lambda vote: json.dumps({"subject": "a", "text": "b", "html": vote["voter"]}),
            "HTML",
            "HTML arrived as it was written in 'html' from voter. Use html.escape.",
        ),
        (
            JSON,
            lambda vote: '{"note": "' + vote["voter"] + '"}',
            "HTML",
            "The body is meant as JSON and is none. Send it with json=.",
        ),
        (
            JSON,
            lambda vote: json.dumps({"note": {next(iter(vote["answers"])): "x"}}),
            "control characters",
            "Control characters or direction marks arrived in 'note.…' from the name of an answer. "
            "Use votepipe.clean.",
        ),
    ],
)
def test_the_field_and_the_answer_at_fault_are_named(
    content_type: str, make: Callable[[Any], str], text: str, said: str
) -> None:
    vote = samples.hostile("VoteCast", samples.HOSTILE_TEXTS[text])["vote"]

    assert sent(make(vote), content_type) == [said]


@pytest.mark.parametrize("text", ["HTML", "mentions and links"])
@pytest.mark.parametrize("content_type", ["text/plain", ""])
def test_markup_is_harmless_in_plain_text(content_type: str, text: str) -> None:
    vote = samples.hostile("VoteCast", samples.HOSTILE_TEXTS[text])["vote"]

    assert sent(f"{vote['voter']} voted", content_type) == []


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_passes(name: str) -> None:
    assert posted(HARMLESS[name]) == []


def test_a_header_from_a_reader_is_found() -> None:
    assert posted({}, **{"x-injected": "yes"}) == ["A reader's text became a header."]


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"Subject": {"Data": "a\nBcc: x"}}, "A line break arrived in 'Subject.Data', which"),
        (
            {"Headers": [{"Name": "a", "Value": "b\nc"}]},
            "A line break arrived in 'Headers.0.Value', which",
        ),
        ({"Body": {"Html": {"Data": "<IMG src=x>"}}}, "Use html.escape"),
        ({"Message": "a\x1bb"}, "Control characters"),
        ({"Message": "x" * 70_000}, "nobody reads that"),
    ],
)
def test_what_harms_in_a_call_to_aws_is_found(parameters: dict[str, Any], problem: str) -> None:
    assert any(problem in each for each in safety_checks.of_call(parameters))


@pytest.mark.parametrize(
    "parameters",
    [
        {"Subject": {"Data": "a"}, "Body": {"Text": {"Data": "a\nb"}}},
        {"Body": {"Html": {"Data": "&lt;img"}}},
        {"Entries": [{"Detail": json.dumps({"eventID": "1", "sequence": "1", "a": "\u202e"})}]},
    ],
)
def test_a_harmless_call_to_aws_passes(parameters: dict[str, Any]) -> None:
    assert safety_checks.of_call(parameters) == []
