"""The contracts of this checkout, and files that are none."""

import pytest

from votepipe.project import schemas
from votepipe.project.contracts import ContractError, in_folder, parsed


def test_every_event_has_a_contract_with_its_version() -> None:
    found = in_folder(schemas.FOLDER)

    assert [each.id for each in found] == [
        *("VoteCast.v1", "VoteChanged.v1", "VoteRejected.v1", "VoteSettled.v1", "VoteWithdrawn.v1")
    ]
    assert {each.event for each in found} == {each.type for each in found}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"properties": {"type": {}}}',
        '{"properties": {"type": {"const": "A"}}, "x-sunset": "soon"}',
    ],
)
def test_what_describes_no_event_is_named_with_its_file(text: str) -> None:
    with pytest.raises(ContractError, match=r"vote-cast\.v1\.json does not describe an event"):
        parsed("vote-cast.v1.json", text)
