"""What may name a person, taken out of an event.

`schemas/` marks it with `x-personal`; a sink's zip does not hold the schemas, so the places stand
here once more, and a test holds them to the marks.
"""

from collections.abc import Mapping
from typing import Any


def without_personal(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an event's `detail` that names nobody, and still fits its schema.

    The voter is left out; answers and changes keep their names, with null for each value;
    `enrichment` is empty, since an enricher may add anything.
    """
    copy = dict(detail)
    for member in ("vote", "previous"):
        if member in copy:
            copy[member] = _anonymous(copy[member])
    if "changes" in copy:
        copy["changes"] = {path: dict.fromkeys(sides) for path, sides in copy["changes"].items()}
    return copy | {"enrichment": {}}


def _anonymous(vote: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in vote.items() if name != "voter"}
    if "answers" in kept:
        kept["answers"] = dict.fromkeys(kept["answers"])
    return kept
