"""votepipe/testing/contract/plugin.py: a sink is loaded with the libraries it brings along."""

import sys
from pathlib import Path
from typing import Any

import pytest

from votepipe.project import zips
from votepipe.testing.contract.plugin import load

SINK = '''"""Do nothing."""
import a_library_of_its_own
from votepipe import sink


@sink(events=["VoteCast"])
def handler(event):
    pass
'''


def test_a_package_finds_what_its_requirements_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "a_library_of_its_own.py").touch()
    package = tmp_path / "sinks" / "chat"
    package.mkdir(parents=True)
    (package / "requirements.txt").write_text("a-library-of-its-own\n")
    (package / "__init__.py").write_text(SINK)
    asked: list[Path] = []

    def packages(requirements: Path) -> Path:
        asked.append(requirements)
        return installed

    monkeypatch.setattr(zips, "packages", packages)

    plugin = load(package / "__init__.py")

    assert plugin.name == "chat"
    assert asked == [package / "requirements.txt"]


def test_a_module_installs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sinks"
    folder.mkdir()
    (folder / "requirements.txt").write_text("something\n")
    (folder / "chat.py").write_text(SINK.replace("import a_library_of_its_own\n", ""))

    def packages(requirements: Any) -> Path:
        raise AssertionError

    monkeypatch.setattr(zips, "packages", packages)

    assert load(folder / "chat.py").name == "chat"
