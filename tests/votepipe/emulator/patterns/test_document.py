"""votepipe/emulator/patterns/document.py: what is read, and what is said of what cannot be read."""

from collections import OrderedDict

import pytest

from votepipe.emulator.patterns import InvalidPattern, UnreadableEvent, compile, matches  # noqa: A004 - ours
from votepipe.emulator.patterns.document import Members, load_event, load_pattern

DEEP = 200_000


def test_a_pattern_keeps_repeated_keys_in_order():
    loaded = load_pattern('{"a": ["x"], "b": {"c": [1]}, "a": ["y"]}')

    assert loaded == [("a", ["x"]), ("b", [("c", [1])]), ("a", ["y"])]
    assert isinstance(loaded[1][1], Members)


def test_a_parsed_pattern_reads_like_its_text():
    assert load_pattern({"a": ({"prefix": "x"},)}) == load_pattern('{"a": [{"prefix": "x"}]}')


def test_an_event_keeps_the_last_value_and_merges_objects():
    loaded = load_event('{"a": {"x": 1, "y": 1}, "b": 1, "a": {"y": 2}, "b": [2]}')

    assert loaded == {"a": {"x": 1, "y": 2}, "b": [2]}


def test_an_event_that_is_a_mapping_is_passed_through():
    event = OrderedDict(source="votepipe")

    assert load_event(event) is event
    assert compile({"source": ["votepipe"]}).matches(event)


@pytest.mark.parametrize(
    ("text", "fact", "place"),
    [
        ('{"source": [votepipe]}', "Expecting value", "At line 1, column 13."),
        ('{"source":\n["votepipe"]\n"a": [1]}', "Expecting ',' delimiter", "At line 3, column 1."),
        ('{"source": ["votepipe"]} x', "Extra data", "At line 1, column 26."),
        ("", "Expecting value", "At line 1, column 1."),
    ],
)
def test_bad_json_in_a_pattern(text, fact, place):
    with pytest.raises(InvalidPattern, match=f"Filter is not valid JSON: .*{fact}") as caught:
        load_pattern(text)

    assert caught.value.__notes__[0].startswith(place)
    assert "Check quotes" in caught.value.__notes__[0]


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_javascript_numbers_are_no_json(constant):
    with pytest.raises(InvalidPattern, match=f"{constant} is not a JSON number"):
        load_pattern(f'{{"score": [{constant}]}}')
    with pytest.raises(UnreadableEvent, match=f"{constant} is not a JSON number"):
        load_event(f'{{"score": {constant}}}')


def test_bad_json_in_an_event():
    with pytest.raises(UnreadableEvent, match=r"not valid JSON: .* at line 1, column 12\. Check"):
        load_event('{"source": votepipe}')


@pytest.mark.parametrize(
    ("event", "kind"),
    [("[]", "a list"), ('"x"', "a text"), ("1", "a number"), ("null", "null"), (5.0, "a number")],
)
def test_an_event_that_is_no_object(event, kind):
    with pytest.raises(UnreadableEvent, match=f"not a JSON object but {kind}. Give an object"):
        matches({"source": ["votepipe"]}, event)


def test_texts_nested_beyond_reason_are_refused_clearly():
    with pytest.raises(InvalidPattern, match="nested too deeply"):
        load_pattern('{"a":' * DEEP + "[1]" + "}" * DEEP)
    with pytest.raises(UnreadableEvent, match="nested too deeply"):
        load_event('{"a":' * DEEP + "1" + "}" * DEEP)
