"""What may name a person, taken out of an event.

`schemas/` marks it with `x-personal`; a sink's zip does not hold the schemas, so the members stand
here once more, and a test holds them to the marks.
"""

from collections.abc import Collection, Mapping
from typing import Any


def without_personal(
    detail: Mapping[str, Any], *, answers: bool = False, enrichment: Collection[str] = ()
) -> dict[str, Any]:
    """A copy of an event's `detail` that names nobody, and still fits its schema.

    The voter, all answers and what changed in them are left out, names and values alike; so is
    `enrichment`, since an enricher may add anything. `answers` keeps readers' answers,
    `enrichment` names the enrichers to keep: whoever sets them decides that readers' data goes.
    """
    left_out = {"voter"} if answers else {"voter", "answers"}
    copy = {**detail, "vote": _anonymous(detail["vote"], answers)}
    changes = {
        path: sides
        for path, sides in copy.pop("changes", {}).items()
        if path.partition(".")[0] not in left_out
    }
    added = detail.get("enrichment", {})
    kept = {name: facts for name, facts in added.items() if name in enrichment}
    return copy | ({"changes": changes} if changes else {}) | {"enrichment": kept}


def _anonymous(vote: Mapping[str, Any], answers: bool) -> dict[str, Any]:
    kept = {name: value for name, value in vote.items() if name != "voter"}
    if "answers" in kept and not answers:
        kept["answers"] = {}
    return kept
