"""votepipe/dev/local/live/__init__.py: what is said of files that were saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local.live import Live, Outcome

SINK = '''"""Post each vote to a pager."""
from votepipe import sink

@sink(events=["VoteCast"])
def handler(event):
    pass
'''
BROKEN = SINK.replace("VoteCast", "VoteCats")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a template and no plugins."""
    for name in ("sinks", "enrichers", "schemas"):
        (tmp_path / name).mkdir()
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    return tmp_path


@pytest.fixture
def live(root: Path) -> Live:
    """It may touch no stack: there is none."""
    none: Any = None
    return Live(root, none, dict, dict)


@pytest.fixture
def save(root: Path) -> Callable[[str, str], None]:
    def save(name: str, text: str) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)

    return save


@pytest.mark.parametrize(
    "name",
    [
        "sinks/.pager.py",
        "sinks/__pycache__/pager.cpython-313.pyc",
        "notes.txt",
    ],
)
def test_what_is_no_plugin_is_not_looked_at(live: Live, save: Any, name: str) -> None:
    save(name, BROKEN)

    assert live.look() == []


def test_a_broken_file_is_named_with_its_line_and_all_others_wait(live: Live, save: Any) -> None:
    save("sinks/pager.py", BROKEN)
    save("sinks/room/__init__.py", SINK)

    found = live.look()

    assert found == [
        Outcome(
            "sinks/pager.py",
            "sinks/pager.py, line 4: there is no event 'VoteCats'. Did you mean 'VoteCast'?",
            ok=False,
            line=4,
        ),
        Outcome("sinks/room", "sinks/room waits until sinks/pager.py is fixed.", ok=False),
    ]
    assert live.look() == []


def test_what_waits_is_said_again_with_the_next_save(live: Live, save: Any) -> None:
    save("sinks/pager.py", BROKEN)
    live.look()
    save("enrichers/moon.py", "")

    assert [each.file for each in live.look()] == ["enrichers/moon.py", "sinks/pager.py"]


def test_once_the_library_has_changed_nothing_is_deployed_until_the_next_make_up(
    live: Live, save: Any
) -> None:
    save("votepipe/words.py", "")
    save("sinks/pager.py", SINK)

    text = "sinks/pager.py waits: votepipe/ has changed. Press Ctrl-C and run make up."
    assert live.look() == [Outcome("sinks/pager.py", text, ok=False)]


def test_a_template_that_cannot_follow_is_said(live: Live, save: Any) -> None:
    save("sinks/pager.py", SINK)

    (found,) = live.look()

    assert not found.ok
    assert found.text.startswith("sinks/pager.py: template.yaml must hold the lines '# >>> ")


def test_an_outcome_for_the_api_leaves_out_what_is_unknown() -> None:
    assert Outcome("sinks/a.py", "Done.", at="2026-01-04T10:00:03Z").as_json() == {
        "file": "sinks/a.py",
        "text": "Done.",
        "ok": True,
        "at": "2026-01-04T10:00:03Z",
    }
