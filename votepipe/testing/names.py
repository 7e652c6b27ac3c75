"""Names that a test gives: a typo is refused, with what was meant."""

from collections.abc import Collection, Iterable

from votepipe.emulator.simulation.errors import KitError
from votepipe.project.names import meant


def only(known: Collection[str], names: Iterable[str], fact: str) -> None:
    """Raise KitError for names of which one is not known; `fact` has `{}` in that one's place."""
    if unknown := sorted(set(names) - set(known)):
        raise KitError(f"{fact.replace('{}', unknown[0])} {meant(unknown[0], known)}")
