"""votepipe/dev/local/sam.py: sam is called for the local stack, and can reach no other."""

import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local import sam
from votepipe.dev.local.sam import SamError
from votepipe.dev.operations.deployment import Deployment

CONFIG = """
[local.global.parameters]
stack_name = "votes-here"
[local.deploy.parameters]
parameter_overrides = "Environment=local Words='two words'"
"""

TEMPLATE = json.dumps(
    {
        "Parameters": {"Pace": {"Type": "String", "Default": "slow"}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Pace": {"Value": {"Ref": "Pace"}}},
    }
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a configuration, a template and a sink."""
    root = tmp_path / "checkout"
    (root / "sinks").mkdir(parents=True)
    (root / "sinks" / "chat.py").touch()
    (root / "samconfig.toml").write_text(CONFIG)
    (root / "template.yaml").write_text("Outputs: {Bus: {Value: !GetAtt VotesBus.Arn}}")
    return root


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where the stack keeps what is its own."""
    return tmp_path / "data"


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a shell script play sam; its `built` does what a build leaves behind."""

    def played(script: str) -> None:
        program = tmp_path / "bin" / "sam"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\nbuilt() {{ mkdir "$1"; cp template.yaml "$1"; }}\n{script}\n'
        )
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))

    return played


def test_what_the_configuration_says(root: Path) -> None:
    assert sam.stack_name("local", root) == "votes-here"
    assert sam.parameters("local", root) == {"Environment": "local", "Words": "two words"}


def test_a_section_may_list_its_parameters_and_name_the_account(root: Path) -> None:
    (root / "samconfig.toml").write_text(
        '[prod.global.parameters]\nregion = "eu-west-1"\n'
        '[prod.deploy.parameters]\nprofile = "votes"\nparameter_overrides = ["A=b c", "D="]\n'
    )

    assert sam.parameters("prod", root) == {"A": "b c", "D": ""}
    assert sam.deploy_settings("prod", root).items() >= {
        ("region", "eu-west-1"),
        ("profile", "votes"),
    }


def test_a_section_that_is_not_there_is_named_with_what_was_meant(root: Path) -> None:
    with pytest.raises(SamError) as error:
        sam.parameters("locl", root)

    assert str(error.value) == "samconfig.toml has no section 'locl'. Did you mean 'local'?"


def test_a_build_is_that_of_the_checkout(root: Path, data: Path, played) -> None:
    played('echo "$PWD $1 $2 $4 $5 $6 $7"; built $3')

    template = sam.build(data, {}, root)

    # In the notation that is read quickly.
    assert json.loads(template.read_text()) == {
        "Outputs": {"Bus": {"Value": {"Fn::GetAtt": ["VotesBus", "Arn"]}}}
    }
    assert (data / "build.log").read_text() == (
        f"{root} build --build-dir --config-file {root}/samconfig.toml --config-env local\n"
    )


def write(root: Path) -> None:
    (root / "sinks" / "chat.py").write_text("new")


def exchange(root: Path) -> None:
    """Let two files have each other's contents."""
    (root / "sinks" / "chat.py").write_text(CONFIG)
    (root / "samconfig.toml").write_text("")


def link(root: Path) -> None:
    """Put into the sinks a folder that is elsewhere, and change what is there."""
    (root / "sinks" / "room").symlink_to(root.parent / "elsewhere")
    (root.parent / "elsewhere").mkdir()
    (root.parent / "elsewhere" / "__init__.py").write_text("new")


@pytest.mark.parametrize(
    ("change", "builds"),
    [
        (lambda root: None, 1),
        (lambda root: (root / "sinks" / "chat.py").touch(), 1),
        (lambda root: (root / "sinks" / "chat.cpython-313.pyc").touch(), 1),
        (lambda root: (root / ".aws-sam" / "build.toml").touch(), 1),
        (write, 2),
        (exchange, 2),
        (link, 2),
        (lambda root: (root / "sinks" / "chat.py").rename(root / "sinks" / "room.py"), 2),
        (lambda root: (root / "anything").touch(), 2),
        (lambda root: (root / "samconfig.toml").write_text(f"{CONFIG}#"), 2),
    ],
)
def test_equal_sources_are_built_once(
    root: Path, data: Path, played, change: Callable[[Path], Any], builds: int
) -> None:
    played(f"echo >> {data}/builds; built $3")
    first = sam.build(data, {}, root)
    change(root)

    second = sam.build(data, {}, root)

    assert len((data / "builds").read_text().splitlines()) == builds
    assert (first == second) is (builds == 1)


def test_what_is_saved_during_a_build_and_taken_back_is_built_again(
    root: Path, data: Path, played
) -> None:
    played(f"echo >> {data}/builds; built $3; echo new > sinks/chat.py; : > sinks/chat.py")
    sam.build(data, {}, root)
    played(f"echo >> {data}/builds; built $3")

    assert sam.build(data, {}, root).exists()
    assert len((data / "builds").read_text().splitlines()) == 2


def test_a_few_builds_are_kept(root: Path, data: Path, played) -> None:
    played("built $3")
    for number in range(sam.KEPT + 2):
        (root / "sinks" / "chat.py").write_text(str(number))
        built = sam.build(data, {}, root)

    assert len(list(built.parents[2].iterdir())) == sam.KEPT
    assert built.exists()


def test_it_hears_of_the_local_aws_only(root: Path, data: Path, played, monkeypatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "company")
    played("env; built $3")

    sam.build(data, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, root)

    lines = (data / "build.log").read_text().splitlines()
    assert [line for line in lines if line.startswith("AWS_")] == [
        "AWS_ENDPOINT_URL=http://127.0.0.1:9"
    ]
    assert "SAM_CLI_TELEMETRY=0" in lines


@pytest.fixture
def found(local_aws: Any) -> Deployment:
    """A stack on the local AWS."""
    name = f"small-{uuid.uuid4().hex[:8]}"
    client = local_aws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=TEMPLATE)
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    return Deployment(name, local_aws)


@pytest.mark.parametrize(
    ("says", "changed"),
    [("Successfully created/updated stack", True), ("No changes to deploy. Up to date", False)],
)
def test_whether_a_deploy_changed_anything(
    root: Path, data: Path, played, found: Deployment, says: str, changed: bool
) -> None:
    data.mkdir()
    played(f'echo "{says}"')

    assert sam.deploy(found, root / "template.yaml", data, {}, {}, root) is changed


def update(client: Any, name: str) -> None:
    """Change a setting of a stack, as the console does."""
    given = [{"ParameterKey": "Pace", "ParameterValue": "quick"}]
    client.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=given)
    client.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})


def delete(client: Any, name: str) -> None:
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})


@pytest.mark.parametrize(
    ("between", "built", "value", "deploys"),
    [
        (lambda *_: None, "first", "a", 1),
        (lambda *_: None, "second", "a", 2),
        (lambda *_: None, "first", "b", 2),
        (update, "first", "a", 2),
        (delete, "first", "a", 2),
    ],
)
def test_what_is_deployed_already_is_not_deployed_again(
    root: Path,
    data: Path,
    played,
    found: Deployment,
    between: Callable[[Any, str], Any],
    built: str,
    value: str,
    deploys: int,
) -> None:
    data.mkdir()
    played(f"echo >> {data}/deploys")
    sam.deploy(found, Path("first"), data, {}, {"Name": "a"}, root)
    between(found.session.client("cloudformation"), found.name)

    sam.deploy(found, Path(built), data, {}, {"Name": value}, root)

    assert len((data / "deploys").read_text().splitlines()) == deploys


def test_a_failure_shows_the_end_of_what_was_said(root: Path, data: Path, played) -> None:
    played('for n in $(seq 20); do echo "line $n"; done; exit 3')

    with pytest.raises(SamError) as error:
        sam.build(data, {}, root)

    first, *rest = str(error.value).splitlines()
    assert first == f"sam build failed. The end of {data}/build.log:"
    assert rest == [f"line {number}" for number in range(6, 21)]


def test_it_is_not_installed(root: Path, data: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", str(data / "python"))

    with pytest.raises(SamError, match=r"^The SAM CLI is not installed\. Run: make setup$"):
        sam.build(data, {}, root)
