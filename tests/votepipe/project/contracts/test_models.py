"""votepipe/project/contracts/models.py: the committed types are those of the schemas."""

import copy
import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from votepipe.project import Project, checkout
from votepipe.project.contracts import ContractError, models, of_feed

ROOT = checkout()
KIT = ROOT / "examples" / "subscriber"
MODELS = KIT / "models"
CONTRACTS = of_feed(Project.read(ROOT))
STALE = "Run: make models"


@pytest.mark.slow
def test_the_python_types_are_in_step() -> None:
    assert models.python(CONTRACTS) == (MODELS / "votes.py").read_text(), STALE


@pytest.mark.slow
def test_the_typescript_types_are_in_step(node_modules: Path) -> None:
    written = models.typescript(CONTRACTS, node_modules.parent)

    assert written == (MODELS / "votes.ts").read_text(), STALE


def test_the_python_types_need_nothing_at_run_time() -> None:
    code = f"import sys; sys.path.insert(0, {str(MODELS)!r}); import votes"

    # Without site-packages.
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


PYTHON = """
from models.votes import VoteEvent

def seen(event: VoteEvent) -> str:
    if event["type"] == "VoteSettled":
        changes = event.get("changes", {})
        return event["vote"]["voteType"] + str(changes["voteType"]["to"])
    if event["type"] == "VoteWithdrawn":
        return event["vote"]["voteType"]  # may be absent, but is text where it is there
    return str(event["vote"]["voteTyp"])
"""


@pytest.mark.slow
def test_mypy_knows_each_event_by_its_type_and_the_kit_uses_them_right(tmp_path: Path) -> None:
    consumer = tmp_path / "consumer.py"
    consumer.write_text(PYTHON)
    options = ("--strict", "--config-file=", "--explicit-package-bases", "--cache-dir")

    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(tmp_path / "cache"), "app.py", str(consumer)],
        cwd=KIT,
        capture_output=True,
        text=True,
    )

    (error,) = [line for line in done.stdout.splitlines() if "error:" in line]
    assert 'consumer.py:10: error: TypedDict "Vote" has no key "voteTyp"' in error


TYPESCRIPT = """
import type { VoteEvent } from "./votes";

export function seen(event: VoteEvent): string {
  switch (event.type) {
    case "VoteSettled":
      return event.vote.voteType + String(event.changes?.voteType?.to);
    case "VoteWithdrawn":
      // @ts-expect-error: its vote may be keys only
      return event.vote.voteType;
    default:
      // @ts-expect-error: no such member
      return event.vote.voteTyp;
  }
}
"""


@pytest.mark.slow
def test_tsc_knows_each_event_by_its_type(node_modules: Path, tmp_path: Path) -> None:
    shutil.copy(MODELS / "votes.ts", tmp_path)
    (tmp_path / "consumer.ts").write_text(TYPESCRIPT)
    tsc = node_modules / "typescript" / "bin" / "tsc"

    done = subprocess.run(
        ["node", tsc, "--strict", "--noEmit", "consumer.ts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_a_new_version_gets_types_of_its_own_and_the_older_ones_stay() -> None:
    (settled,) = [each for each in CONTRACTS if each.type == "VoteSettled"]
    schema = copy.deepcopy(dict(settled.schema))
    schema["properties"]["type"]["const"] = "VoteSettled.v2"
    schema["definitions"]["answer"]["type"] = "string"
    newer = dataclasses.replace(
        settled, file="vote-settled.v2.json", schema=schema, type="VoteSettled.v2"
    )

    before, after = models.combined(CONTRACTS), models.combined([*CONTRACTS, newer])

    added = after["definitions"].keys() - before["definitions"].keys()
    assert added == {"VoteSettledV2", "VoteSettledV2Vote", "VoteSettledV2Answer"}
    assert before["definitions"].items() <= after["definitions"].items()


def test_a_generator_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="json-schema-to-typescript"):
        models.typescript(CONTRACTS, tmp_path)
