"""Write a new plugin and a test that passes, from the templates beside this file."""

from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from votepipe.plugins.declarations import NAME
from votepipe.project.names import unfit

Kind = Literal["sink", "enricher"]


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


def write(kind: Kind, name: str, root: Path) -> list[Path]:
    """Write the module and its test; returns both paths. Raises BadName."""
    check_name(kind, name, root)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python, not HTML; the name is checked above
    )
    written = []
    for template, path in (
        (f"{kind}.py.j2", root / f"{kind}s" / f"{name}.py"),
        (f"test_{kind}.py.j2", _test(kind, name, root)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = environment.get_template(template).render(
            name=name, title=name.replace("_", " ").capitalize()
        )
        path.write_text(text)
        written.append(path)
    return written


def _test(kind: Kind, name: str, root: Path) -> Path:
    return root / "tests" / f"{kind}s" / f"test_{name}.py"
