"""What holds for every file; each message names the file to mend."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from votepipe.dev.cli import COMMANDS
from votepipe.project import ROOT
from votepipe.project.plugins import modules

LIBRARY = sorted((ROOT / "votepipe").rglob("*.py"))
NEVER_DEPLOYED = ("emulator", "project", "testing", "dev")
NEVER_SHIPPED = [ROOT / "votepipe" / name for name in NEVER_DEPLOYED]
SHIPPED = [
    *(path for path in LIBRARY if not any(path.is_relative_to(each) for each in NEVER_SHIPPED)),
    *(ROOT / "sinks").rglob("*.py"),
    *(ROOT / "enrichers").rglob("*.py"),
]
PLUGINS = [*modules(ROOT / "sinks"), *modules(ROOT / "enrichers")]
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


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=shown)
def test_nothing_that_ships_imports_what_does_not(path: Path) -> None:
    wrong = {
        name
        for name in imports(path)
        if name.startswith(tuple(f"votepipe.{each}" for each in NEVER_DEPLOYED))
    }

    assert not wrong, f"{shown(path)} is deployed and imports {wrong}, which is not."


@pytest.mark.parametrize("path", LIBRARY, ids=shown)
def test_a_module_says_what_it_is_for_and_is_read_in_one_go(path: Path) -> None:
    text = path.read_text()

    assert ast.get_docstring(ast.parse(text)), f"Start {shown(path)} with a docstring."
    assert text.count("\n") <= 250, f"Split {shown(path)}: it has {text.count(chr(10))} lines."


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


@pytest.mark.parametrize(
    "path", sorted((ROOT / "votepipe" / "dev" / "commands").glob("[a-z]*.py")), ids=shown
)
def test_every_command_is_in_the_table(path: Path) -> None:
    places = {entry.place.partition(":")[0] for entry in COMMANDS.values()}

    assert f"votepipe.dev.commands.{path.stem}" in places, (
        f"Put the command of {shown(path)} into COMMANDS in votepipe/dev/cli.py."
    )


@pytest.mark.parametrize("path", PLUGINS, ids=shown)
def test_a_plugin_is_short_and_has_a_test_of_its_name(path: Path) -> None:
    name = path.parent.name if path.name == "__init__.py" else path.stem
    folder = path.relative_to(ROOT).parts[0]

    files = [path] if path.name != "__init__.py" else sorted(path.parent.glob("*.py"))

    assert (ROOT / "tests" / folder / f"test_{name}.py").exists(), f"Write a test of {shown(path)}."
    for each in files:
        lines = each.read_text().count("\n")
        assert lines <= 120, f"{shown(each)} has {lines} lines; make it a package."


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("votepipe.enrichment", {"boto3", "botocore", "requests", "jsonschema", "slack_sdk"}),
        ("sinks.slack", {"boto3", "botocore", "jsonschema", "slack_sdk"}),
        ("sinks.settle", {"boto3", "botocore", "requests", "jsonschema", "slack_sdk"}),
    ],
)
def test_a_cold_start_imports_no_more_than_it_needs(module: str, without: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert not without & set(loaded), f"{module} imports {without & set(loaded)} at its start."


@pytest.mark.parametrize(
    ("module", "packages"),
    [
        ("votepipe.enrichment", {"fastjsonschema"}),
        ("sinks.log", set()),
        ("sinks.settle", set()),
        ("sinks.webhook", {"requests", "urllib3", "certifi", "idna", "charset_normalizer"}),
    ],
)
def test_a_cold_start_imports_these_packages_only(module: str, packages: set[str]) -> None:
    # Without the site's hooks, which import what no function has.
    site = Path(pytest.__file__).parents[1]
    code = f"import sys; sys.path.append({str(site)!r}); import {module}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    foreign = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    # Compiled helpers of charset_normalizer on this machine; the zip has it without.
    foreign -= {name for name in foreign if "cython" in name or "__mypyc" in name}
    ours = {"__main__", "votepipe", "sinks", "enrichers"}
    assert foreign - ours <= packages, f"{module} imports {foreign - ours - packages} too."


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
