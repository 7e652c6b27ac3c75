"""Names of plugins: what follows from them, and what a person may have meant."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

import click

T = TypeVar("T")


def logical_id(name: str) -> str:
    """The start of a sink's logical ids: `my_sink` gives `MySink`."""
    return "".join(word.capitalize() for word in name.split("_"))


def pick(name: str, known: Mapping[str, T], noun: str) -> T:
    """The one of that name. Raises click.UsageError that says which may have been meant."""
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known) or 'none'}."
    raise click.UsageError(f"No {noun} named '{name}'. {hint}")
