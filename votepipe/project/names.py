"""Names of plugins: what follows from them, and what a person may have meant."""

import difflib
from collections.abc import Collection


def logical_id(name: str) -> str:
    """The start of a sink's logical ids: `my_sink` gives `MySink`."""
    return "".join(word.capitalize() for word in name.split("_"))


def meant(name: str, known: Collection[str]) -> str:
    """Which known name was meant by one that is not, or else what there is."""
    lower = {each.lower(): each for each in known}
    if near := difflib.get_close_matches(name.lower(), lower, n=1):
        return f"Did you mean '{lower[near[0]]}'?"
    return f"There are: {', '.join(known) or 'none'}."
