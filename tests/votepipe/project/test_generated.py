"""votepipe/project/generated.py: the marked lines of a template, and all others."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe.project.generated import (
    RESOURCES,
    SETTINGS,
    SyncError,
    by_id,
    has,
    ids,
    inside,
    outside,
    replaced,
    text,
)

TEMPLATE = """\
Parameters:
  Days: # kept
    Type: Number
  # >>> settings of the sinks, by hand: never
  ChatEmoji:
    Type: String
  # <<< settings of the sinks
Conditions:
  IsAws: !Equals [a, b]
  # >>> which sinks are on
  # <<< which sinks are on
Resources:

  Bus:
    Type: AWS::Events::EventBus
  # >>> resources of the sinks
  # chat: Post.

  ChatRule:
    Type: AWS::Events::Rule
  # <<< resources of the sinks
"""


def test_what_stands_between_the_markers() -> None:
    assert inside(TEMPLATE, SETTINGS) == "  ChatEmoji:\n    Type: String\n"


def test_only_the_lines_between_the_markers_are_replaced() -> None:
    start, end = TEMPLATE.index("  ChatEmoji"), TEMPLATE.index("  # <<< settings")

    after = replaced(TEMPLATE, SETTINGS, "  A:\n    B: 1")

    assert after == TEMPLATE[:start] + "  A:\n    B: 1\n" + TEMPLATE[end:]


def test_a_block_can_be_emptied() -> None:
    assert inside(replaced(TEMPLATE, SETTINGS, ""), SETTINGS) == ""


def test_ends_of_lines_are_those_of_the_marker() -> None:
    template = TEMPLATE.replace("\n", "\r\n")

    after = replaced(template, SETTINGS, "  A:\n    B: 1")

    assert inside(after, SETTINGS) == "  A:\r\n    B: 1\r\n"
    assert after.count("\n") == after.count("\r\n")


LINES = st.text(st.characters(exclude_characters="#<>", exclude_categories=["Cs"]), max_size=40)


@given(LINES, LINES, st.sampled_from(["\n", "\r\n"]))
def test_every_other_byte_stays(above: str, below: str, newline: str) -> None:
    marked = TEMPLATE.replace("\n", newline)
    template = f"{above}{newline}{marked}{below}"

    after = replaced(template, RESOURCES, "  A: 1")

    start, end = template.index("  # chat"), template.index("  # <<< resources")
    assert after == template[:start] + f"  A: 1{newline}" + template[end:]


@pytest.mark.parametrize(
    "spoilt",
    [
        TEMPLATE.replace("# >>> settings of the sinks", "# settings"),
        TEMPLATE.replace("# <<< settings of the sinks", "# settings"),
        TEMPLATE + "  # >>> settings of the sinks\n",
        TEMPLATE.replace(">>> settings", "=== settings")
        .replace("<<< settings", ">>> settings")
        .replace("=== settings", "<<< settings"),
    ],
    ids=["no start", "no end", "two starts", "the wrong order"],
)
def test_markers_that_are_not_right(spoilt: str) -> None:
    with pytest.raises(SyncError) as error:
        replaced(spoilt, SETTINGS, "")

    assert str(error.value) == (
        "template.yaml must hold the lines '# >>> settings of the sinks' and "
        "'# <<< settings of the sinks' once each, in this order. Put them back."
    )


def test_the_texts_of_a_block_by_logical_id() -> None:
    text = "  # one\n\n  A:\n    X: 1\n  # two\n  B:\n    Y: 2\n"

    assert by_id(text) == {"A": "  A:\n    X: 1\n", "B": "  B:\n    Y: 2\n"}


def test_the_logical_ids_of_a_block_as_often_as_they_stand_there() -> None:
    assert ids("  A:\n    X: 1\n  B:\n  A:\n") == ["A", "B", "A"]


def test_the_logical_ids_outside_are_parameters_conditions_and_resources() -> None:
    assert outside(TEMPLATE) == {"Days", "IsAws", "Bus"}


def test_what_is_outside_can_be_told_when_the_blocks_are_spoilt() -> None:
    assert outside(replaced(TEMPLATE, RESOURCES, "  a: [")) == {"Days", "IsAws", "Bus"}


def test_a_template_that_is_not_yaml() -> None:
    line = TEMPLATE.splitlines().index("  IsAws: !Equals [a, b]") + 1

    with pytest.raises(SyncError, match=rf"^template.yaml is not YAML, line {line + 3}: "):
        outside(TEMPLATE.replace("[a, b]", "[a, b"))


@pytest.mark.parametrize("character", ["\x0c", "\x00", "\x1b"])
def test_a_character_that_yaml_does_not_have(character: str) -> None:
    line = TEMPLATE.splitlines().index("Conditions:") + 1

    with pytest.raises(
        SyncError,
        match=rf"^template.yaml is not YAML, line {line}: the character "
        rf"U\+{ord(character):04X}\. Remove it\.$",
    ):
        outside(TEMPLATE.replace("Conditions:", f"Conditions: # a{character}b"))


@pytest.mark.parametrize("content", [b"A:\n# \xff\n", "A:\n# é".encode("latin-1")])
def test_a_file_that_is_not_utf_8(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_bytes(content)

    with pytest.raises(SyncError, match=r"^template.yaml is not UTF-8, line 2\. Save it as UTF"):
        text(path)


@pytest.mark.parametrize(("name", "there"), [(SETTINGS, True), ("words of the poets", False)])
def test_whether_a_block_is_marked(name: str, there: bool) -> None:
    assert has(TEMPLATE, name) is there
