"""votepipe/project/plugins/where.py: what can match no event is refused, and nothing that can."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.patterns import matches
from votepipe.model.errors import PluginError
from votepipe.project import plugins, schemas

SINK = '''"""Post each vote."""
from votepipe import sink

@sink(
    events={events},
    where={where},
)
def handler(event): ...
'''
PART = {"type": "object", "properties": {"parts": {"type": "array", "items": {"$ref": "#"}}}}
ADDS: dict[str, Any] = {
    "article": {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 9},
            "url": {"$ref": "#/definitions/url"},
            "tags": {"type": "array", "items": {"enum": ["new", 1]}},
            "either": {"anyOf": [{"type": "string"}]},
        },
        "definitions": {"url": {"type": "string", "pattern": "^https:"}},
    },
    "broken": {},
    "tree": PART,
}
KINDS = ("VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled", "VoteRejected")


def check(folder: Path, where: Any, *events: str) -> None:
    path = folder / "sinks" / "chat.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SINK.format(events=list(events or ["VoteCast"]), where=where))
    plugins.check_where(plugins.sink(path), ADDS)


VALUE = "It wants '{}' as {}, and in a {} it is {}. Change the value."


@pytest.mark.parametrize(
    ("where", "events", "said"),
    [
        (
            {"vote": {"voteTipe": ["thumbsup"]}},
            ("VoteCast", "VoteChanged"),
            "'where' names 'vote.voteTipe', which no VoteCast or VoteChanged has. "
            "Did you mean 'vote.voteType'?",
        ),
        (
            {"voteType": ["thumbsup"]},
            (),
            "'where' names 'voteType', which no VoteCast has. Did you mean 'vote.voteType'?",
        ),
        (
            {"enrichment": {"artcle": {"title": ["x"]}}},
            (),
            "'where' names 'enrichment.artcle.title', which no VoteCast has. "
            "Did you mean 'enrichment.article.title'?",
        ),
        (
            {"changes": {"voteType": [{"exists": True}]}},
            (),
            "'where' names 'changes.voteType', which no VoteCast has. "
            "Did you mean 'vote.voteType'?",
        ),
        (
            {"weather": ["sun"]},
            ("VoteRejected",),
            "'where' names 'weather', which no VoteRejected has. There are: eventID, type, time, "
            "version, sequence, stream, vote.widgetId, vote.voteId, reasons, "
            "enrichment.article.title, enrichment.article.url, enrichment.article.tags, "
            "enrichment.article.either, enrichment.broken, enrichment.tree.parts.",
        ),
        (
            {"vote": {"voteType": ["thumbs_up"]}},
            (),
            "'where' can match nothing. "
            + VALUE.format(
                "vote.voteType", '"thumbs_up"', "VoteCast", "one of 'thumbsup', 'thumbsdown'"
            ),
        ),
        (
            {"vote": {"voteType": [{"prefix": "up"}, {"numeric": [">", 1]}]}},
            (),
            "'where' can match nothing. "
            + VALUE.format(
                "vote.voteType", 'prefix "up" or > 1', "VoteCast", "one of 'thumbsup', 'thumbsdown'"
            ),
        ),
        (
            {"vote": {"complete": ["true"]}},
            (),
            "'where' can match nothing. "
            + VALUE.format("vote.complete", '"true"', "VoteCast", "true or false"),
        ),
        (
            {"vote": {"createdAt": ["yesterday"]}},
            (),
            "'where' can match nothing. "
            + VALUE.format(
                "vote.createdAt", '"yesterday"', "VoteCast", "a text such as '2026-01-04T10:00:03Z'"
            ),
        ),
        (
            {"enrichment": {"article": {"url": ["http://x"]}}},
            (),
            "'where' can match nothing. "
            + VALUE.format(
                "enrichment.article.url", '"http://x"', "VoteCast", "a text like '^https:'"
            ),
        ),
        (
            {"type": ["VoteSettled"]},
            (),
            "'where' can match nothing. "
            + VALUE.format("type", '"VoteSettled"', "VoteCast", "'VoteCast'"),
        ),
        (
            {"vote": {"answers": [{"exists": True}]}},
            (),
            "'where' can match nothing. It wants 'vote.answers' as exists, and in a VoteCast it is "
            "an object. Name a field in it.",
        ),
        (
            {"vote": {"voteType": [{"exists": False}]}},
            (),
            "'where' can match nothing. Every VoteCast has 'vote.voteType'. Take it out.",
        ),
        (
            {"reasons": [{"exists": True}], "vote": {"complete": [True]}},
            ("VoteCast", "VoteRejected"),
            "'where' can match nothing. No VoteCast has 'reasons'. Take one of the two out.",
        ),
        (
            {"$or": [{"vote": {"complete": [True], "voter": [1]}}, {"version": [2]}]},
            (),
            "'where' can match nothing. "
            + VALUE.format("vote.voter", "1", "VoteCast", "a text such as 'reader@example.com'"),
        ),
    ],
)
def test_what_can_match_nothing(
    tmp_path: Path, where: Any, events: tuple[str, ...], said: str
) -> None:
    with pytest.raises(PluginError) as error:
        check(tmp_path, where, *events)

    assert str(error.value) == f"sinks/chat.py, line 6: {said}"


@pytest.mark.parametrize(
    ("where", "events"),
    [
        ({"vote": {"voteType": ["thumbsup", "thumbs_up"]}}, ()),
        ({"vote": {"voteType": [{"anything-but": "thumbsup"}]}}, ()),
        ({"vote": {"voter": [{"exists": False}, {"suffix": "@example.com"}]}}, ()),
        ({"vote": {"complete": [{"exists": True}]}}, ()),
        ({"vote": {"answers": {"field.1": ["x", 5, True, None]}}}, ()),
        ({"vote": {"answers": {"field_1": {"inner": [{"numeric": ["<", 3]}]}}}}, ()),
        ({"vote": {"voteType": ["thumbsdown"]}}, ("VoteRejected", "VoteCast")),
        ({"changes": {"answers.field_1": {"to": [{"exists": True}]}}}, ("VoteCast", "VoteChanged")),
        ({"changes": [{"exists": False}]}, ("VoteCast", "VoteChanged")),
        ({"previous": {"voteType": ["thumbsdown"]}}, ("VoteSettled",)),
        ({"enrichment": {"article": {"title": [{"exists": False}], "tags": ["new"]}}}, ()),
        ({"enrichment": {"article": {"either": [5]}}}, ()),
        ({"enrichment": {"broken": {"any": {"thing": [5]}}}}, ()),
        ({"enrichment": {"tree": {"parts": {"parts": {"parts": [{"exists": False}]}}}}}, ()),
        ({"$or": [{"version": [2]}, {"vote": {"complete": [True]}}]}, ()),
    ],
)
def test_what_may_match(tmp_path: Path, where: Any, events: tuple[str, ...]) -> None:
    check(tmp_path, where, *events)


def leaves(value: Any) -> Iterator[Any]:
    """A pattern for each text, number and word in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({name: each} for each in leaves(inner))
    elif isinstance(value, list):
        yield from (each for inner in value for each in leaves(inner))
    else:
        yield [value]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_and_value_of_the_examples_may_match(tmp_path: Path, kind: str) -> None:
    name = f"vote-{kind.removeprefix('Vote').lower()}.v1"
    for example in schemas.load(name)["examples"]:
        for where in leaves({**example, "enrichment": {"article": {"title": "x"}}}):
            assert matches(where, json.dumps(example)) or "enrichment" in where
            check(tmp_path, where, kind)
