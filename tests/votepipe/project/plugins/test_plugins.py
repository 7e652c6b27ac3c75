"""votepipe/project/plugins.py: plugins are loaded, checked, and leave nothing behind."""

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest

from votepipe.model.errors import PluginError
from votepipe.plugins.settings import load
from votepipe.project.plugins import enricher, modules, place, sink

SINK = '''"""Post each vote to a room.

More words.
"""
from votepipe import sink

@sink(events=["VoteCast"])
def handler(event):
    return "{answer}"
'''
IMPORTING = SINK.replace("import sink", "import sink\nfrom . import words")


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """Write a file of a checkout; returns its path."""

    def put(name: str, text: str = SINK) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return put


def test_a_sink_is_loaded_with_its_words(put) -> None:
    path = put("sinks/chat.py")

    found = sink(path)

    assert (found.name, found.path) == ("chat", path)
    assert found.words == "Post each vote to a room.\n\nMore words."
    assert (found.spec.summary, found.settings) == ("Post each vote to a room.", ())


def test_what_counts_as_a_plugin(put, tmp_path: Path) -> None:
    for name in ("zebra.py", "_shared.py", "__init__.py", "words.txt", "data/words.py"):
        put(f"sinks/{name}")
    put("sinks/pager/__init__.py")

    found = [str(path.relative_to(tmp_path)) for path in modules(tmp_path / "sinks")]

    assert found == ["sinks/pager/__init__.py", "sinks/zebra.py"]


def test_a_package_may_import_its_own_modules(put) -> None:
    put("sinks/pager/words.py", "GREETING = 'hello'")
    path = put("sinks/pager/__init__.py", IMPORTING)

    found = sink(path)

    assert found.name == "pager"
    assert "sinks.pager.words" not in sys.modules


def test_two_checkouts_do_not_disturb_each_other(put, tmp_path: Path) -> None:
    for checkout in ("one", "two"):
        put(f"{checkout}/sinks/chat/words.py", f"ANSWER = {checkout!r}")
        put(f"{checkout}/sinks/chat/__init__.py", IMPORTING.replace('"{answer}"', "words.ANSWER"))

    found = [sink(tmp_path / each / "sinks" / "chat" / "__init__.py") for each in ("one", "two")]

    assert [each.spec.function(None) for each in found] == ["one", "two"]


def test_what_the_program_has_imported_stays(put) -> None:
    from sinks import log

    path = put("sinks/log.py")

    assert sink(path).spec.function is not log.handler
    assert sys.modules["sinks.log"] is log


@pytest.mark.parametrize("text", [SINK, "import no_such_module"])
def test_nothing_stays_of_what_was_loaded(put, text: str) -> None:
    with contextlib.suppress(PluginError):
        sink(put("sinks/never_seen.py", text))

    assert not [name for name in sys.modules if "never_seen" in name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "sinks/chat.py has no docstring. Start it with a line that says what it does."),
        (
            '"""Post."""\ndef handler(event): ...',
            "sinks/chat.py has no function 'handler' marked with @sink. "
            "Write one; docs/plugins.md shows how.",
        ),
        (
            '"""Post."""\nhandler = 3',
            "sinks/chat.py has no function 'handler' marked with @sink. "
            "Write one; docs/plugins.md shows how.",
        ),
        (
            '"""Post."""\nfrom sinks.log import handler',
            "sinks/chat.py has no function 'handler' marked with @sink. "
            "Write one; docs/plugins.md shows how.",
        ),
        (
            '"""Post."""\nimport no_such_module',
            "sinks/chat.py does not import: ModuleNotFoundError: No module named "
            "'no_such_module'. Fix line 2.",
        ),
        (
            '"""Post."""\n1 / 0',
            "sinks/chat.py does not import: ZeroDivisionError: division by zero. Fix line 2.",
        ),
        (
            '"""Post."""\ndef handler(:',
            "sinks/chat.py does not import: SyntaxError: invalid syntax (chat.py, line 2). "
            "Fix line 2.",
        ),
        (
            SINK.replace('["VoteCast"]', '["VoteCats"]'),
            "sinks/chat.py, line 7: there is no event 'VoteCats'. Did you mean 'VoteCast'?",
        ),
        (
            SINK.replace('["VoteCast"]', '["VoteCast"], where={}'),
            "sinks/chat.py, line 7: 'where' is not an event pattern. "
            "Empty objects are not allowed.",
        ),
        (
            SINK.replace('["VoteCast"]', '["VoteCast"], where={"vote": {"voter": "x"}}'),
            "sinks/chat.py, line 7: 'where' is not an event pattern. "
            '"voter" must be an object or an array. At vote.voter. '
            'Put the value in brackets: ["x"].',
        ),
        (
            SINK.replace(
                '["VoteCast"]', '["VoteCast"], where={"vote": {"voter": [{"starts": 1}]}}'
            ),
            "sinks/chat.py, line 7: 'where' is not an event pattern. "
            "Unrecognized match type starts. "
            "At vote.voter. Known are anything-but, cidr, ",
        ),
    ],
)
def test_a_sink_that_is_not_right(put, text: str, said: str) -> None:
    with pytest.raises(PluginError) as error:
        sink(put("sinks/chat.py", text))

    assert str(error.value).startswith(said)


def test_the_place_of_a_package_has_its_folder() -> None:
    assert place(Path("/a/sinks/pager/__init__.py")) == "sinks/pager/__init__.py"
    assert place(Path("/a/sinks/chat.py")) == "sinks/chat.py"


def test_a_module_and_a_folder_of_one_name(put) -> None:
    put("sinks/chat/__init__.py")

    with pytest.raises(PluginError) as error:
        sink(put("sinks/chat.py"))

    assert str(error.value) == (
        "sinks/chat.py and sinks/chat/__init__.py have one name, and Python imports the folder. "
        "Rename one of them."
    )


def test_an_enricher_that_is_not_right(put) -> None:
    with pytest.raises(PluginError, match=r"^enrichers/place.py has no function 'enrich' marked"):
        enricher(put("enrichers/place.py", '"""Add."""\ndef enrich(vote): ...'))


def test_settings_whose_types_are_text_are_known_after_the_module_is_gone(put) -> None:
    setting = "    room: str = setting('Where it goes')"
    settings = f"@dataclass(frozen=True, kw_only=True)\nclass Settings:\n{setting}\n\n"
    text = (
        SINK.replace("import sink\n", f"import setting, sink\n\n{settings}")
        .replace(
            "from votepipe",
            "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom votepipe",
        )
        .replace('["VoteCast"]', '["VoteCast"], settings=Settings')
        .replace("(event)", "(event, settings)")
    )
    plugin = sink(put("sinks/chat.py", text))

    assert plugin.spec.settings is not None
    assert load(plugin.spec.settings, "chat", {"CHAT_ROOM": "tea"}).room == "tea"
