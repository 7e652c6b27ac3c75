"""votepipe/project/names.py: what follows from a name, and which name was meant."""

import pytest

from votepipe.project.names import logical_id, meant


@pytest.mark.parametrize(("name", "start"), [("slack", "Slack"), ("my_2nd_sink", "My2ndSink")])
def test_the_start_of_logical_ids(name: str, start: str) -> None:
    assert logical_id(name) == start


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["slack", "email"], "Did you mean 'slack'?"),
        (["email", "log"], "There are: email, log."),
        ([], "There are: none."),
    ],
)
def test_a_name_that_is_not_there(known: list[str], hint: str) -> None:
    assert meant("slakc", known) == hint
