"""votepipe/dev/local/sam.py: sam is called for the local stack, and can reach no other."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local import sam
from votepipe.dev.local.sam import SamError

CONFIG = """
[local.global.parameters]
stack_name = "votes-here"
[local.deploy.parameters]
parameter_overrides = "Environment=local Words='two words'"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a configuration, and what a build left below its `data`."""
    (tmp_path / "samconfig.toml").write_text(CONFIG)
    built = tmp_path / "data" / "build"
    built.mkdir(parents=True)
    (built / "template.yaml").write_text("Outputs: {Bus: {Value: !GetAtt VotesBus.Arn}}")
    return tmp_path


@pytest.fixture
def played(root: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a shell script play sam."""

    def played(script: str) -> None:
        program = root / "bin" / "sam"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(root / "bin" / "python"))

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


def test_a_build_is_that_of_the_checkout(root: Path, played) -> None:
    played('echo "$PWD $@"')

    template = sam.build(root / "data", {}, root)

    assert template == root / "data" / "build" / "template.yaml"
    # In the notation that is read quickly.
    assert json.loads(template.read_text()) == {
        "Outputs": {"Bus": {"Value": {"Fn::GetAtt": ["VotesBus", "Arn"]}}}
    }
    assert (root / "data" / "build.log").read_text() == (
        f"{root} build --build-dir {root}/data/build "
        f"--config-file {root}/samconfig.toml --config-env local\n"
    )


def test_it_hears_of_the_local_aws_only(root: Path, played, monkeypatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "company")
    played("env")

    sam.build(root / "data", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, root)

    lines = (root / "data" / "build.log").read_text().splitlines()
    assert [line for line in lines if line.startswith("AWS_")] == [
        "AWS_ENDPOINT_URL=http://127.0.0.1:9"
    ]
    assert "SAM_CLI_TELEMETRY=0" in lines


@pytest.mark.parametrize(
    ("says", "changed"),
    [("Successfully created/updated stack", True), ("No changes to deploy. Up to date", False)],
)
def test_whether_a_deploy_changed_anything(root: Path, played, says: str, changed: bool) -> None:
    played(f'echo "{says}"')

    assert sam.deploy(root / "data", {}, {}, root) is changed


def test_a_failure_shows_the_end_of_what_was_said(root: Path, played) -> None:
    played('for n in $(seq 20); do echo "line $n"; done; exit 3')

    with pytest.raises(SamError) as error:
        sam.build(root / "data", {}, root)

    first, *rest = str(error.value).splitlines()
    assert first == f"sam build failed. The end of {root}/data/build.log:"
    assert rest == [f"line {number}" for number in range(6, 21)]


def test_it_is_not_installed(root: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", str(root / "bin" / "python"))

    with pytest.raises(SamError, match=r"^The SAM CLI is not installed\. Run: make setup$"):
        sam.build(root / "data", {}, root)
