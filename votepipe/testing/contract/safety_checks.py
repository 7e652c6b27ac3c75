"""What is wrong with what a sink sent, when what it was given is hostile.

The content type, else the first character, shows whether a body is JSON, a form, HTML or plain
text, in which markup is harmless. The shape of JSON and of forms shows whether Slack, Discord or
Teams reads it, each with its own mentions and links. JSON that is the event itself is data for
programs: only its encoding is checked.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from votepipe.emulator.http.receiver import Request
from votepipe.testing.contract import samples

LARGEST = 65_536  # bytes that anything for people to look at may have

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_HALF = re.compile("[\ud800-\udfff]")
_HTML = re.compile("<(script|img)", re.IGNORECASE)
_SLACK = re.compile(r"<[!@#]|<https?:")
_BREAK = re.compile("\n")
_DISCORD = re.compile("<@|@(here|everyone|channel)")
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
    kind = _kind_of(request.headers.get("content-type", ""), text)
    size = len(request.content)
    match kind:
        case "form":
            fields = {name: _read(value) for name, value in parse_qsl(text)}
            inner = [each for value in fields.values() for each in _active(value)]
            return [*problems, *_shown(fields, size), *_active(fields), *inner]
        case "HTML":
            return [*problems, *_shown(text, size), *_html([((), text)])]
        case "plain text":
            return [*problems, *_shown(text, size)]
    body = _read(text)
    if not isinstance(body, dict | list):
        return [*problems, "The body is meant as JSON and is none. Send it with json=."]
    if _is_event(body):
        return problems + _halves(body)
    return [*problems, *_shown(body, size), *_active(body)]


def of_call(parameters: Mapping[str, Any]) -> list[str]:
    """What is wrong with the parameters of a call to AWS, as sentences."""
    texts = [(path, text) for path, text in leaves(parameters) if not _is_event(_read(text))]
    sizes = [len(text.encode(errors="replace")) for _, text in texts]
    problems = _shown_leaves(texts, max(sizes, default=0))
    lines = [leaf for leaf in texts if any(name in leaf[0] for name in _ONE_LINE)]
    if at := _at(lines, _BREAK):
        problems.append(f"A line break arrived{at}, which begins another header. Take it out.")
    return problems + _html(leaf for leaf in texts if "Html" in leaf[0])


def _kind_of(content_type: str, text: str) -> str:
    """What a body is meant to be, by its content type, else by how it begins."""
    named = content_type.partition(";")[0].strip().lower()
    start = text.lstrip()[:1]
    if named == "application/x-www-form-urlencoded":
        return "form"
    if named in ("text/html", "application/xhtml+xml") or (not named and start == "<"):
        return "HTML"
    return "JSON" if named.endswith("json") or (not named and start in ("{", "[")) else "plain text"


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


def _at(found: Iterable[Leaf], pattern: re.Pattern[str]) -> str:
    """Where a pattern matches first: in which field, and from where in the vote; empty if not."""
    for path, text in found:
        if match := pattern.search(text):
            origin = samples.origin(text[: match.end()])
            return f"{_in(path)}{f' from {origin}' if origin else ''}" or " in the body"
    return ""


def _in(path: Sequence[Any]) -> str:
    """A field, such as `blocks.0.text`; names that a reader wrote are left out of it."""
    names = ("…" if samples.HOSTILE in str(each) else str(each) for each in path)
    return f" in '{'.'.join(names)}'" if path else ""


def _halves(value: Any) -> list[str]:
    at = _at(leaves(value), _HALF)
    return [f"Half of an emoji arrived{at}, which many readers of JSON refuse."] if at else []


def _shown(value: Any, size: int) -> list[str]:
    return _shown_leaves([*leaves(value)], size)


def _shown_leaves(found: Sequence[Leaf], size: int) -> list[str]:
    """What is wrong with texts for people, and with how many bytes they are."""
    problems = []
    if at := _at(found, _HALF):
        problems.append(f"Half of an emoji arrived{at}, which many readers of JSON refuse.")
    if at := _at(found, _INVISIBLE):
        problems.append(f"Control characters or direction marks arrived{at}. Use votepipe.clean.")
    if size > LARGEST:
        longest = max(found, key=lambda leaf: len(leaf[1]), default=((), ""))
        at = f", most of them{_in(longest[0])}" if longest[0] else ""
        problems.append(f"{size:,} bytes arrived{at}; nobody reads that. Cut with votepipe.clean.")
    return problems


def _html(found: Iterable[Leaf]) -> list[str]:
    at = _at(found, _HTML)
    return [f"HTML arrived as it was written{at}. Use html.escape."] if at else []


def _active(body: Any) -> list[str]:
    """What mentions, links or is HTML by the rules of the receiver that reads such a body."""
    problems = _html(leaf for leaf in leaves(body) if "html" in str(leaf[0][-1:]).lower())
    if not isinstance(body, dict):
        return problems
    if "content" in body or "embeds" in body:
        return problems + _discord(body)
    if "attachments" in body and body.get("type") == "message":
        return problems + _teams(body)
    return problems + _slack(body) if "text" in body or "blocks" in body else problems


def _slack(body: dict[str, Any]) -> list[str]:
    texts = [(path, text) for path, text in leaves(body) if path[-1] == "text"]
    problems = []
    if at := _at(texts, _SLACK):
        problems.append(f"A mention or link is live in Slack{at}. Escape & < > in that order.")
    if any(_parses(block) for block in _objects(body)) or body.get("link_names"):
        at = _at(texts, _BARE_MENTION)
        problems.append(f"Slack looks for @here in a text{at}. Add 'verbatim': True to it.")
    longest = {"header": 150, "section": 3000}
    for block in _objects(body):
        inner = block.get("text")
        text = inner.get("text", "") if isinstance(inner, dict) else ""
        if len(text) > longest.get(block.get("type", ""), LARGEST):
            problems.append(f"A {block['type']} is longer than Slack takes. Use votepipe.slack.")
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
    texts, problems = [*leaves(body)], []
    if body.get("allowed_mentions", {}).get("parse") != [] and (at := _at(texts, _DISCORD)):
        problems.append(
            f"A mention is live in Discord{at}. Send 'allowed_mentions': {{'parse': []}}."
        )
    if at := _at(texts, _LINK):
        problems.append(f"A disguised link is live in Discord{at}. Escape its brackets.")
    if len(str(body.get("content", "")).encode("utf-16-le", "replace")) > 2 * 2000:
        problems.append("'content' is longer than the 2,000 characters that Discord takes. Cut it.")
    return problems


def _teams(body: dict[str, Any]) -> list[str]:
    blocks = [block for block in _objects(body) if block.get("type") in ("TextBlock", "FactSet")]
    problems = []
    if at := _at((leaf for block in blocks for leaf in leaves(block)), _LINK):
        problems.append(f"A disguised link is live in Teams{at}. Use a RichTextBlock of TextRuns.")
    if len(json.dumps(body)) > 28_000:
        problems.append("The message is larger than the 28 kB that Teams takes. Cut it.")
    return problems


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            yield from _objects(item)
