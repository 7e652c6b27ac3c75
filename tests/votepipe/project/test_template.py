"""votepipe/project/template.py: the template as written, and as AWS sees it."""

import os
from pathlib import Path

import pytest

from votepipe.project.generated import SyncError
from votepipe.project.template import differing, read, translated

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, CodeUri: .}
Resources:
  Queue:
    Type: AWS::SQS::Queue
  Sink:
    Type: AWS::Serverless::Function
    Properties:
      Handler: sinks.chat.handler
      Role: !Sub arn:${AWS::Partition}:iam::1:role/r
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 1}
"""


def test_short_intrinsics_are_read_in_their_long_form(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)

    properties = read(tmp_path)["Resources"]["Sink"]["Properties"]

    assert properties["Role"] == {"Fn::Sub": "arn:${AWS::Partition}:iam::1:role/r"}
    assert properties["Events"]["Queue"]["Properties"]["Queue"] == {"Fn::GetAtt": ["Queue", "Arn"]}


def test_functions_and_their_sources_become_plain_resources(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    template = read(tmp_path)

    found = translated(template)["Resources"]

    assert {name: each["Type"] for name, each in found.items()} == {
        "Queue": "AWS::SQS::Queue",
        "Sink": "AWS::Lambda::Function",
        "SinkQueue": "AWS::Lambda::EventSourceMapping",
    }
    assert template == read(tmp_path)


def test_it_needs_no_region_of_the_shell(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert translated(read(tmp_path))
    assert "AWS_DEFAULT_REGION" not in os.environ


@pytest.mark.parametrize("last", ["A: [", "# \x0c", "\tA: b"])
def test_what_cannot_be_read_is_named_by_its_line(last: str, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(f"{TEMPLATE}\n{last}\n")

    with pytest.raises(SyncError, match=r"^template.yaml is not YAML, line \d+: "):
        read(tmp_path)


def test_characters_that_come_back_as_question_marks_are_no_difference() -> None:
    here = {"Resources": {"Rule": {"Pattern": "a 👍 b"}, "Other": {"Pattern": "c"}}}
    there = {"Resources": {"Rule": {"Pattern": "a ?? b"}, "Other": {"Pattern": "d"}}}

    assert differing(here, there) == ["Other"]
