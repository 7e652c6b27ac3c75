"""votepipe/dev/commands/stack.py: what the commands around a deployed stack do and print."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from votepipe.dev.commands import stack as commands
from votepipe.dev.commands.stack import doctor, secret, status, vote
from votepipe.dev.local.ministack import free_port


def test_what_is_missing_in_a_checkout(checkout: Path, votepipe) -> None:
    (checkout / ".venv-ministack").unlink()
    text = (checkout / "template.yaml").read_text()
    (checkout / "template.yaml").write_text(text.replace("  LogQueue:", "  OtherQueue:"))
    port = free_port()

    done = votepipe(checkout, "doctor", VOTEPIPE_PORT=str(port))

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "✓ SAM CLI is there." in lines
    for fact, remedy in [
        ("MiniStack is missing.", "make setup"),
        ("template.yaml is not in step with sinks/.", "Run: votepipe sync"),
    ]:
        assert lines[lines.index(f"✗ {fact}") + 1] == f"    → {remedy}"


@pytest.mark.parametrize(
    ("file", "text", "fact"),
    [
        ("sinks/fax.py", "", "A plugin cannot be loaded."),
        ("sinks/enrich.py", None, "template.yaml cannot follow sinks/."),
    ],
)
def test_plugins_that_are_not_right(checkout: Path, votepipe, file, text, fact) -> None:
    log = (checkout / "sinks" / "log.py").read_text()
    (checkout / file).write_text(log if text is None else text)

    assert f"✗ {fact}" in votepipe(checkout, "doctor").stdout.splitlines()


def test_a_stack_that_is_up(stack) -> None:
    result = CliRunner().invoke(doctor, env={"VOTEPIPE_PORT": str(stack.port)})

    assert f"✓ Stack '{stack.deployment.name}' is there" in result.output
    assert "✓ Sinks that are on and set up: " in result.output


@pytest.mark.parametrize(
    ("variable", "value", "remedy"),
    [
        (
            "AWS_PROFILE",
            "nobody",
            "AWS cannot be asked (ProfileNotFound). Correct --profile or AWS_PROFILE.",
        ),
        (
            "AWS_DEFAULT_REGION",
            None,
            "(NoRegionError). Give --region, set AWS_REGION, or a region in your AWS",
        ),
        ("AWS_ACCESS_KEY_ID", None, "Log in to AWS, for example with: aws sso login"),
    ],
)
def test_without_a_login_the_next_step_is_named(
    variable: str, value: str | None, remedy: str
) -> None:
    unset = {variable: value}
    if variable == "AWS_ACCESS_KEY_ID":
        unset["AWS_SECRET_ACCESS_KEY"] = None

    result = CliRunner().invoke(doctor, ["--stack", "votes"], env=unset)

    assert result.exit_code == 1
    fact, step = result.output.splitlines()[-2:]
    assert fact == "✗ No stack was looked at."
    assert remedy in step


def test_no_stack_is_up() -> None:
    port = free_port()

    result = CliRunner().invoke(doctor, env={"VOTEPIPE_PORT": str(port)})

    assert result.exit_code == 1
    assert result.output.splitlines()[-2:] == [
        "✗ No stack was looked at.",
        f"    → Nothing answers at http://127.0.0.1:{port}. Run: make up",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("slakc", "No sink named 'slakc'. Did you mean 'slack'?"),
        ("log", "Sink 'log' has no secret. Its settings are in the template."),
    ],
)
def test_a_sink_that_takes_none(name: str, said: str) -> None:
    result = CliRunner().invoke(secret, ["set", name])

    assert result.exit_code == 2
    assert said in result.output


@pytest.fixture
def kept(stack) -> Iterator[Any]:
    """The secret of the sink 'webhook', which holds afterwards what it held before."""
    client = stack.deployment.session.client("secretsmanager")
    arn = stack.deployment.stack.physical_id("WebhookSecret")
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    yield lambda: json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    client.put_secret_value(SecretId=arn, SecretString=before)


def put(stack, text: str) -> Result:
    """Set the secret from standard input."""
    return CliRunner().invoke(
        secret, ["set", "webhook"], input=text, env={"VOTEPIPE_PORT": str(stack.port)}
    )


def test_it_is_set_from_standard_input(stack, kept) -> None:
    values = {name: f"the {name}" for name in kept()}

    result = put(stack, json.dumps(values))

    assert result.exit_code == 0
    assert kept() == values
    assert "the " not in result.output.replace("The secret", "")


def test_what_does_not_fit_changes_nothing_and_is_not_shown(stack, kept) -> None:
    before = kept()

    result = put(stack, '{"hush": "very secret"}')

    assert result.exit_code == 1
    assert "very secret" not in f"{result.output} {result.exception}"
    assert kept() == before


def test_the_local_stack(stack) -> None:
    result = CliRunner().invoke(status, ["--json"], env={"VOTEPIPE_PORT": str(stack.port)})

    people = CliRunner().invoke(status, env={"VOTEPIPE_PORT": str(stack.port)}).output
    assert re.search(r"^endpoint +http://127\.0\.0\.1:\d+$", people, re.MULTILINE)
    assert re.search(r"^sinks on +.*\bslack\b", people, re.MULTILINE)
    assert re.search(r"^SlackDeadLetters +\d+ +\d+$", people, re.MULTILINE)
    facts = json.loads(result.output)
    assert facts["endpoint"] == stack.status["endpoint"]
    assert set(facts["SlackDeadLetters"]) == {"waiting", "in flight"}
    assert {name for name in facts if name.endswith("Queue")} == {
        name for name in stack.deployment.stack.of_type("AWS::SQS::Queue") if name.endswith("Queue")
    }


def test_a_stack_by_its_name(stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.status["endpoint"])

    result = CliRunner().invoke(status, ["--json", "--stack", stack.deployment.name])

    facts = json.loads(result.output)
    assert facts["VotesBusName"] == stack.deployment.stack.outputs["VotesBusName"]
    assert "endpoint" not in facts


STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/VotesTable/stream/2026-01-04T00:00:00.000"


@pytest.fixture
def rebuild(tables: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command for a stack that has these parameters."""

    def rebuild(own: str = "VotesTable", **parameters: str) -> Result:
        stack = SimpleNamespace(
            parameters=parameters, physical_id=lambda name: {"VotesTable": own}.get(name, name)
        )
        session = SimpleNamespace(client=lambda service: tables.client)
        found = SimpleNamespace(stack=stack, session=session)
        monkeypatch.setattr(commands, "deployment", lambda name: found)
        return CliRunner().invoke(commands.tally, ["rebuild"])

    return rebuild


def stored(tables: Any, **texts: str) -> None:
    item = {"widgetId": "w", "voteId": "v", "voteType": "thumbsup", **texts}
    tables.tables["VotesTable"].put({name: {"S": text} for name, text in item.items()})


def test_it_says_what_it_found(rebuild: Any, tables: Any) -> None:
    stored(tables)

    result = rebuild()

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "1 votes are counted; 1 were counted differently or not at all.",
        "0 counters were not the sum of their votes, and are now.",
    ]


def test_it_says_what_is_no_vote(rebuild: Any, tables: Any) -> None:
    stored(tables, voteType="sideways")

    assert "1 items of the table are not votes" in rebuild().output


def test_the_table_of_a_given_stream_is_counted(rebuild: Any, tables: Any) -> None:
    stored(tables)

    assert "1 votes are counted" in rebuild(own="", VoteStreamArn=STREAM).output


def test_a_vote_with_answers_is_written(stack) -> None:
    result = CliRunner().invoke(
        vote,
        [
            *("down", "--instance", "article", "--voter", "a@example.com"),
            *("--answer", "field_1=more = better", "--answer", "field_2=👍"),
        ],
        env={"VOTEPIPE_PORT": str(stack.port)},
    )

    said = re.match(r"Cast vote (\S+) in widget 'post-footer', 3 writes\.\n", result.output)
    assert said
    assert result.output.endswith(f"See its path at {stack.url}/\n")
    keys = {"widgetId": "post-footer", "voteId": said[1]}
    item = stack.deployment.table.get_item(Key=keys)["Item"]
    assert (item["voteType"], item["instanceOfJoy"]) == ("thumbsdown", "article")
    assert json.loads(item["answers"]) == {"field_1": "more = better", "field_2": "👍"}


@pytest.mark.parametrize("pair", ["field_1", "=text"])
def test_an_answer_that_is_none(pair: str) -> None:
    result = CliRunner().invoke(vote, ["--answer", pair])

    assert result.exit_code == 2
    assert "Write FIELD=TEXT, for example field_1='More of this'." in result.output


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Result]:
    """Run `vote` without arguments on a terminal, with what a person types; casts nowhere."""
    found = SimpleNamespace(name="votes", table=None, console=None)
    monkeypatch.setattr(commands, "deployment", lambda _: found)
    monkeypatch.setattr(commands, "cast", lambda _, **given: {"voteId": str(given)})
    monkeypatch.setattr(
        commands, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    )
    return lambda typed: CliRunner().invoke(vote, input=typed)


def test_on_a_terminal_it_asks_what_to_cast(on_a_terminal: Callable[[str], Result]) -> None:
    result = on_a_terminal("down\nthe-article\n\n")

    assert "Cast it in stack 'votes'? [Y/n]" in result.output
    assert "'vote_type': 'thumbsdown'" in result.output
    assert "'instance_of_joy': 'the-article'" in result.output


def test_nothing_is_cast_without_a_yes(on_a_terminal: Callable[[str], Result]) -> None:
    result = on_a_terminal("up\nthe-article\nn\n")

    assert (result.exit_code, "Cast vote" in result.output) == (1, False)


def test_findings_for_programs(stack) -> None:
    result = CliRunner().invoke(doctor, ["--output", "json", "--port", str(stack.port)])

    facts = [each["fact"] for each in json.loads(result.output)]
    assert any(each.startswith(f"Stack '{stack.deployment.name}' is there") for each in facts)
