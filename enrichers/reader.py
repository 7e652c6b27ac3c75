"""Say what is known of the voter: a name to show, and whether it is an address.

`jane.doe+news@example.com` shows as `jane.doe`, `Jane Doe <jane@example.com>` as `Jane Doe`; what
is no address shows as it is. The whole address stays in `vote.voter`.
"""

import re
from typing import Any

from votepipe import Vote, clean, enricher

LONGEST_NAME = 100
ADDRESS = re.compile(r"""[^\s<>@"]+@[^\s<>@"]+""")


def parts(voter: str) -> tuple[str, str]:
    """The name that stands before an address, and the address; "" where there is none."""
    shown, bracket, address = voter.strip().rpartition("<")
    address = address.removesuffix(">") if bracket else address
    return (shown, address) if ADDRESS.fullmatch(address) else (voter, "")


@enricher(
    adds={
        "type": "object",
        "properties": {
            "anonymous": {"description": "Whether nothing is known of them.", "type": "boolean"},
            "address": {"description": "Whether the voter is an address.", "type": "boolean"},
            "name": {
                "description": "A name to show; absent when there is none.",
                "x-personal": True,
                "type": "string",
                "minLength": 1,
            },
        },
        "required": ["anonymous", "address"],
        "additionalProperties": False,
    }
)
def enrich(vote: Vote) -> dict[str, Any]:
    if vote.voter is None:
        return {"anonymous": True, "address": False}
    shown, address = parts(vote.voter)
    local = address.partition("@")[0]
    name = clean(shown.strip(' "') or local.partition("+")[0], LONGEST_NAME)
    known = {"anonymous": False, "address": bool(address)}
    return known | {"name": name} if name else known
