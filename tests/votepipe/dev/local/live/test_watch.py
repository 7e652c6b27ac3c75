"""votepipe/dev/local/live/watch.py: a save is noticed, however an editor does it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local.live.watch import REST, Watch

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


def test_whoever_is_called_may_read_the_files(root: Path, eventually: Any) -> None:
    called: list[str] = []

    with Watch([root / "sinks"], lambda: called.append((root / "sinks" / "chat.py").read_text())):
        (root / "sinks" / "chat.py").write_text("new")
        eventually(lambda: called)
        time.sleep(3 * REST)

    assert called == ["new"]
