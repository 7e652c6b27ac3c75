"""votepipe/project/sync/reference_page.py: all that plugins import, as it is in the source."""

import inspect
from pathlib import Path

import pytest

import votepipe
from votepipe import http
from votepipe.plugins import fields
from votepipe.project import checkout
from votepipe.project.sync.reference_page import SECTIONS, page


def entry(name: str) -> str:
    """The part of the page about a name."""
    return page().partition(f"\n### {name}\n")[2].partition("\n### ")[0].partition("\n## ")[0]


def test_the_page_in_docs_is_in_step() -> None:
    kept = Path(checkout() / "docs" / "reference.md").read_text()

    assert kept == page(), "Run: votepipe sync"


def test_every_public_name_is_on_it() -> None:
    named = {name for modules in SECTIONS.values() for name in modules.get("votepipe", ())}

    assert named == set(votepipe.__all__)


@pytest.mark.parametrize("function", [http.post, fields.setting, votepipe.sink, votepipe.enricher])
def test_a_function_has_all_its_parameters_and_its_docstring(function) -> None:
    shown = entry(function.__name__)

    assert inspect.getdoc(function) in shown
    assert all(f"    {name}: " in shown for name in inspect.signature(function).parameters)


def test_a_class_has_its_fields_its_members_and_its_docstring() -> None:
    shown = entry("ScheduledEvent")

    assert "ScheduledEvent(\n    time: datetime,\n)" in shown
    assert "- `sequence`: The time in seconds since 1970.\n" in shown
    assert "from_message" not in shown
    assert "- `json()`: The body read as JSON." in entry("Response")


def test_an_error_has_what_it_is_made_with() -> None:
    assert (
        "TryLater(\n    why: str = 'The receiver asked to wait.',\n    *,\n    after: float,\n)"
        in (entry("TryLater"))
    )
    assert (
        entry("Skip").lstrip().startswith("```python\nfrom votepipe import Skip\n```\n\nThere is")
    )
