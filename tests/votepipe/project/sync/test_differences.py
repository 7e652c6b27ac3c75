"""votepipe/project/differences.py: what changed, and what a deploy does with it."""

from pathlib import Path
from typing import Any

import pytest

from votepipe.project.sync import resources, synced
from votepipe.project.sync.differences import differences, written

EMPTY = """\
Parameters:
  # >>> settings of the sinks
  # <<< settings of the sinks
Conditions:
  # >>> which sinks are on
  # <<< which sinks are on
Resources:
  VotesPipe:
    DependsOn:
      - VotesPipePolicy
      # >>> what the pipe waits for
      # <<< what the pipe waits for
  # >>> resources of the sinks
  # <<< resources of the sinks
"""
SINK = '''"""Post each vote to a room."""
from dataclasses import dataclass
from votepipe import Secret, setting, sink
from votepipe.plugins import Resources

@dataclass(frozen=True, kw_only=True)
class Settings:
    emoji: str = setting("Sign", default="✨")
    {secret}

@sink(events=["{events}"], settings=Settings{options})
def handler(event, settings):
    pass
'''
SECRET = "url: Secret = setting('Address')"
CHAT = (
    "ChatEnabled, ChatConcurrency, ChatMemory, ChatEmoji, ChatRule, ChatQueue, ChatDeadLetters, "
    "ChatQueuePolicy, ChatDeadLettersPolicy, ChatDeadLettersAlarm, ChatStuckAlarm, ChatSecret, "
    "ChatSink, ChatRole, ChatLogs"
)


@pytest.fixture
def template(tmp_path: Path) -> Any:
    """The template of a checkout with these sinks: a name, and what is special about it."""
    folder = tmp_path / "sinks"
    folder.mkdir()

    def template(**sinks: dict[str, str]) -> str:
        for path in folder.glob("*.py"):
            path.unlink()
        for name, special in sinks.items():
            given = {"secret": SECRET, "events": "VoteCast", "options": "", **special}
            (folder / f"{name}.py").write_text(SINK.format(**given))
        return synced(EMPTY, resources(tmp_path))

    return template


def left(name: str, kept: str) -> str:
    """What is said of a sink that is gone."""
    return (
        f"  The next deploy takes '{name}' out of the stack and keeps {kept} in the account. "
        "Nothing delivers what waits there; SQS keeps it for 14 days. "
        "Delete them once they are not needed."
    )


def test_what_a_template_holds_is_found_by_sink(template) -> None:
    found = written(template(chat={}, a_room={"secret": "pass"}))

    assert {name: sink.id for name, sink in found.items()} == {"a_room": "ARoom", "chat": "Chat"}
    assert ", ".join(found["chat"].entries) == CHAT
    assert [sink.has_secret for sink in found.values()] == [False, True]


def test_it_is_found_where_lines_end_otherwise(template) -> None:
    text = template(chat={}).replace("\n", "\r\n")

    assert ", ".join(written(text)["chat"].entries) == CHAT


def test_nothing_changed(template) -> None:
    text = template(chat={})

    assert list(differences(text, text)) == []


def test_a_new_sink(template) -> None:
    assert list(differences(EMPTY, template(chat={}))) == [f"+ sink 'chat': {CHAT}"]


def test_what_waits_in_a_sink_that_is_gone_is_kept(template) -> None:
    before = template(chat={}, room={})

    assert list(differences(before, template(room={}))) == [
        f"- sink 'chat': {CHAT}",
        left("chat", "its two queues and its secret"),
    ]


def test_a_sink_that_is_gone_changes_no_neighbour(template) -> None:
    said = differences(template(chat={}, room={}, zoo={}), template(chat={}))

    assert not [line for line in said if line.startswith("~")]


def test_a_sink_on_a_schedule_is_told_with_its_timer(template) -> None:
    text = template(chat={}).replace("ChatRule", "ChatTimer")

    (line, *_) = differences(text, EMPTY)

    assert line == f"- sink 'chat': {CHAT.replace('ChatRule', 'ChatTimer')}"


def test_a_sink_without_a_secret_loses_none(template) -> None:
    before = template(chat={"secret": "pass"})

    assert list(differences(before, EMPTY))[-1] == left("chat", "its two queues")


def test_a_changed_sink(template) -> None:
    before = template(chat={})
    after = template(chat={"options": ", resources=Resources(timeout=5)"})

    assert list(differences(before, after)) == ["~ sink 'chat': ChatQueue, ChatSink"]


def test_a_sink_that_gives_up_its_secret(template) -> None:
    before = template(chat={})
    after = template(chat={"secret": "pass"})

    assert list(differences(before, after)) == [
        "~ sink 'chat': ChatSink, ChatRole",
        "- sink 'chat': ChatSecret",
        "  The next deploy takes the secret of 'chat' out of the stack and keeps it in the "
        "account. Delete it there.",
    ]


def test_a_renamed_sink_is_replaced(template) -> None:
    before = template(chat={})
    after = template(talk={})

    lines = list(differences(before, after))

    assert lines[:2] == [f"+ sink 'talk': {CHAT.replace('Chat', 'Talk')}", f"- sink 'chat': {CHAT}"]
    assert "\n".join(lines[2:]).splitlines() == [
        "  'talk' replaces 'chat': everything of it is made anew.",
        left("chat", "its two queues and its secret"),
        "  Values given to its parameters must be given to the new ones. "
        "Then run: votepipe secret set talk",
    ]


@pytest.mark.parametrize(
    "other", [{"events": "VoteChanged"}, {"secret": "pass"}], ids=["other events", "no secret"]
)
def test_another_sink_in_its_place_is_no_rename(template, other) -> None:
    lines = "\n".join(differences(template(chat={}), template(talk=other)))

    assert "replaces" not in lines
    assert "takes 'chat' out of the stack" in lines


def test_a_schema_that_changes_is_named() -> None:
    name = "schemas of the events"
    block = f"  # >>> {name}\n  VoteCastSchemaV1:\n    Content: %s\n  # <<< {name}\n"

    lines = list(differences(EMPTY + block % 1, EMPTY + block % 2))

    assert lines == ["~ schemas of the events: VoteCastSchemaV1"]
