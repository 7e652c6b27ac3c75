"""votepipe/dev/operations/scaffold/.

A plugin and its test are written, under a name that can work, and both pass.
"""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from votepipe.dev.operations.scaffold import SINKS, BadName, add, check_name, examples, write
from votepipe.project import checkout, plugins, sync
from votepipe.testing.contract import cases

ROOT = checkout()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with no sink but `settle`, which is where commands look."""
    for name in ("enrichers", "examples", "schemas", "widgets.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "sinks").mkdir()
    for name in ("__init__.py", "settle"):
        (tmp_path / "sinks" / name).symlink_to(ROOT / "sinks" / name)
    shutil.copy(ROOT / "template.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def brought_in_step(root: Path) -> None:
    template = root / "template.yaml"
    template.write_text(sync.synced(template.read_text(), sync.resources(root)))


def passes(test: Path) -> int:
    """Run the tests of a file that need no fixture; how many there were."""
    tests = [each for name, each in runpy.run_path(str(test)).items() if name.startswith("test_")]
    for each in tests:
        each()
    return len(tests)


@pytest.mark.slow
@pytest.mark.parametrize("like", SINKS)
def test_what_a_new_sink_is_like_passes_its_test_and_the_contract(small: Path, like: str) -> None:
    plugin, test = write("sink", "chat_room", small, like)
    brought_in_step(small)

    assert passes(test)
    assert [case.run().problems for case in cases(plugin) if case.run().problems] == []


@pytest.mark.slow
@pytest.mark.parametrize("like", SINKS)
def test_a_second_secret_does_not_break_the_test(small: Path, like: str) -> None:
    plugin, test = write("sink", "chat_room", small, like)
    text = plugin.read_text().replace("import Event, setting", "import Event, Secret, setting")
    head = "class Settings:\n"
    plugin.write_text(text.replace(head, f'{head}    key: Secret = setting("Another key")\n'))
    brought_in_step(small)

    assert "Another key" in plugin.read_text()
    assert passes(test)


def test_what_is_written_is_formatted(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text((ROOT / "template.yaml").read_text())
    for like in SINKS:
        write("sink", f"{like}_room", tmp_path, like)
    write("enricher", "country", tmp_path)

    for check in (["format", "--check"], ["check", "--select", "E,F,W,I"]):
        ruff = [sys.executable, "-m", "ruff", *check, "--config", ROOT / "pyproject.toml", tmp_path]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_table_that_is_there_is_not_replaced(small: Path) -> None:
    with pytest.raises(BadName, match=r"^template\.yaml has 'VotesTable' already\. Choose another"):
        write("sink", "votes", small, "table")


def test_lines_end_as_in_the_template(small: Path) -> None:
    template = small / "template.yaml"
    template.write_bytes(template.read_bytes().replace(b"\n", b"\r\n"))

    write("sink", "chat_room", small, "table")

    text = template.read_bytes()
    assert b"  ChatRoomTable:\r\n" in text
    assert text.count(b"\n") == text.count(b"\r\n")


@pytest.mark.parametrize("name", examples(ROOT))
def test_an_example_is_copied_with_its_test(small: Path, name: str) -> None:
    kind = examples(ROOT)[name].parent.name
    shutil.rmtree(small / "tests", ignore_errors=True)
    if kind == "enrichers":
        (small / "enrichers").unlink()
        shutil.copytree(ROOT / "enrichers", small / "enrichers")
        (small / "enrichers" / f"{name}.py").unlink(missing_ok=True)

    plugin, test = add(name, small)

    (loaded,) = [each for each in plugins.modules(small / kind) if plugins.home(each) == plugin]
    found = plugins.sink(loaded) if kind == "sinks" else plugins.enricher(loaded)
    assert found.name == name
    assert test == small / "tests" / kind / f"test_{name}.py"
    assert test.read_bytes() == (ROOT / "examples" / test.relative_to(small)).read_bytes()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nfty", "There is no example 'nfty'. Did you mean 'ntfy'?"),
        ("../discord", "There is no example '../discord'. Did you mean 'discord'?"),
        (
            "discord",
            "sinks/discord.py is there already. To copy it anew, delete sinks/discord.py.",
        ),
        ("tele_gram", "There is no example 'tele_gram'. Did you mean 'telegram'?"),
    ],
)
def test_an_example_that_cannot_be_added(small: Path, name: str, said: str) -> None:
    (small / "sinks" / "discord.py").touch()

    with pytest.raises(BadName) as error:
        add(name, small)

    assert str(error.value) == said


def test_a_sink_and_its_test_are_written(tmp_path: Path) -> None:
    written = write("sink", "chat_room", tmp_path)

    assert [str(path.relative_to(tmp_path)) for path in written] == [
        "sinks/chat_room.py",
        "tests/sinks/test_chat_room.py",
    ]
    plugin = plugins.sink(written[0])
    assert plugin.name == "chat_room"
    assert "Chat room" in plugin.words
    compile(written[1].read_text(), "test_chat_room.py", "exec")


def test_an_enricher_and_its_test_are_written(tmp_path: Path) -> None:
    written = write("enricher", "country", tmp_path)

    assert plugins.enricher(written[0]).name == "country"
    compile(written[1].read_text(), "test_country.py", "exec")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Chat", "'Chat' cannot name a sink. Use up to 40 of a-z, 0-9 and single _."),
        ("chat__room", "'chat__room' cannot name a sink. Use up to 40 of a-z, 0-9 and single _."),
        ("../chat", "'../chat' cannot name a sink. Use up to 40 of a-z, 0-9 and single _."),
        ("c" * 41, f"'{'c' * 41}' cannot name a sink. Use up to 40 of a-z, 0-9 and single _."),
        ("class", "'class' is a word of Python's own. Choose another name."),
        ("match", "'match' is a word of Python's own. Choose another name."),
        (
            "http",
            "'http' shadows a module of the standard library: whatever starts in this folder, as "
            "editors and test runners do, would import this file in its place. "
            "Choose another name.",
        ),
        ("pager", "sinks/pager.py is there already. Choose another name."),
        ("pack", "sinks/pack is there already. Choose another name."),
        ("pa_ger", "'pa_ger' is too close to sink 'pager'. Choose another name."),
    ],
)
def test_names_that_cannot_work(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "sinks" / "pack").mkdir(parents=True)
    (tmp_path / "sinks" / "pager.py").touch()

    with pytest.raises(BadName) as error:
        check_name("sink", name, tmp_path)

    assert str(error.value) == said


def test_a_test_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tests" / "sinks").mkdir(parents=True)
    (tmp_path / "tests" / "sinks" / "test_chat.py").touch()

    with pytest.raises(BadName, match=r"^tests/sinks/test_chat\.py is there already"):
        write("sink", "chat", tmp_path)
