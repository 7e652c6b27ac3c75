"""votepipe/project/__init__.py."""

import sys
from pathlib import Path

import pytest

from votepipe.model.errors import PluginError
from votepipe.project import NoCheckout, Project, checkout

ROOT = checkout(Path(__file__))
SINK = '''"""Post each vote to a room."""
from votepipe import sink
from sinks._words import WORD

@sink(events=["VoteCast"])
def handler(event):
    return WORD
'''
ENRICHER = '''"""Add what is known."""
from votepipe import enricher

@enricher(adds={{"type": "object"}}, needs={needs})
def enrich(vote{more}):
    return {{}}
'''


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "sinks" / "chat").mkdir(parents=True)
    (tmp_path / "sinks" / "__init__.py").touch()
    (tmp_path / "template.yaml").touch()
    return tmp_path


def test_the_checkout_is_found_from_any_folder_of_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checkout(here) == checkout(here / "sinks" / "chat") == here
    monkeypatch.chdir(here / "sinks")
    assert checkout() == here


@pytest.mark.parametrize("missing", ["template.yaml", "sinks"])
def test_a_folder_that_is_in_no_checkout_is_refused(here: Path, missing: str) -> None:
    (here / missing).rename(here / "elsewhere")
    with pytest.raises(NoCheckout, match=r"no checkout.*template\.yaml and sinks/\. Change to"):
        checkout(here)


def test_hidden_files_that_an_editor_keeps_are_no_plugins(here: Path) -> None:
    (here / "sinks" / ".room.py").write_text("not a plugin")
    (here / "sinks" / ".#room.py").symlink_to("nobody@nowhere")

    assert Project.read(here).sinks == ()


def test_sinks_are_read_once_until_a_file_changes_and_leave_no_module_behind(here: Path) -> None:
    (here / "sinks" / "_words.py").write_text("WORD = 'one'")
    (here / "sinks" / "room.py").write_text(SINK)
    before = set(sys.modules)
    first, again = Project.read(here), Project.read(here)
    (here / "sinks" / "_words.py").write_text("WORD = 'other'")
    second = Project.read(here)

    assert again is first
    assert [each.sinks[0].spec.function(None) for each in (first, second)] == ["one", "other"]
    assert not [name for name in set(sys.modules) - before if name.startswith("sinks")]


def test_enrichers_come_in_the_order_in_which_they_run(here: Path) -> None:
    (here / "enrichers").mkdir()
    for name, needs in (("alpha", ["zeta"]), ("zeta", [])):
        more = "".join(f", {need}" for need in needs)
        text = ENRICHER.format(needs=needs, more=more)
        (here / "enrichers" / f"{name}.py").write_text(text)

    assert [each.name for each in Project.read(here).enrichers] == ["zeta", "alpha"]


def test_a_checkout_may_have_no_plugins(here: Path) -> None:
    assert Project.read(here).settings == {}


def test_all_plugins_that_are_wrong_are_named_and_hide_no_other(here: Path) -> None:
    (here / "sinks" / "_words.py").write_text("WORD = 'one'")
    (here / "sinks" / "alpha.py").write_text("x = 1")
    (here / "sinks" / "room.py").write_text(SINK)
    (here / "sinks" / "zeta.py").write_text('"""Post."""\nraise SystemExit(1)')
    (here / "enrichers").mkdir()
    for name, need in (("first", "secnd"), ("second", "elsewhere"), ("third", "first")):
        text = ENRICHER.format(needs=[need], more=f", {need}")
        (here / "enrichers" / f"{name}.py").write_text(text)

    with pytest.raises(PluginError) as error:
        Project.read(here)

    assert str(error.value) == (
        "enrichers/first.py needs 'secnd', and no such enricher is there. Did you mean 'second'?\n"
        "enrichers/second.py needs 'elsewhere', and no such enricher is there. "
        "There are: first, third.\n"
        "sinks/alpha.py has no docstring. Start it with a line that says what it does.\n"
        "sinks/zeta.py does not import: SystemExit: 1. Fix line 2."
    )
    project = Project.survey(here)
    assert [each.name for each in (*project.enrichers, *project.sinks)] == ["third", "room"]


def test_an_enricher_with_the_name_of_a_sink_is_refused(here: Path) -> None:
    (here / "sinks" / "_words.py").write_text("WORD = 'one'")
    (here / "sinks" / "room.py").write_text(SINK)
    (here / "enrichers").mkdir()
    (here / "enrichers" / "room.py").write_text(ENRICHER.format(needs=[], more=""))

    assert list(Project.survey(here).broken.values()) == [
        "enrichers/room.py has the name of a sink, and their settings would mix. "
        "Rename the enricher."
    ]


def test_enrichers_that_need_each_other_hide_no_other(here: Path) -> None:
    (here / "enrichers").mkdir()
    for name, needs in (("alone", []), ("first", ["second"]), ("second", ["first"])):
        more = "".join(f", {need}" for need in needs)
        text = ENRICHER.format(needs=needs, more=more)
        (here / "enrichers" / f"{name}.py").write_text(text)

    project = Project.survey(here)

    assert "alone" in [each.name for each in project.enrichers]
    (problem,) = project.broken.values()
    assert problem.endswith("Take one out of its 'needs'.")


def test_this_checkout_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "sinks")
    project = Project.read()

    assert project is Project.read(ROOT)
    assert {"slack", "settle", "article"} <= set(project.settings)
    assert "AWS::Lambda::Function" in {
        each["Type"] for each in project.template["Resources"].values()
    }
