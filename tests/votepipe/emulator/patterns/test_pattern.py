"""votepipe/emulator/patterns/pattern.py: every vector, by every way in."""

import pytest

from votepipe.emulator import patterns
from votepipe.emulator.patterns import InvalidPattern, Pattern, matches

VERDICTS = {True: "match", False: "no match"}
PATTERN = {"source": ["votepipe"]}


def verdict(ask, *arguments):
    try:
        return VERDICTS[ask(*arguments)]
    except InvalidPattern as error:
        return error.reason


def test_compiled(vector):
    got = verdict(lambda p, e: patterns.compile(p).matches(e), vector["pattern"], vector["event"])

    assert got == vector["expect"]


def test_as_text(vector, as_json):
    assert (
        verdict(matches, as_json(vector["pattern"]), as_json(vector["event"])) == (vector["expect"])
    )


def test_once(vector):
    assert verdict(matches, vector["pattern"], vector["event"]) == vector["expect"]


def test_by_the_reference(judged, reference_matches):
    assert VERDICTS[reference_matches(judged["pattern"], judged["event"])] == judged["expect"]


def test_there_are_enough_vectors_of_each_kind(vectors):
    kinds = [v["expect"] if v["expect"] in VERDICTS.values() else "refused" for v in vectors]

    assert len(vectors) == len({vector["name"] for vector in vectors})
    assert min(kinds.count(kind) for kind in ("match", "no match", "refused")) >= 50


def test_a_compiled_pattern_can_be_called():
    compiled = patterns.compile(PATTERN)

    assert isinstance(compiled, Pattern)
    assert compiled({"source": "votepipe"})
    assert not compiled({"source": "elsewhere"})


def test_bytes_are_json_too():
    assert matches(b'{"source": ["votepipe"]}', b'{"source": "votepipe"}')


def test_a_text_pattern_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(InvalidPattern, match="Empty arrays"):
            matches('{"source": []}', "{}")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([{"wildcard": "a*"}], "wildcard is not supported in pipe filters"),
        ([{"anything-but": {"prefix": "a"}}], "anything-but with prefix is not supported"),
        ([{"anything-but": {"suffix": "a"}}], "anything-but with suffix is not supported"),
        ([{"anything-but": {"wildcard": "a"}}], "anything-but with wildcard is not supported"),
        (
            [{"anything-but": {"equals-ignore-case": ["a"]}}],
            "anything-but with equals-ignore-case is not supported",
        ),
    ],
)
def test_a_pipe_refuses_what_a_rule_takes(values, reason):
    pattern = {"eventName": values}

    patterns.compile(pattern)
    for ask in (patterns.compile, lambda p, **how: matches(p, {}, **how)):
        with pytest.raises(InvalidPattern, match=reason):
            ask(pattern, for_pipe=True)


@pytest.mark.parametrize(
    "values",
    [
        ["INSERT", ""],
        [{"prefix": {"equals-ignore-case": "in"}}],
        [{"suffix": "T"}],
        [{"equals-ignore-case": "insert"}],
        [{"anything-but": ["REMOVE"]}],
        [{"numeric": [">", 0]}, {"exists": False}, None],
    ],
)
def test_a_pipe_takes_the_rest(values):
    assert patterns.compile({"$or": [{"eventName": values}, {"x": [1]}]}, for_pipe=True)({"x": 1})


def test_a_pipe_has_a_limit_of_length():
    long = {"eventName": ["x" * 4_100]}

    assert patterns.compile(long)({"eventName": "x" * 4_100})
    with pytest.raises(InvalidPattern, match="at most 4096 characters"):
        patterns.compile(long, for_pipe=True)
