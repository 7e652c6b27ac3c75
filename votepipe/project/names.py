"""Names of plugins: what follows from them, and what a person may have meant."""

import difflib
from collections.abc import Collection, Mapping
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
    raise click.UsageError(f"No {noun} named '{name}'. {meant(name, known)}")


def meant(name: str, known: Collection[str]) -> str:
    """Which known name was meant by one that is not, or else what there is."""
    lower = {each.lower(): each for each in known}
    if near := difflib.get_close_matches(name.lower(), lower, n=1):
        return f"Did you mean '{lower[near[0]]}'?"
    return f"There are: {', '.join(known) or 'none'}."
