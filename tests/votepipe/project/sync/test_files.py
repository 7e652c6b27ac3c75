"""votepipe/project/sync/files.py: which files sync writes, and what."""

import shutil
from pathlib import Path

import pytest

from votepipe.project import Project, checkout
from votepipe.project.sync.files import stale, write

ROOT = checkout(Path(__file__))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The files of this checkout that sync reads and writes, without the page of events."""
    for name in ("sinks", "enrichers", "docs"):
        (tmp_path / name).mkdir()
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    for path in (*ROOT.glob("sinks/log.py"), ROOT / "template.yaml", ROOT / "docs" / "sinks.md"):
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    return tmp_path


def test_what_is_stale_is_written_once_and_no_file_is_made(root: Path) -> None:
    project = Project.read(root)
    found = stale(project)
    write(found)

    assert set(found) == {root / "template.yaml", root / "docs" / "sinks.md"}
    assert "SlackSink:" not in (root / "template.yaml").read_text()
    assert "LogSink:" in (root / "template.yaml").read_text()
    assert stale(project) == {}
    assert not (root / "docs" / "events.md").exists()


def test_who_reads_meanwhile_has_the_whole_file(root: Path) -> None:
    found = stale(Project.read(root))

    with (root / "template.yaml").open() as before:
        write(found)

        assert before.read() == found[root / "template.yaml"].text
    assert [path for path in root.rglob(".*") if path.is_file()] == []
