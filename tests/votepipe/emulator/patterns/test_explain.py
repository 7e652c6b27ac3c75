"""votepipe/emulator/patterns/explain.py: reasons that agree with the verdict, for any input."""

import pytest

from votepipe.emulator.patterns import Explanation, explain

PATTERN = {
    "source": ["votepipe"],
    "detail": {"type": ["VoteCast", {"prefix": "Vote"}], "vote": {"voter": [{"exists": False}]}},
}


def test_a_match_field_by_field():
    explanation = explain(PATTERN, {"source": "votepipe", "detail": {"type": "VoteChanged"}})

    assert explanation.matched
    assert str(explanation).splitlines() == [
        "match",
        '  ✓ detail.type: "VoteChanged"; wanted "VoteCast" or prefix "Vote"',
        "  ✓ detail.vote.voter: absent; wanted does not exist",
        '  ✓ source: "votepipe"; wanted "votepipe"',
    ]


def test_what_does_not_match_is_marked():
    event = {"source": "x", "detail": {"type": "VoteCast", "vote": {"voter": None}}}
    explanation = explain(PATTERN, event)

    assert not explanation.matched
    assert [(field.path, field.matched, field.found) for field in explanation.fields] == [
        ("detail.type", True, '"VoteCast"'),
        ("detail.vote.voter", False, "null"),
        ("source", False, '"x"'),
    ]


def test_fields_that_match_in_different_elements():
    pattern = {"answers": {"field": ["mood"], "text": ["good"]}}
    event = {"answers": [{"field": "mood", "text": "bad"}, {"field": "pace", "text": "good"}]}
    explanation = explain(pattern, event)

    assert not explanation.matched
    assert all(field.matched for field in explanation.fields)
    assert "no single element" in str(explanation)


def test_a_field_that_is_absent_in_one_element_only():
    pattern = {"answers": {"a": ["mood"], "b": [{"exists": False}]}}
    explanation = explain(pattern, {"answers": [{"a": "mood"}, {"b": "x"}]})

    assert explanation.matched
    assert all(field.matched for field in explanation.fields)


def test_each_way_of_or():
    pattern = {"$or": [{"a": [1]}, {"b": [1]}, {"c": [1]}]}

    missed = explain(pattern, {"a": 2})
    assert "way 3 of 3:" in str(missed)
    met = explain(pattern, {"b": 1})
    assert [branch.matched for branch in met.branches] == [False, True, False]
    assert [field.path for field in met.fields] == ["b"]
    assert "✗" not in str(met)


def test_long_and_many_values_are_cut():
    text = str(explain({"a": [1]}, {"a": ["x" * 500, 2, 3, 4, 5]}))

    assert "…" in text
    assert "and 2 more" in text
    assert len(text) < 200


def test_many_ways_are_cut():
    pattern = {"$or": [{"a": [number]} for number in range(50)]}

    assert str(explain(pattern, {})).splitlines()[-1] == "and 45 more ways"


@pytest.mark.parametrize(
    ("pattern", "event", "said"),
    [
        ({"a": 1}, {}, "must be an object or an array\nAt a. Put the value in brackets: [1]."),
        ("{", {}, "Filter is not valid JSON"),
        (None, {}, "Filter is not an object"),
        ({"a": [1]}, "{", "The event is not valid JSON"),
        ({"a": [1]}, None, "not a JSON object but null"),
        ({"a": [object()]}, {}, "Match value must be String"),
    ],
)
def test_input_that_is_not_valid(pattern, event, said):
    explanation = explain(pattern, event)

    assert isinstance(explanation, Explanation)
    assert not explanation.matched
    assert explanation.fields == ()
    assert said in str(explanation)


def test_what_a_pipe_does_not_support():
    assert "not supported in pipe" in explain({"a": [{"wildcard": "*"}]}, {}, for_pipe=True).error


def test_values_that_json_cannot_hold():
    assert "✗ a" in str(explain({"a": [1]}, {"a": {1, 2}}))


def test_it_agrees_with_the_verdict(vector):
    explanation = explain(vector["pattern"], vector["event"])

    assert explanation.matched is (vector["expect"] == "match")
    if vector["expect"] in ("match", "no match"):
        assert str(explanation).startswith(vector["expect"])
        assert bool(explanation.branches)
    else:
        assert vector["expect"] in explanation.error
