"""votepipe/dev/local/live/code.py: a function is built anew when what it is made of differs."""

from pathlib import Path

import pytest

from votepipe.dev.local.live.code import digest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sinks" / "pager").mkdir(parents=True)
    (tmp_path / "sinks" / "pager" / "__init__.py").write_text("one")
    (tmp_path / "sinks" / "chat.py").write_text("two")
    return tmp_path


def of_sinks(root: Path) -> str:
    return digest(root, [root / "sinks" / "chat.py", root / "sinks" / "pager"])


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("sinks/chat.py", True),
        ("sinks/pager/words.py", True),
        ("sinks/pager/words.cpython-313.pyc", False),
        ("sinks/other.py", False),
    ],
)
def test_a_digest_is_of_names_and_contents(root: Path, name: str, differs: bool) -> None:
    before = of_sinks(root)
    (root / name).write_text("new")

    assert (of_sinks(root) != before) is differs


def test_two_files_that_exchange_their_contents_differ(root: Path) -> None:
    before = of_sinks(root)
    (root / "sinks" / "chat.py").write_text("one")
    (root / "sinks" / "pager" / "__init__.py").write_text("two")

    assert of_sinks(root) != before
