"""Jinja's templates, which stand in the folder `templates` beside the module that fills them."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def beside(module: str, *, autoescape: Any = False, **options: Any) -> Environment:
    """The templates of the module in this file, where a name that nobody gives is an error."""
    loader = FileSystemLoader(Path(module).parent / "templates")
    return Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=autoescape,  # noqa: S701 - most are YAML; whoever writes HTML says so
        **options,
    )
