"""votepipe/emulator/pipes/paths.py: `$.path`s of target parameters."""

import pytest

from votepipe.emulator.pipes.paths import MissingPath, compile_path, compile_value

EVENT = {"type": "VoteCast", "list": [{"a-b": 1}, {"a-b": 2}], "deep": {"er": {"x/y": "z"}}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.type", "VoteCast"),
        ("$.deep.er.x/y", "z"),
        ("$.list[1].a-b", 2),
    ],
)
def test_reads_the_event(path, value):
    assert compile_path(path)(EVENT) == value


@pytest.mark.parametrize("path", ["$.absent", "$.type.x", "$.list[2]", "$.deep[0]", "$.type[0].x"])
def test_says_when_there_is_nothing(path):
    with pytest.raises(MissingPath, match=r"^\$"):
        compile_path(path)(EVENT)


@pytest.mark.parametrize("path", ["type", "$type", "$.", "$.a b", "$.list[*]", "$.list[x]", "$.a."])
def test_refuses_what_is_no_path(path):
    with pytest.raises(ValueError, match=r".*"):
        compile_path(path)


def test_a_static_value_stands_for_itself():
    assert compile_value("VoteCast")({}) == "VoteCast"


def test_a_value_that_is_a_path_reads_the_event():
    assert compile_value("$.type")(EVENT) == "VoteCast"
