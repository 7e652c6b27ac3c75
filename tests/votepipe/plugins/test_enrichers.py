"""votepipe/plugins/enrichers.py.

What is in a folder of enrichers, and the order in which it runs.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from votepipe import enricher
from votepipe.model.errors import PluginError
from votepipe.plugins import Enricher
from votepipe.plugins.enrichers import checker, load, ordered

MODULE = '''"""Add nothing."""
from votepipe import enricher

@enricher(adds={{}}, needs={needs})
def enrich(vote, {parameters}):
    return {{}}
'''
Folder = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Make a package of modules by their source, and return its name."""
    monkeypatch.syspath_prepend(tmp_path)
    numbers = itertools.count()

    def make(**sources: str) -> str:
        package = f"enrichers_of_{tmp_path.name}_{next(numbers)}"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        for name, source in sources.items():
            (tmp_path / package / f"{name}.py").write_text(source)
        return package

    return make


def module(*needs: str) -> str:
    return MODULE.format(needs=list(needs), parameters=", ".join(needs))


def made(name: str, needs: list[str], **mark: Any) -> Enricher:
    """An enricher that only has its name and its needs."""
    scope: dict[str, Any] = {"__name__": f"enrichers.{name}"}
    exec(f"def enrich(vote, {', '.join(needs)}): ...", scope)
    return enricher(**{"adds": {}, "needs": needs, **mark})(scope["enrich"]).enricher


def test_modules_and_packages_are_found_in_the_order_they_run(
    folder: Folder, tmp_path: Path
) -> None:
    package = folder(alone=module(), early=module("whole"), _private="1 / 0")
    (tmp_path / package / "whole").mkdir()
    (tmp_path / package / "whole" / "__init__.py").write_text(module("alone"))

    assert [each.name for each in load(package)] == ["alone", "whole", "early"]


def test_the_shipped_ones_load() -> None:
    assert {"article", "questions", "reader"} <= {each.name for each in load()}


def test_an_empty_folder_has_none(folder: Folder) -> None:
    assert load(folder()) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "import nowhere",
            "/wrong does not import: ModuleNotFoundError: No module named 'nowhere'",
        ),
        (
            "def enrich(vote): ...",
            "/wrong has no function 'enrich' of its own marked with @enricher",
        ),
        ("from enrichers.reader import enrich", "/wrong has no function 'enrich' of its own"),
    ],
)
def test_a_module_that_is_not_right_is_named(folder: Folder, source: str, text: str) -> None:
    package = folder(wrong=source, right=module())

    with pytest.raises(PluginError) as caught:
        load(package)

    assert str(caught.value).startswith(package + text)


def test_a_mistake_that_the_mark_finds_stays_as_it_is(folder: Folder) -> None:
    package = folder(wrong=module().replace("vote, ", ""))

    with pytest.raises(PluginError, match=r"wrong\.py: found 'enrich\(\)'\. Write it as"):
        load(package)


def test_enrichers_that_need_each_other_are_named_in_a_circle() -> None:
    found = [made("a", ["b"]), made("b", ["c"]), made("c", ["a"]), made("d", [])]

    with pytest.raises(PluginError) as caught:
        ordered(found)

    assert str(caught.value) == (
        "enrichers/a.py needs itself: 'a' → 'b' → 'c' → 'a'. Take one out of its 'needs'."
    )


@st.composite
def acyclic(draw: st.DrawFn) -> list[Enricher]:
    names = draw(st.permutations("abcdefg"))
    needs = [draw(st.sets(st.sampled_from(names[:at]))) if at else set() for at in range(7)]
    return draw(
        st.permutations([made(n, sorted(need)) for n, need in zip(names, needs, strict=True)])
    )


@given(acyclic())
def test_each_runs_after_all_that_it_needs(found: list[Enricher]) -> None:
    names = [each.name for each in ordered(found)]

    assert sorted(names) == sorted("abcdefg")
    for each in found:
        assert all(names.index(need) < names.index(each.name) for need in each.needs)


@given(acyclic())
def test_the_order_does_not_depend_on_who_was_found_first(found: list[Enricher]) -> None:
    assert ordered(found) == ordered(reversed(found))


def test_a_result_is_checked_by_adds() -> None:
    check = checker(made("a", [], adds={"type": "object", "required": ["x"]}))

    check({"x": 1})
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        check({})


@pytest.mark.parametrize(
    "adds",
    [
        {"type": "objekt"},
        {"pattern": "("},
        {"properties": 5},
        {"$ref": "#/definitions/missing"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "other.json"},
    ],
)
def test_adds_that_is_no_schema_is_refused(adds: dict[str, Any]) -> None:
    with pytest.raises(PluginError, match=r"^enrichers/a\.py: 'adds' is not a JSON Schema\. "):
        checker(made("a", [], adds=adds))
