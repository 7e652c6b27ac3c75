"""What holds for every file; each message names the file to fix."""

import ast
import re
import subprocess
from pathlib import Path

import yaml

from votepipe.dev.cli import COMMANDS
from votepipe.project import checkout
from votepipe.project.plugins import modules

ROOT = checkout()
LIBRARY = sorted((ROOT / "votepipe").rglob("*.py"))
FOLDERS = ("sinks", "enrichers", "examples/sinks", "examples/enrichers")
PLUGINS = [path for folder in FOLDERS for path in modules(ROOT / folder)]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()


def shown(path: Path) -> str:
    """A path as people write it."""
    return str(path.relative_to(ROOT))


def home(plugin: Path) -> Path:
    """A plugin's module, or the folder of its package."""
    return plugin.parent if plugin.name == "__init__.py" else plugin


def test_every_module_of_the_library_says_what_it_is_for() -> None:
    without = [
        shown(path) for path in LIBRARY if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert not without, f"Start these files with a docstring: {without}"


def test_no_module_is_too_long_to_read() -> None:
    long = [shown(path) for path in LIBRARY if path.read_text().count("\n") > 400]

    assert not long, f"Split these files by purpose; each has more than 400 lines: {long}"


def test_nearly_every_module_has_a_test_of_its_name() -> None:
    mirrored = [path for path in LIBRARY if not path.name.startswith("__")]

    without = [
        shown(path)
        for path in mirrored
        if not list((ROOT / "tests" / path.relative_to(ROOT)).parent.glob(f"test_{path.stem}*.py"))
    ]

    assert len(without) <= len(mirrored) // 8, f"Write tests of these names: {without}"


def test_tests_are_no_packages() -> None:
    found = [shown(path) for path in (ROOT / "tests").rglob("__init__.py")]

    assert not found, f"Take away {found}: two tests of one name must not meet in a package."


def test_every_command_is_in_the_table() -> None:
    listed = {entry.location.partition(":")[0].rpartition(".")[2] for entry in COMMANDS.values()}
    files = sorted((ROOT / "votepipe" / "dev" / "commands").glob("[a-z]*.py"))

    missing = [shown(path) for path in files if path.stem not in listed]

    assert not missing, f"Put these commands into COMMANDS in votepipe/dev/cli.py: {missing}"


def test_every_plugin_has_a_test_of_its_name() -> None:
    tests = [
        folder.parent / "tests" / folder.name / f"test_{home(path).stem}.py"
        for path in PLUGINS
        for folder in [home(path).parent]
    ]

    missing = [shown(test) for test in tests if not test.exists()]

    assert not missing, f"Write these tests: {missing}"


def test_every_file_of_a_plugin_is_short() -> None:
    files = [file for path in PLUGINS for file in [*home(path).glob("*.py")] or [path]]

    long = [shown(file) for file in files if file.read_text().count("\n") > 120]

    assert not long, f"Make packages of these, or split them; they have over 120 lines: {long}"


def test_every_action_is_pinned_to_a_commit() -> None:
    used = [
        (path.name, used)
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
        for used in re.findall(r"uses: (?!\./)(.*)", path.read_text())
    ]

    loose = [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\S+", each[1])]

    assert used
    assert not loose, f"Pin these actions to a commit, with the version as a comment: {loose}"


def test_hooks_have_their_programs_and_files_end_with_a_newline() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    programs = [hook["entry"].split()[0] for hook in hooks if hook["language"] == "system"]
    (end,) = [re.compile(hook["entry"], re.DOTALL) for hook in hooks if hook["id"] == "end-of-file"]

    ragged = [
        name
        for name in TRACKED
        if Path(name).suffix in (".md", ".py", ".yml", ".yaml", ".toml", ".json", ".j2")
        and end.search((ROOT / name).read_text())
    ]

    assert [program for program in programs if not (ROOT / program).exists()] == []
    assert end.search("no newline")
    assert not ragged, f"End these files with a newline: {ragged}"


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    # Built from pieces, so that this file does not hold what it forbids.
    hosts = [r"py" r"pi\.org", r"python" r"hosted\.org", r"registry\.npm" r"js\.org"]
    pattern = re.compile("|".join([*hosts, r"/ro" r"ot/", r"/wo" r"rk/", r"/home/[a-z]"]))

    found = [
        name
        for name in TRACKED
        if (ROOT / name).is_file() and pattern.search((ROOT / name).read_text(errors="replace"))
    ]

    assert not found, f"Take registry hosts and machine paths out of {found}"
