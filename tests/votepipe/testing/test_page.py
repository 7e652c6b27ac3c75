"""docs/testing.md: the code it shows works as it stands."""

import re
import subprocess
from pathlib import Path

from votepipe.testing import table

PAGE = Path("docs/testing.md")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_tests_on_the_page_pass(tmp_path: Path, python_pytest: list[str]) -> None:
    tests = blocks("python")
    for number, text in enumerate(tests):
        (tmp_path / f"test_page_{number}.py").write_text(text)
    result = subprocess.run([*python_pytest, tmp_path], capture_output=True, text=True, timeout=120)

    assert f"{len(tests)} passed" in result.stdout, result.stdout


def test_the_table_on_the_page_holds(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    path = tmp_path / "page.votes.yaml"
    path.write_text(text)

    for case in table.load(path):
        assert table.run(case) == [], case.name
