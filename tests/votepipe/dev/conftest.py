"""Checkouts of a test's own, and the command line in them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from votepipe.dev.cli import main
from votepipe.project.sync import enricher_settings, resources, synced

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def make_checkout(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Make checkouts that can be spoilt: this one's files, its environments and its packages."""

    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    tracked = [name for name in listed if (ROOT / name).is_file()]
    text = (ROOT / "template.yaml").read_bytes().decode()
    template = synced(text, resources(ROOT), enricher_settings(ROOT)).encode()

    def make_checkout() -> Path:
        root = tmp_path_factory.mktemp("checkout")
        for name in tracked:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
        (root / ".votepipe").mkdir()
        (ROOT / ".votepipe" / "packages").mkdir(parents=True, exist_ok=True)
        for name in (".venv", ".venv-ministack", ".votepipe/packages"):
            (root / name).symlink_to(ROOT / name)
        (root / "template.yaml").write_bytes(template)
        return root

    return make_checkout


@pytest.fixture
def checkout(make_checkout) -> Path:
    """A checkout of the test's own."""
    return make_checkout()


@pytest.fixture
def votepipe():
    """Run the command line of a checkout, as a person does."""

    def votepipe(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "votepipe.dev", *arguments],
            cwd=root,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    return votepipe


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch):
    """Run the command line in a checkout with the code that is loaded, a second sooner."""

    def in_process(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(root)
        done = CliRunner(mix_stderr=False).invoke(main, arguments, prog_name="votepipe")
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    return in_process
