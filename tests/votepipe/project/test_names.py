"""votepipe/project/names.py: what follows from a name, and which name was meant."""

import click
import pytest

from votepipe.project.names import logical_id, pick


@pytest.mark.parametrize(("name", "start"), [("slack", "Slack"), ("my_2nd_sink", "My2ndSink")])
def test_the_start_of_logical_ids(name: str, start: str) -> None:
    assert logical_id(name) == start


def test_the_one_of_that_name() -> None:
    assert pick("slack", {"slack": 1, "email": 2}, "sink") == 1


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["slack", "email"], "Did you mean 'slack'?"),
        (["email", "log"], "There are: email, log."),
        ([], "There are: none."),
    ],
)
def test_a_name_that_is_not_there(known: list[str], hint: str) -> None:
    with pytest.raises(click.UsageError) as error:
        pick("slakc", dict.fromkeys(known), "sink")

    assert error.value.message == f"No sink named 'slakc'. {hint}"
