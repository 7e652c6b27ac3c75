"""The widgets of the site: `widgets.toml`, which a build checks against its schema."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Article:
    """What is known of an article."""

    title: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Widget:
    """What is known of a widget.

    `questions` maps a field to its question, `articles` an instance to its article; `address` is
    where an article is, with `{instance}` in the place of its instance.
    """

    address: str | None = None
    questions: Mapping[str, str] = field(default_factory=dict)
    articles: Mapping[str, Article] = field(default_factory=dict)


UNKNOWN = Widget()


def load(file: Path | None = None) -> dict[str, Widget]:
    """Read the widgets by widgetId; {} without a file."""
    # Lambda names the folder of the function's code; an installed library lies elsewhere.
    return _read(file or Path(os.environ.get("LAMBDA_TASK_ROOT", CHECKOUT)) / "widgets.toml")


@cache
def _read(file: Path) -> dict[str, Widget]:
    try:
        described = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: _widget(parts) for name, parts in described.items()}


def _widget(parts: Mapping[str, Any]) -> Widget:
    articles = {name: Article(**known) for name, known in parts.get("articles", {}).items()}
    return Widget(**{**parts, "articles": articles})
