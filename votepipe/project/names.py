"""Names of plugins: what follows from them, and what a person may have meant."""

import difflib
import keyword
import sys
from collections.abc import Collection

_OURS = ("votepipe", "sinks", "enrichers")
_ALLOWED = "email"  # shipped: another name would replace its queue and settings on every stack


def logical_id(name: str) -> str:
    """The start of a sink's logical ids: `my_sink` gives `MySink`."""
    return "".join(word.capitalize() for word in name.split("_"))


def unfit(name: str) -> str | None:
    """Why a plugin's module must not have this name; None where it may."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"'{name}' is a word of Python's own."
    if name != _ALLOWED and name in (*sys.stdlib_module_names, *_OURS):
        owner = "this project" if name in _OURS else "the standard library"
        return (
            f"'{name}' shadows a module of {owner}: whatever starts in this folder, "
            "as editors and test runners do, would import this file in its place."
        )
    return None


def switch(sink: str) -> str:
    """The template parameter that switches a sink on and off."""
    return f"{logical_id(sink)}Enabled"


def meant(name: str, known: Collection[str]) -> str:
    """Which known name was meant by one that is not, or else what there is."""
    lower = {each.lower(): each for each in known}
    if near := difflib.get_close_matches(name.lower(), lower, n=1):
        return f"Did you mean '{lower[near[0]]}'?"
    return f"There are: {', '.join(known) or 'none'}."
