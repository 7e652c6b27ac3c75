"""votepipe/project/plugins/source.py: what Python passes over is refused, in whole sentences."""

from pathlib import Path

import pytest

from votepipe.model.errors import PluginError
from votepipe.project.plugins import enricher, sink

MARK = '@sink(events=["VoteCast"])\n'
ONE = f"{MARK}def handler(event): ...\n"
HEAD = '"""Post each vote."""\nfrom votepipe import sink\n'


def refusal(folder: Path, text: str) -> str:
    path = folder / "sinks" / "chat.py"
    path.parent.mkdir()
    path.write_text(HEAD + text)
    with pytest.raises(PluginError) as error:
        sink(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            ONE + ONE,
            "sinks/chat.py has 2 functions 'handler', in lines 4 and 6, and only the last counts. "
            "Keep one; another one is a file of its own.",
        ),
        (
            ONE + "def handler(event): ...",
            "sinks/chat.py has 2 functions 'handler', in lines 4 and 5, and only the last counts. "
            "Keep one; another one is a file of its own.",
        ),
        (
            f"{MARK}def post(event): ...\ndef handler(event): ...",
            "sinks/chat.py has @sink on 'post' in line 4, and 'handler' in line 5 has no mark. "
            "Put @sink on 'handler'.",
        ),
        (
            "@sink\ndef handler(event): ...",
            "sinks/chat.py has @sink without options in line 3. Write: @sink(events=['VoteCast'])",
        ),
        (
            f"{MARK}def post(event): ...",
            "sinks/chat.py, line 3: @sink is on 'post'. Name the function 'handler'.",
        ),
        (
            MARK + ONE,
            "sinks/chat.py has @sink more than once, in lines 3 and 4. "
            "Keep the one on 'handler'; another one is a file of its own.",
        ),
        (
            f"import votepipe\n{ONE}@votepipe.sink(events=[])\ndef post(event): ...",
            "sinks/chat.py has @sink more than once, in lines 4 and 6. "
            "Keep the one on 'handler'; another one is a file of its own.",
        ),
    ],
)
def test_a_file_whose_marks_do_not_fit(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text) == said


def test_an_enricher_is_looked_at_as_well(tmp_path: Path) -> None:
    path = tmp_path / "enrichers" / "mood" / "__init__.py"
    path.parent.mkdir(parents=True)
    path.write_text('"""Add."""\n' + "def enrich(vote): ...\n" * 2)

    with pytest.raises(PluginError) as error:
        enricher(path)

    assert str(error.value) == (
        "enrichers/mood/__init__.py has 2 functions 'enrich', in lines 2 and 3, and only the last "
        "counts. Keep one; another one is a file of its own."
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "json",
            "'json' shadows a module of the standard library: whatever starts in this folder, "
            "as editors and test runners do, would import this file in its place.",
        ),
        (
            "votepipe",
            "'votepipe' shadows a module of this project: whatever starts in this folder, "
            "as editors and test runners do, would import this file in its place.",
        ),
        ("class", "'class' is a word of Python's own."),
    ],
)
@pytest.mark.parametrize("file", ["{}.py", "{}/__init__.py"])
def test_names_that_do_harm(tmp_path: Path, name: str, said: str, file: str) -> None:
    path = tmp_path / "sinks" / file.format(name)
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + ONE)

    with pytest.raises(PluginError) as error:
        sink(path)

    assert str(error.value) == f"sinks/{file.format(name)}: {said} Rename the sink."


def test_names_like_those_of_modules_do_none(tmp_path: Path) -> None:
    for name in ("email", "chat", "json_feed"):
        path = tmp_path / "sinks" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + ONE)
        assert sink(path).name == name
