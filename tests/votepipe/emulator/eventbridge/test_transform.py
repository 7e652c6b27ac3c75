"""votepipe/emulator/eventbridge/transform.py."""

import json
from typing import Any

import pytest

from votepipe.emulator.eventbridge.transform import Whole, body_of
from votepipe.emulator.simulation.errors import Unmodelled

RULE = "arn:aws:events:us-east-1:123456789012:rule/votes/Rule"
EVENT = {"id": "1", "source": "votepipe", "detail": {"text": 'say "hi"', "number": 3, "list": [1]}}


def body(**facts: Any) -> str:
    return body_of(facts, EVENT, RULE, 0, Whole())


def template(text: str, **paths: str) -> str:
    return body(InputTransformer={"InputPathsMap": paths, "InputTemplate": text})


def test_the_whole_event_goes_where_nothing_else_is_said() -> None:
    assert json.loads(body()) == EVENT


def test_a_constant_takes_the_event_s_place() -> None:
    assert body(Input='{"a":1}') == '{"a":1}'


def test_a_path_takes_a_part_of_the_event() -> None:
    assert json.loads(body(InputPath="$.detail")) == EVENT["detail"]


def test_a_template_is_filled_with_what_paths_find() -> None:
    filled = template('{"n": <n>, "t": <t>, "l": <l>}', n="$.detail.number", t="$.source",
                      l="$.detail.list")  # fmt: skip

    assert json.loads(filled) == {"n": 3, "t": "votepipe", "l": [1]}


def test_a_text_within_quotes_is_not_quoted_again_nor_escaped() -> None:
    assert template('"<s> says <t>"', s="$.source", t="$.detail.text") == (
        '"votepipe says say "hi""'
    )


def test_an_object_within_quotes_loses_its_own() -> None:
    assert template('"got <d>"', d="$.detail.list") == '"got [1]"'
    assert template('"got <aws.events.event>"') == '"got {id:1,source:votepipe}"'


def test_what_is_not_there_leaves_nothing() -> None:
    assert template('"<x>"', x="$.detail.missing") == '""'


def test_the_words_of_eventbridge_are_known() -> None:
    filled = template('[<aws.events.rule-name>, <aws.events.rule-arn>, '
                      "<aws.events.event.ingestion-time>, <aws.events.event.json>]")  # fmt: skip

    assert json.loads(filled) == ["Rule", RULE, "1970-01-01T00:00:00Z", EVENT]


def test_a_name_that_no_path_sets_is_refused() -> None:
    with pytest.raises(Unmodelled, match="names 'y', which no path sets"):
        template("<y>", x="$.id")
