"""Who may import whom, and how much a package holds; each message says what to move."""

import ast
from graphlib import CycleError, TopologicalSorter
from inspect import signature
from pathlib import Path

from votepipe import enricher, sink
from votepipe.project import checkout

ROOT = checkout()
# Each may import what stands to its left; imports inside functions and for type checkers count.
LAYERS = ("ships", "emulator", "project", "testing", "dev")
# Within what ships: what each part of votepipe/ may import of the others.
MAY_IMPORT = {
    "model": set[str](),
    "aws": {"model"},
    "plugins": {"aws", "model"},
    "delivery": {"plugins", "aws", "model"},
    "words": {"model"},
    "http": {"model"},
    "slack": {"http", "words", "aws", "model"},
    "enrichment": {"plugins", "aws", "model"},
    "tally": {"plugins", "aws", "words", "model"},
}
MOST_ENTRIES = 10
MOST_OPTIONS = 10


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    name_of(path): path
    for folder in ("votepipe", "sinks", "enrichers")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def imports(path: Path) -> set[str]:
    """Every module of ours that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found & set(MODULES)


IMPORTS = {name: imports(path) - {name} for name, path in MODULES.items()}
EDGES = [(name, other) for name, others in IMPORTS.items() for other in sorted(others)]


def layer(name: str) -> int:
    """Where a module stands in LAYERS."""
    part = f"{name}.".split(".")[1] if name.startswith("votepipe.") else ""
    return LAYERS.index(part) if part in LAYERS else 0


def test_each_layer_imports_only_what_stands_to_its_left() -> None:
    wrong = [f"{name} imports {other}" for name, other in EDGES if layer(other) > layer(name)]

    assert not wrong, (
        f"The order is {' ← '.join(LAYERS)}. Move what is needed to the left, or the module that "
        "needs it to the right:\n" + "\n".join(wrong)
    )


def test_what_ships_is_in_order_too() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, other in EDGES
        if name.startswith("votepipe.") and layer(name) == layer(other) == 0
        and (mine := name.split(".")[1]) != (theirs := other.partition(".")[2].partition(".")[0])
        and theirs not in MAY_IMPORT.get(mine, ())
    ]  # fmt: skip

    assert not wrong, (
        "The order is delivery ← plugins ← aws ← model, and nothing imports enrichment or tally. "
        "Move what is needed further down, or the module that needs it up:\n" + "\n".join(wrong)
    )


def test_modules_import_in_no_circle() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise AssertionError(f"Move what two of these share to a third one: {circle}") from None


def test_a_package_has_at_most_ten_entries() -> None:
    packages = {path.parent for path in MODULES.values() if path.name == "__init__.py"}
    # Plugins come and go; the layers that are never deployed are no parts of what ships.
    packages -= {ROOT / "sinks", ROOT / "enrichers"}
    apart = {ROOT / "votepipe" / name for name in LAYERS}
    entries = {
        str(package.relative_to(ROOT)): {
            each for each in package.iterdir() if each.name not in ("__pycache__", "__init__.py")
        }
        - apart
        for package in packages
    }

    wrong = [
        f"{package} has {len(found)}"
        for package, found in sorted(entries.items())
        if len(found) > MOST_ENTRIES
    ]

    assert not wrong, (
        f"Put what belongs together into one module or package, so that each package has at most "
        f"{MOST_ENTRIES} entries:\n" + "\n".join(wrong)
    )


def test_a_decorator_has_at_most_ten_options() -> None:
    many = [
        mark.__name__ for mark in (sink, enricher) if len(signature(mark).parameters) > MOST_OPTIONS
    ]

    assert not many, f"Group options of these into one object, as RateLimit does: {many}"
