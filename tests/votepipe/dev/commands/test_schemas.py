"""votepipe/dev/commands/schemas.py: changes are named, and what breaks consumers is refused."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from votepipe.dev.commands.schemas import schemas
from votepipe.project.schemas import FOLDER

Git = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with nothing but the schemas, and no history."""
    root = tmp_path / "checkout"
    (root / "sinks").mkdir(parents=True)
    (root / "template.yaml").touch()
    shutil.copytree(FOLDER, root / "schemas")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def git(root: Path) -> Git:
    """Run git in the checkout, as someone."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=work"]

    def git(*arguments: str) -> None:
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)

    git("init")
    return git


def edit(root: Path, **vote_type: Any) -> None:
    """Change what VoteSettled says of `voteType`."""
    path = root / "schemas" / "vote-settled.v1.json"
    schema = json.loads(path.read_text())
    schema["definitions"]["vote"]["properties"]["voteType"].update(vote_type)
    path.write_text(json.dumps(schema))


def release(git: Git, *tag: str) -> None:
    git("add", ".")
    git("commit", "--allow-empty", "-m", "work")
    for name in tag:
        git("tag", name)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(schemas, ["check", *arguments])


OPEN = {"enum": ["thumbsup", "thumbsdown", "sideways"]}


def test_a_break_fails_with_field_reason_and_what_to_do(root: Path, git: Git) -> None:
    release(git, "v0.1.0")
    edit(root, **OPEN)

    done = check()

    assert done.exit_code == 1
    (line, *remedy) = done.output.splitlines()
    assert line.split()[:3] == ["breaking", "vote-settled.v1.json", "vote.voteType"]
    assert '"sideways" is new' in line
    assert "Leave it as it is in v0.1.0" in remedy[0]
    assert "schemas/vote-settled.v2.json" in remedy[0]


def test_a_compatible_change_is_named(root: Path, git: Git) -> None:
    release(git, "v0.1.0")
    edit(root, description="A click.")

    done = check()

    assert done.exit_code == 0
    assert "compatible  vote-settled.v1.json  vote.voteType 'description' changed" in done.output
    assert done.output.endswith("Consumers of v0.1.0 can read every event.\n")


def test_the_last_release_counts_and_not_the_commit_that_is_to_be_one(root: Path, git: Git) -> None:
    release(git, "v0.1.0", "other")
    edit(root, **OPEN)
    release(git, "v0.2.0")

    assert "as it is in v0.1.0" in check().output


def test_before_the_first_release_this_is_said(root: Path, git: Git) -> None:
    release(git)
    edit(root, **OPEN)

    done = check()

    assert done.exit_code == 0
    assert "Nothing to compare schemas/ with" in done.output


@pytest.mark.parametrize("published", ["old", "old/vote-settled.v1.json", "HEAD"])
def test_a_folder_a_file_and_a_reference_are_read(root: Path, git: Git, published: str) -> None:
    release(git)
    shutil.copytree(root / "schemas", root / "old")
    edit(root, **OPEN)

    done = check("--against", published)

    assert done.exit_code == 1
    assert {line.split()[1] for line in done.output.splitlines()[:-1]} == {"vote-settled.v1.json"}


def test_an_unknown_reference_is_named(root: Path) -> None:
    done = check("--against", "v9")

    assert done.exit_code == 1
    assert "'v9' is no folder, no git reference" in str(done.exception)


@pytest.mark.slow
def test_the_catalogue_is_written_and_replaces_the_one_before(checkout: Path, votepipe) -> None:
    folder = checkout / ".votepipe" / "docs"
    folder.mkdir()
    (folder / "old.html").touch()

    done = votepipe(checkout, "schemas", "docs")

    assert done.stdout == f"Open {folder / 'index.html'}\n"
    assert {path.name for path in folder.iterdir()} == {
        "index.html",
        "asyncapi.json",
        "eventcatalog",
    }
    assert "VoteSettled" in (folder / "index.html").read_text()
