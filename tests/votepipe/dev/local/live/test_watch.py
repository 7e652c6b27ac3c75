"""votepipe/dev/local/live/watch.py: a save is noticed, however an editor does it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchdog.events import (
    DirModifiedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileOpenedEvent,
    FileSystemEvent,
)

from votepipe.dev.local.live.watch import Watch

Save = Callable[[Path], Any]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a sink."""
    (tmp_path / "sinks" / "pager").mkdir(parents=True)
    (tmp_path / "sinks" / "chat.py").touch()
    return tmp_path


def replace(path: Path) -> None:
    """Save as most editors do: a new file takes the old one's name."""
    path.with_name(".saving").write_text("new")
    path.with_name(".saving").replace(path)


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("sinks/chat.py", lambda path: path.write_text("new")),
        ("sinks/chat.py", replace),
        ("sinks/chat.py", Path.unlink),
        ("sinks/pager/words.py", lambda path: path.write_text("new")),
        ("widgets.toml", replace),
    ],
)
def test_a_save_is_noticed(root: Path, name: str, save: Save, eventually: Any) -> None:
    called: list[bool] = []

    with Watch([root / "sinks", root / "widgets.toml"], lambda: called.append(True)):
        save(root / name)
        eventually(lambda: called)


@pytest.mark.parametrize(
    "event",
    [
        FileOpenedEvent("sinks/chat.py"),
        DirModifiedEvent("sinks"),
        FileCreatedEvent("sinks/__pycache__/chat.cpython-313.pyc"),
        FileModifiedEvent("README.md"),
        FileMovedEvent("notes.txt", "notes.md"),
    ],
)
def test_what_is_no_save_is_not(root: Path, event: FileSystemEvent) -> None:
    event.src_path = f"{root}/{event.src_path!s}"

    assert not Watch([root / "sinks"], lambda: None).is_save(event)


def test_a_file_that_takes_the_name_of_one_is_a_save(root: Path) -> None:
    event = FileMovedEvent(f"{root}/.saving", f"{root}/sinks/chat.py")

    assert Watch([root / "sinks"], lambda: None).is_save(event)
