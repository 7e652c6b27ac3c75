"""votepipe/project/sync.py: the template's blocks follow the sinks, and nothing else changes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from votepipe.project import checkout, generated
from votepipe.project.sync import FILES, SyncError, block, check, resources, synced

TEMPLATE = """\
# A comment by hand.
Parameters:
  Days:   {Type: Number}   # with odd spaces
  # >>> settings of the sinks
  # <<< settings of the sinks
Conditions:
  # >>> which sinks are on
  # <<< which sinks are on
Resources:
  VotesBus:
    Type: AWS::Events::EventBus
  EnrichRole: {Type: AWS::IAM::Role}
  VotesPipe:
    DependsOn:
      - VotesPipePolicy
      # >>> what the pipe waits for
      # <<< what the pipe waits for
  # >>> resources of the sinks
  # <<< resources of the sinks
Outputs: {}
"""
SINK = '''"""Post each vote to {name}."""
from dataclasses import dataclass
from typing import Literal
from votepipe import Event, Secret, setting, sink
from votepipe.plugins import Resources

@dataclass(frozen=True, kw_only=True)
class Settings:
    {settings}

@sink(events=["VoteCast"], settings=Settings{options})
def handler(event: Event, settings: Settings) -> None:
    pass
'''
URL = "url: Secret = setting('Address')"


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their long ones."""


Loader.add_multi_constructor(
    "!", lambda loader, name, node: {name: getattr(loader, f"construct_{node.id}")(node)}
)


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """Put a sink into a checkout."""

    def put(name: str, settings: str = URL, options: str = "") -> None:
        path = tmp_path / "sinks" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(SINK.format(name=name, settings=settings, options=options))

    return put


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Bring a template in step with the checkout."""
    return lambda template=TEMPLATE: synced(template, resources(tmp_path))


def read(text: str) -> dict[str, Any]:
    """A template's content."""
    content: dict[str, Any] = yaml.load(text, Loader)
    return content


def test_a_sink_brings_all_its_resources(put, write) -> None:
    put("chat_room")

    added = set(read(write())["Resources"]) - {"VotesBus", "EnrichRole", "VotesPipe"}

    assert added == {
        f"ChatRoom{each}"
        for each in [
            *("Rule", "Queue", "DeadLetters", "QueuePolicy", "DeadLettersPolicy"),
            *("DeadLettersAlarm", "StuckAlarm", "Secret", "Sink", "Role", "Logs"),
        ]
    }


def test_the_options_of_a_sink_are_in_its_resources(put, write) -> None:
    put(
        "chat",
        options=", where={'vote': {'voteType': ['thumbsdown']}}, max_attempts=7, enabled=False,"
        " resources=Resources(timeout=20, memory=512, batch_size=3, max_concurrency=5,"
        " policies=[{'Effect': 'Allow', 'Action': ['ses:SendEmail'],"
        " 'Resource': {'Fn::Sub': 'arn:${AWS::Partition}:ses'}}])",
    )

    template = read(write())

    assert template["Parameters"]["ChatEnabled"]["Default"] == "false"
    found = template["Resources"]
    function = found["ChatSink"]["Properties"]
    assert (function["Timeout"], function["MemorySize"]) == (20, {"Ref": "ChatMemory"})
    assert template["Parameters"]["ChatMemory"]["Default"] == 512
    assert template["Parameters"]["ChatConcurrency"]["Default"] == "5"
    assert function["Handler"] == "sinks.chat.handler"
    assert function["Environment"]["Variables"]["VOTEPIPE_SINK"] == "chat"
    source = function["Events"]["Queue"]["Properties"]
    assert source["BatchSize"] == 3
    assert found["ChatQueue"]["Properties"]["VisibilityTimeout"] == 6 * 20
    assert function["Environment"]["Variables"]["MAX_ATTEMPTS"] == "7"
    assert found["ChatRule"]["Properties"]["EventPattern"] == {
        "source": ["votepipe"],
        "detail-type": ["VoteCast"],
        "detail": {"vote": {"voteType": ["thumbsdown"]}},
    }
    statements = found["ChatRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert statements[-1]["Action"] == ["ses:SendEmail"]


def test_a_setting_that_is_on_lets_more_events_through(put, write) -> None:
    put(
        "chat",
        "live: bool = setting('T', default=False, events=['VoteChanged'])",
        options=", resources=Resources(delay={'Fn::If': ['ChatLiveIsOn', 5, 0]})",
    )

    template = read(write())

    added = {"Fn::If": ["ChatLiveIsOn", "VoteChanged", {"Ref": "AWS::NoValue"}]}
    pattern = template["Resources"]["ChatRule"]["Properties"]["EventPattern"]
    assert pattern["detail-type"] == ["VoteCast", added]
    delay = template["Resources"]["ChatQueue"]["Properties"]["DelaySeconds"]
    assert delay == {"Fn::If": ["ChatLiveIsOn", 5, 0]}
    condition = template["Conditions"]["ChatLiveIsOn"]
    assert condition == {"Equals": [{"Ref": "ChatLive"}, "true"]}


@pytest.mark.parametrize(
    ("setting", "parameter"),
    [
        ("x: str = setting('T')", {"Type": "String", "Default": ""}),
        ("x: str = setting('T', default='a')", {"Type": "String", "Default": "a"}),
        ("x: int = setting('T', default=3)", {"Type": "Number", "Default": "3"}),
        ("x: int = setting('T')", {"Type": "String", "Default": ""}),
        (
            "x: bool = setting('T', default=False)",
            {"Type": "String", "Default": "false", "AllowedValues": ["true", "false"]},
        ),
        (
            "x: Literal['a', 'b'] = setting('T', default='b')",
            {"Type": "String", "Default": "b", "AllowedValues": ["a", "b"]},
        ),
        ("x: tuple[str, ...] = setting('T', default=('a', 'b'))", {"Default": "a,b"}),
    ],
)
def test_a_setting_is_a_parameter_and_a_variable(put, write, setting, parameter) -> None:
    put("chat", setting)

    found = read(write())

    assert {"Description": "T", **parameter}.items() <= found["Parameters"]["ChatX"].items()
    variables = found["Resources"]["ChatSink"]["Properties"]["Environment"]["Variables"]
    assert variables["CHAT_X"] == {"Ref": "ChatX"}


@pytest.mark.parametrize(
    "words",
    ['it\'s "odd": # - &a *b', "a\x7fe", "{{ x }} {% y %}"],
)
def test_words_of_plugins_stay_words(put, write, words: str) -> None:
    put("chat", f"x: str = setting({words!r}, default={words!r})")

    parameter = read(write())["Parameters"]["ChatX"]

    assert (parameter["Description"], parameter["Default"]) == (words, words)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("“x” – 'xoxb-…'", "\"x\" - 'xoxb-...'"),
        ("Schlüssel für 👍", "Schlussel fur ?"),
        ("a\u2028b\x85c\ufeffd", "a?b?c?d"),
    ],
)
def test_what_cloudformation_would_give_back_as_question_marks_is_ascii(
    put, write, text: str, kept: str
) -> None:
    put("chat", f"x: str = setting({text!r}, default='✨')\n    y: Secret = setting({text!r})")

    found = read(write())

    parameter = found["Parameters"]["ChatX"]
    secret = found["Resources"]["ChatSecret"]["Properties"]
    assert parameter["Default"] == ""
    assert parameter["Description"] == f"{kept}; empty for the default in its file"
    assert secret["Description"].endswith(f"y: {kept}")
    assert write().isascii()


def test_a_choice_that_is_not_ascii_is_refused(put, write) -> None:
    put("chat", "x: Literal['up', '👍'] = setting('T', default='up')")

    with pytest.raises(SyncError) as error:
        write()

    assert str(error.value) == (
        "Sink 'chat': '👍', a choice of 'x', is not ASCII, which CloudFormation reads back as '?'. "
        "Use ASCII."
    )


def test_the_same_sinks_give_the_same_bytes(put, write) -> None:
    put("zebra")
    put("chat")
    first = write()
    (text,) = {write(), write(first)}

    assert text == first
    assert first.index("ChatRule:") < first.index("ZebraRule:")


def test_nothing_outside_of_the_blocks_changes(put, write) -> None:
    put("chat")
    template = TEMPLATE.replace("\n", "\r\n")

    after = write(template)

    for name in FILES:
        after = generated.replaced(after, name, "")
    assert after == template


def test_a_sink_that_is_gone_takes_its_resources_along(put, write, tmp_path: Path) -> None:
    put("chat")
    only_chat = write()
    put("email")
    both = write(only_chat)
    (tmp_path / "sinks" / "email.py").unlink()

    assert "EmailQueue" in both
    assert write(both) == only_chat


@pytest.mark.parametrize("name", ["enrich", "votes_bus"])
def test_a_name_that_clashes_with_what_stands_outside(put, write, name: str) -> None:
    put(name)
    clash = {"enrich": "EnrichRole", "votes_bus": "VotesBusQueue"}[name]
    template = TEMPLATE.replace("  EnrichRole:", "  VotesBusQueue: {}\n  EnrichRole:")

    with pytest.raises(SyncError) as error:
        write(template)

    assert str(error.value) == (
        f"Sink '{name}' needs the logical id '{clash}', which is in use: "
        "template.yaml, outside of what is generated. Rename the sink or its setting."
    )


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (("chat", "queue: str = setting('T')"), None, "ChatQueue"),
        (("chat", "enabled: bool = setting('T')"), None, "ChatEnabled"),
        (
            ("chat", "room_x: str = setting('T')"),
            ("chat_room", "x: str = setting('T')"),
            "ChatRoomX",
        ),
        (("chat", URL), ("chat_sink", URL), "ChatSinkQueue"),
        (("a_1", URL), ("a1", URL), "A1Enabled"),
        (("chat", "memory: int = setting('T')"), None, "ChatMemory"),
    ],
    ids=[
        "own resource",
        "own switch",
        "parameter of another",
        "the event source that SAM names",
        "same start",
        "own memory",
    ],
)
def test_names_that_clash_among_sinks(put, write, first, second, clash) -> None:
    for each in filter(None, (first, second)):
        put(*each)

    with pytest.raises(SyncError, match=f"needs the logical id '{clash}', which is in use: sink "):
        write()


def test_an_enricher_must_not_take_a_name_of_a_sink() -> None:
    with pytest.raises(SyncError, match=r"^Enricher 'chat' needs .* in use: sink 'chat'"):
        check(set(), {"chat": ["ChatX"]}, {"chat": ["ChatX"]})


ROOM = "room: str = setting({0!r})"


@pytest.mark.parametrize(
    ("name", "settings", "options", "said"),
    [
        ("chat", ROOM.format("x" * 4001), "", "The text of 'room' has 4,001 characters, and AWS "),
        ("chat", "url: Secret = setting('" + "x" * 2048 + "')", "", "The texts of its secrets has"),
        ("chat", "url: Secret = setting('as ${Room}')", "", "The texts of its secrets holds '${Ro"),
        ("chat", "url: Secret = setting('{{resolve:ssm:a}}')", "", "secrets holds '{{resolve:'"),
        (
            "chat",
            URL,
            ", where={'vote': {'voter': ['"
            + "x" * 999
            + "', '"
            + "y" * 999
            + "', '"
            + "z" * 99
            + "']}}",
            "has 2,1",
        ),
        ("chat", URL, ", where={'vote': {'voter': ['${AWS::Region}']}}", "'${AWS::Region}'"),
        ("chat", "room: str = setting('T', default='" + "x" * 4097 + "')", "", "The default of 'r"),
    ],
)
def test_what_aws_would_refuse(put, write, name, settings, options, said) -> None:
    put(name, settings, options)

    with pytest.raises(SyncError) as error:
        write()

    assert str(error.value).startswith(f"Sink '{name}': ")
    assert said in str(error.value)


def test_a_docstring_of_more_than_256_characters(put, write, tmp_path: Path) -> None:
    put("chat")
    path = tmp_path / "sinks" / "chat.py"
    path.write_text(path.read_text().replace("Post each vote to chat.", "x" * 256))
    write()
    path.write_text(path.read_text().replace("x" * 256, "x" * 302))

    with pytest.raises(
        SyncError,
        match=r"^Sink 'chat': The docstring's first line has 302 characters, and AWS takes 256\. "
        r"Shorten it\.$",
    ):
        write()


def test_a_setting_may_hold_what_is_no_reference_there(put, write) -> None:
    put("chat", "room: str = setting('Such as ${name}', default='${count} votes')")

    assert "${count} votes" in write()


def test_there_may_be_no_sinks_at_all(write) -> None:
    assert write() == TEMPLATE
    assert block(generated.RESOURCES, []) == ""


def test_this_checkout_is_in_step() -> None:
    root = checkout(Path(__file__))
    text = (root / "template.yaml").read_bytes().decode()

    in_step = synced(text, resources(root)) == text

    assert in_step, "template.yaml is not in step with sinks/. Run: votepipe sync"
