"""Write a new plugin with a test that passes: from a template beside this file, or an example."""

import ast
import shutil
from pathlib import Path
from typing import Literal

from votepipe.plugins.declarations import NAME
from votepipe.project import generated, templates
from votepipe.project.names import logical_id, meant, unfit
from votepipe.project.plugins import home, modules

Kind = Literal["sink", "enricher"]
SINKS = ("slack", "http", "mail", "table", "schedule")  # what a new sink can be like
_RESOURCES = f"  # >>> {generated.RESOURCES}"


class BadName(Exception):
    """A plugin cannot have this name; the text says why."""


def check_name(kind: Kind, name: str, root: Path) -> None:
    """Raise BadName where a new plugin of this name would clash, shadow or not be importable."""
    folder = root / f"{kind}s"
    if not NAME.fullmatch(name) or len(name) > 40:
        raise BadName(f"'{name}' cannot name a {kind}. Use up to 40 of a-z, 0-9 and single _.")
    if problem := unfit(name):
        raise BadName(f"{problem} Choose another name.")
    for path in (folder / f"{name}.py", folder / name, _test(kind, name, root)):
        if path.exists():
            raise BadName(f"{path.relative_to(root)} is there already. Choose another name.")
    # Logical ids of two sinks must differ by more than an underscore or the case of a letter.
    plain = name.replace("_", "")
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.stem.replace("_", "").lower() == plain:
            raise BadName(f"'{name}' is too close to {kind} '{other.stem}'. Choose another name.")


def write(kind: Kind, name: str, root: Path, like: str = SINKS[0]) -> list[Path]:
    """Write the module and its test; returns both paths. Raises BadName.

    A sink that is like `table` gets a table of its own in template.yaml.
    """
    check_name(kind, name, root)
    chosen = like if kind == "sink" else kind
    written = [root / f"{kind}s" / f"{name}.py", _test(kind, name, root)]
    if chosen == "table":
        _add_table(name, root / "template.yaml")
    for template, path in zip((f"{chosen}.py.j2", f"test_{chosen}.py.j2"), written, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_rendered(template, name))
    return written


def examples(root: Path) -> dict[str, Path]:
    """What `add` knows, sinks first, by name: the file of each module, or the package's folder."""
    folders = (root / "examples" / "sinks", root / "examples" / "enrichers")
    return {home(path).stem: home(path) for folder in folders for path in modules(folder)}


def docstring(plugin: Path) -> str:
    """A plugin's docstring, read without the packages that the plugin may import."""
    file = plugin / "__init__.py" if plugin.is_dir() else plugin
    return ast.get_docstring(ast.parse(file.read_bytes())) or ""


def add(name: str, root: Path) -> list[Path]:
    """Copy an example and its test to where they count; returns both paths. Raises BadName."""
    known = examples(root)
    if name not in known:
        raise BadName(f"There is no example '{name}'. {meant(name, known)}")
    plugin = known[name]
    kind: Kind = "sink" if plugin.parent.name == "sinks" else "enricher"
    written = [root / f"{kind}s" / plugin.name, _test(kind, name, root)]
    if there := [str(path.relative_to(root)) for path in written if path.exists()]:
        raise BadName(
            f"{there[0]} is there already. To copy it anew, delete {' and '.join(there)}."
        )
    check_name(kind, name, root)
    for source, target in zip((plugin, _test(kind, name, root / "examples")), written, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    return written


def _add_table(name: str, template: Path) -> None:
    """Put the table of a sink before what is generated. Raises BadName, SyncError."""
    text = generated.text(template)
    table = f"{logical_id(name)}Table"
    if table in generated.outside(text):
        raise BadName(f"template.yaml has '{table}' already. Choose another name.")
    block = _rendered("table.yaml.j2", name) + "\n"
    if "\r\n" in text:
        block = block.replace("\n", "\r\n")
    template.write_bytes(text.replace(_RESOURCES, block + _RESOURCES, 1).encode())


def _rendered(template: str, name: str) -> str:
    environment = templates.beside(__file__, keep_trailing_newline=True)
    title = name.replace("_", " ").capitalize()
    return environment.get_template(template).render(name=name, title=title, id=logical_id(name))


def _test(kind: Kind, name: str, root: Path) -> Path:
    return root / "tests" / f"{kind}s" / f"test_{name}.py"
