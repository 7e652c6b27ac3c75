"""Why a record is rejected: one line of place and rule, never a value, since it may be personal."""

from votepipe.model.text import clean

MOST = 20  # reasons that one event carries; the rest is only counted
_LONGEST_PLACE = 120


def reason(place: str, rule: str) -> str:
    """Join place and rule; field names come from outside, so the place is cut and cleaned."""
    return f"{clean(place, _LONGEST_PLACE)}: {rule}"


def below(place: str, name: str) -> str:
    """The place of a member; its name is cut at once, or deep places would fill the memory."""
    return f"{place}.{name[:_LONGEST_PLACE]}"


def first(reasons: list[str]) -> list[str]:
    """Keep what fits into an event, and say how many more there were."""
    if len(reasons) <= MOST:
        return reasons
    return [*reasons[: MOST - 1], f"and {len(reasons) - MOST + 1} more"]
