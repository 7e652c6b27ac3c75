"""votepipe/project/__init__.py."""

from pathlib import Path

import pytest

from votepipe.project import NoCheckout, checkout


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "sinks" / "chat").mkdir(parents=True)
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
