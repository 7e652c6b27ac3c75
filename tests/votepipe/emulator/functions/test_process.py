"""votepipe/emulator/functions/process.py."""

import os
import sys
from pathlib import Path

import pytest

from votepipe.emulator.functions.process import Patch, Process
from votepipe.emulator.simulation.errors import Unmodelled


class Thing:
    """Something that is patched."""

    colour = "blue"


def process(root: Path, patches: list[Patch] | None = None, own: list[Patch] | None = None,
            handler: str = "app.handler") -> Process:  # fmt: skip
    return Process(root, handler, {"A": "ä"}, lambda: patches or [], lambda handler: own or [])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("import os\nKEPT = []\ndef handler():\n    return KEPT\n")
    return tmp_path


def test_inside_the_world_is_the_process_s_and_outside_it_is_as_before(root: Path) -> None:
    it = process(root, [(Thing, "colour", "red")])
    environment, path = dict(os.environ), list(sys.path)
    with it.entered():
        inside = (os.environ["A"], len(os.environ), Thing.colour, "app" in sys.modules)

    assert inside == ("ä", 1, "red", True)
    assert (dict(os.environ), sys.path, Thing.colour) == (environment, path, "blue")
    assert "app" not in sys.modules


def test_what_the_process_owns_stays_its_own(root: Path) -> None:
    first, second = (process(root, own=[(Thing, "colour", colour)]) for colour in ("red", "green"))
    seen = []
    for it in (first, second, first):
        with it.entered():
            seen.append(Thing.colour)

    assert seen == ["red", "green", "red"]


def test_processes_do_not_share_modules(root: Path) -> None:
    first, second = process(root), process(root)
    first.handler().append(1)

    assert (first.handler(), second.handler()) == ([1], [])


def test_modules_that_were_imported_outside_come_back(root: Path) -> None:
    outside = type(sys)("app")
    sys.modules["app"] = outside
    try:
        with process(root).entered():
            inside = sys.modules["app"]

        assert inside is not outside
        assert sys.modules["app"] is outside
    finally:
        del sys.modules["app"]


def test_what_it_prints_is_kept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    it = process(root)
    with it.entered():
        sys.stdout.write("one\ntwo\n")

    assert it.lines() == ["one", "two"]
    assert it.lines() == []
    assert capsys.readouterr().out == ""


def test_a_module_that_does_not_import_is_refused(root: Path) -> None:
    with pytest.raises(Unmodelled, match=r"'nowhere.handler' cannot be imported"):
        process(root, handler="nowhere.handler")
