"""What a reader changed between two states of a vote."""

import json
from typing import Any

Changes = dict[str, dict[str, Any]]

_ABSENT = object()
_MEMBERS = ("voteType", "instanceOfJoy", "voter", "complete")


def between(old: dict[str, Any], new: dict[str, Any]) -> Changes:
    """Name what differs between two clean votes: `{"answers.field_1": {"from": …, "to": …}}`.

    A side is absent where there was nothing. Empty when no reader did anything.
    """
    changes = {member: sides for member in _MEMBERS if (sides := _sides(old, new, member))}
    before, after = old["answers"], new["answers"]
    for field in before | after:
        if sides := _sides(before, after, field):
            changes[f"answers.{field}"] = sides
    return changes


def _sides(old: dict[str, Any], new: dict[str, Any], name: str) -> dict[str, Any]:
    before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
    if before is after or (before == after and _same(before, after)):
        return {}
    sides = {"from": before, "to": after}
    return {side: value for side, value in sides.items() if value is not _ABSENT}


def _same(old: object, new: object) -> bool:
    # Python holds True and 1 for equal, also deep inside; their JSON differs.
    return isinstance(old, str) or (
        json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    )
