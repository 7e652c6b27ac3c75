"""README.md: what it shows is what happens."""

import re
import subprocess
import sys

import pytest

from votepipe.dev.cli import COMMANDS
from votepipe.project import ROOT

README = (ROOT / "README.md").read_text()
FILES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
PAGES = {page.name: page.read_text() for page in FILES}


def test_the_first_screen_shows_what_the_demo_prints() -> None:
    shown = re.search(r"```console\n\$ make demo\n(.*?)```", README, re.DOTALL)
    assert shown

    printed = subprocess.run(
        [sys.executable, "-m", "votepipe.dev", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert shown[1] == printed
    assert README[: shown.end()].count("\n") <= 25, "Keep it on the first screen."


def test_the_table_of_sinks_is_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "votepipe.dev", "sync", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    ways = (f"votepipe {command}", f"make {command}")

    shown = any(way in text for way in ways for text in PAGES.values())

    assert shown, f"Show 'votepipe {command}' in README.md or docs/."


@pytest.mark.parametrize("page", sorted(PAGES))
def test_links_lead_somewhere(page: str) -> None:
    folder = ROOT if page == "README.md" else ROOT / "docs"

    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", PAGES[page])

    missing = [link for link in links if not (folder / link).exists()]
    assert not missing, f"{page} links to what is not there: {missing}"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_make_target_shown_is_there(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text()

    shown = set(re.findall(r"^\$ (?:\w+=\S+ )*make ([a-z-]+)", PAGES[page], re.MULTILINE))

    missing = {name for name in shown if f"\n{name}:" not in makefile}
    assert not missing, f"{page} shows make targets that are not there: {missing}"
