"""What is wrong with what a sink sent, when what it was given is hostile.

The shape of the JSON shows whether Slack, Discord or Teams reads it, each with its own mentions and
links. JSON that is the event itself is data for programs: only its encoding is checked.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from votepipe.emulator.http.receiver import Request

LARGEST = 65_536  # bytes that anything for people to look at may have

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_HALF = re.compile("[\ud800-\udfff]")
_HTML = re.compile("<(script|img)", re.IGNORECASE)
_SLACK = re.compile(r"<[!@#]|<https?:")
_BARE_MENTION = re.compile("@(here|everyone|channel)")
_LINK = re.compile(r"(?<!\\)\[[^\]\\]*(?<!\\)\]\(https?:")
# Where in a request to AWS a line break would begin another header.
_ONE_LINE = ("Subject", "Headers")

Leaf = tuple[tuple[Any, ...], str]


def of_request(request: Request) -> list[str]:
    """What is wrong with a request to a receiver, as sentences."""
    problems = []
    if any(name in ("x-injected", "bcc") for name in request.headers):
        problems.append("A reader's text became a header.")
    try:
        text = request.content.decode()
    except UnicodeDecodeError:
        return [*problems, "The body is not UTF-8."]
    body = _read(text)
    if _is_event(body):
        return problems + _halves(body)
    return problems + _shown(body, len(request.content)) + _active(body)


def of_call(parameters: Mapping[str, Any]) -> list[str]:
    """What is wrong with the parameters of a call to AWS, as sentences."""
    texts = [(path, text) for path, text in leaves(parameters) if not _is_event(_read(text))]
    sizes = [len(text.encode(errors="replace")) for _, text in texts]
    problems = _shown([text for _, text in texts], max(sizes, default=0))
    for path, text in texts:
        if "\n" in text and any(name in path for name in _ONE_LINE):
            problems.append(f"'{path[-1]}' has a line break, which begins another header.")
        if "Html" in path and _HTML.search(text):
            problems.append("A reader's HTML arrived as it was written. Use html.escape.")
    return problems


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Leaf]:
    """Every text in a JSON value, names included, with its path."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield (*path, name), str(name)
            yield from leaves(item, (*path, name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _read(text: str) -> Any:
    """The JSON value in a text, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_event(value: Any) -> bool:
    return isinstance(value, dict) and {"eventID", "sequence"} <= value.keys()


def _halves(value: Any) -> list[str]:
    if any(_HALF.search(text) for _, text in leaves(value)):
        return ["Half of an emoji arrived, which many readers of JSON refuse."]
    return []


def _shown(value: Any, size: int) -> list[str]:
    problems = _halves(value)
    if any(_INVISIBLE.search(text) for _, text in leaves(value)):
        problems.append("Control characters or direction marks arrived. Use votepipe.clean.")
    if size > LARGEST:
        problems.append(f"{size:,} bytes arrived, which nobody reads. Cut with votepipe.clean.")
    return problems


def _active(body: Any) -> list[str]:
    """What mentions or links by the rules of the receiver that reads such a body."""
    if not isinstance(body, dict):
        return ["HTML arrived as it was written. Escape it."] if _HTML.search(str(body)) else []
    if "content" in body or "embeds" in body:
        return _discord(body)
    if "attachments" in body and body.get("type") == "message":
        return _teams(body)
    return _slack(body) if "text" in body or "blocks" in body else []


def _slack(body: dict[str, Any]) -> list[str]:
    texts = [text for path, text in leaves(body) if path[-1] == "text"]
    problems = []
    if any(_SLACK.search(text) for text in texts):
        problems.append("A mention or link is live in Slack. Escape & < > in that order.")
    if any(_parses(block) for block in _objects(body)) or body.get("link_names"):
        problems.append("Slack looks for @here in a text. Add 'verbatim': True to it.")
    longest = {"header": 150, "section": 3000}
    for block in _objects(body):
        inner = block.get("text")
        text = inner.get("text", "") if isinstance(inner, dict) else ""
        if len(text) > longest.get(block.get("type", ""), LARGEST):
            problems.append(f"A {block['type']} is longer than Slack takes.")
    return problems


def _parses(block: dict[str, Any]) -> bool:
    text = block.get("text")
    return (
        block.get("type") == "mrkdwn"
        and isinstance(text, str)
        and bool(_BARE_MENTION.search(text))
        and not block.get("verbatim")
    )


def _discord(body: dict[str, Any]) -> list[str]:
    texts = [text for _, text in leaves(body)]
    problems = []
    if body.get("allowed_mentions", {}).get("parse") != [] and any(
        _BARE_MENTION.search(text) or "<@" in text for text in texts
    ):
        problems.append("A mention is live in Discord. Send 'allowed_mentions': {'parse': []}.")
    if any(_LINK.search(text) for text in texts):
        problems.append("A disguised link is live in Discord. Escape its brackets.")
    if len(str(body.get("content", "")).encode("utf-16-le", "replace")) > 2 * 2000:
        problems.append("The content is longer than the 2,000 characters that Discord takes.")
    return problems


def _teams(body: dict[str, Any]) -> list[str]:
    blocks = [block for block in _objects(body) if block.get("type") in ("TextBlock", "FactSet")]
    problems = []
    if any(_LINK.search(text) for block in blocks for _, text in leaves(block)):
        problems.append("A disguised link is live in Teams. Use a RichTextBlock of TextRuns.")
    if len(json.dumps(body)) > 28_000:
        problems.append("The message is larger than the 28 kB that Teams takes.")
    return problems


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from _objects(item)
