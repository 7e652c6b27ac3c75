"""pyproject.toml: the wheel, installed with what it declares and no more, tests a checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from votepipe.project import checkout

ROOT = checkout()
pytestmark = pytest.mark.slow

TEST = """
import votepipe

VOTE = {
    "widgetId": "docs-feedback",
    "voteId": "v",
    "voteType": "thumbsup",
    "instanceOfJoy": "using-dynamodb-streams",
    "answers": {},
}


def test_a_vote_reaches_slack(pipeline):
    pipeline.put(VOTE)
    pipeline.run_until_idle()

    (message,) = pipeline.sent("slack")
    assert "Using DynamoDB streams" in message.text  # as the checkout's widgets.toml says
    assert "site-packages" in votepipe.__file__
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: setuptools leaves traces in the folder that it builds."""
    source = tmp_path_factory.mktemp("source")
    for name in ("votepipe", "schemas"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", source / "dist", source)
    (built,) = (source / "dist").glob("*.whl")
    return built


def pip(*arguments: str | Path) -> None:
    """Run this environment's pip, without any network."""
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PIP_NO_INDEX": "1"}
    )
    assert done.returncode == 0, done.stderr


def needed(found: Distribution, extra: str, seen: set[tuple[str, str]]) -> Iterator[Distribution]:
    """Every distribution that this one requires with an extra, and what those require."""
    for text in found.requires or ():
        required = Requirement(text)
        if required.marker and not required.marker.evaluate({"extra": extra}):
            continue
        for each in {"", *required.extras}:
            if (required.name, each) not in seen:
                seen.add((required.name, each))
                yield distribution(required.name)
                yield from needed(distribution(required.name), each, seen)


def test_the_wheel_holds_the_library_its_types_and_its_data_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"votepipe", "schemas"}
    assert {
        "votepipe/py.typed",
        "votepipe/dev/console/static/index.html",
        "votepipe/dev/operations/scaffold/templates/slack.py.j2",
        "votepipe/project/sync/templates/resources.yaml.j2",
        "schemas/stored-vote.v1.json",
    } <= set(names)


def test_a_test_with_a_pipeline_passes_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    checkout, environment = tmp_path / "checkout", tmp_path / "environment"
    for name in ("sinks", "enrichers"):
        shutil.copytree(ROOT / name, checkout / name)
    for name in ("template.yaml", "widgets.toml"):
        shutil.copy(ROOT / name, checkout)
    (checkout / "test_checkout.py").write_text(TEST)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    pip("--python", python, "install", "--no-deps", wheel)
    (packages,) = environment.glob("lib/*/site-packages")
    # What it declares is linked from the environment of this test, which has no need of a network.
    (installed,) = Distribution.discover(name="votepipe", path=[str(packages)])
    for each in needed(installed, "testing", set()):
        for name in {file.parts[0] for file in each.files or ()} - {"..", "__pycache__"}:
            if not (packages / name).exists():
                (packages / name).symlink_to(each.locate_file(name))

    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=checkout,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
