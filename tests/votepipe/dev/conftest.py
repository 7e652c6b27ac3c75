"""Checkouts of a test's own, and the command line in them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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

    def make_checkout() -> Path:
        root = tmp_path_factory.mktemp("checkout")
        for name in tracked:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
        (root / ".votepipe").mkdir()
        (ROOT / ".votepipe" / "packages").mkdir(parents=True, exist_ok=True)
        for name in (".venv", ".venv-ministack", ".votepipe/packages"):
            (root / name).symlink_to(ROOT / name)
        text = (root / "template.yaml").read_bytes().decode()
        text = synced(text, resources(root), enricher_settings(root))
        (root / "template.yaml").write_bytes(text.encode())
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
