"""What a reader changed between two states of a vote."""

import json
from typing import Any

Changes = dict[str, dict[str, Any]]

_MEMBERS = ("voteType", "instanceOfJoy", "voter", "complete")


def between(old: dict[str, Any], new: dict[str, Any]) -> Changes:
    """Name what differs between two clean votes: `{"answers.field_1": {"from": …, "to": …}}`.

    A side is absent where there was nothing. Empty when no reader did anything.
    """
    before, after = _flat(old), _flat(new)
    changes: Changes = {}
    for path in before | after:
        sides = {"from": before[path]} if path in before else {}
        if path in after:
            sides["to"] = after[path]
        if len(sides) == 1 or not _same(sides["from"], sides["to"]):
            changes[path] = sides
    return changes


def _flat(vote: dict[str, Any]) -> dict[str, Any]:
    flat = {member: vote[member] for member in _MEMBERS if member in vote}
    return flat | {f"answers.{field}": answer for field, answer in vote["answers"].items()}


def _same(old: object, new: object) -> bool:
    # Python holds True and 1 for equal, also deep inside; their JSON differs.
    return old == new and (
        isinstance(old, str) or json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    )
