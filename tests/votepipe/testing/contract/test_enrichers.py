"""votepipe/testing/contract/enrichers.py: good ones pass, and each kind of bad one is caught."""

from collections.abc import Callable
from pathlib import Path

import pytest

from votepipe.model.errors import PluginError
from votepipe.project import Project, plugins
from votepipe.testing.contract import Case, cases

HEAD = '''"""Add the mood."""
from dataclasses import dataclass
import time, urllib.request
from votepipe import enricher, setting

@dataclass(frozen=True, kw_only=True)
class Settings:
    word: str = setting("The word")

@enricher(adds={{"type": "object", "properties": {{"word": {{"type": "string"}}}}}}, {options})
def enrich(vote, {parameters}):
'''

Write = Callable[..., Path]


@pytest.fixture
def mood(tmp_path: Path) -> Write:
    """Write enrichers/mood.py whose function has this body."""

    def write(body: str, options: str = "", parameters: str = "") -> Path:
        path = tmp_path / "enrichers" / "mood.py"
        path.parent.mkdir()
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        path.write_text(HEAD.format(options=options, parameters=parameters) + lines)
        return path

    return write


def all_of_them() -> list[Case]:
    root = Project.read().root
    folders = (root / "enrichers", root / "examples" / "enrichers")
    return [case for each in folders for path in plugins.modules(each) for case in cases(path)]


@pytest.mark.parametrize("case", all_of_them(), ids=str)
def test_the_shipped_ones_and_the_examples_keep_it(case: Case) -> None:
    assert case.run().problems == ()


def test_settings_and_what_others_added_are_there(mood: Write) -> None:
    options = "needs=['reader'], settings=Settings"
    body = "return {'word': settings.word} if reader['anonymous'] else None"
    usual, bare, *_ = cases(mood(body, options, "reader, settings"))

    assert [case.run().happened for case in (usual, bare)] == ["added nothing", "added what fits"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "return {'word': 5}",
            "It returned what breaks 'type' in its 'adds'. "
            "enrichment.mood.word must be string. Return what fits, or change 'adds'.",
        ),
        (
            "return ['word']",
            "It returned what breaks 'type' in its 'adds'. "
            "enrichment.mood must be object. Return what fits, or change 'adds'.",
        ),
        ("return {1, 2}", "It returned what JSON cannot hold. Return what fits, or change 'adds'."),
        ("return {}[vote.voter]", "KeyError in enrichers/mood.py, line 12. Fix that line."),
        ("vote.voter = 'x'", "FrozenInstanceError in enrichers/mood.py, line 12. Fix that line."),
        ("vote.answers['x'] = 1", "TypeError in enrichers/mood.py, line 12. Fix that line."),
        ("time.sleep(0.2)", "It took longer than 0.01 s. Do less, or set a longer 'timeout'."),
        ("print(vote.voter)", "What a reader wrote is in the log. Leave it out."),
        (
            "urllib.request.urlopen('https://mood.example')",
            "It reached for another machine. Test that with pipeline.serve.",
        ),
    ],
)
def test_a_bad_one_is_caught(mood: Write, body: str, said: str) -> None:
    timeout = "timeout=0.01" if "sleep" in body else ""

    usual, *_ = cases(mood(body, timeout))

    assert said in usual.run().problems


def test_an_enricher_that_is_not_there_is_suggested(mood: Write) -> None:
    with pytest.raises(PluginError) as error:
        cases(mood("return None", "needs=['artcle']", "artcle"))

    assert str(error.value) == (
        "enrichers/mood.py needs 'artcle', and no such enricher is there. Did you mean 'article'?"
    )
