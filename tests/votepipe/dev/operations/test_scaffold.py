"""votepipe/dev/operations/scaffold/.

A plugin and its test are written, under a name that can work.
"""

from pathlib import Path

import pytest

from votepipe.dev.operations.scaffold import BadName, check_name, write
from votepipe.project import plugins


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
