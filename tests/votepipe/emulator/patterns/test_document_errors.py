"""votepipe/emulator/patterns/document.py: AWS's words in the text, ours in the note."""

import pickle

import pytest

from votepipe.emulator.patterns import InvalidPattern, UnreadableEvent
from votepipe.model.errors import VotepipeError


def test_the_text_is_what_aws_answers():
    error = InvalidPattern("Empty arrays are not allowed", where="vote.voter")

    assert str(error) == "Event pattern is not valid. Reason: Empty arrays are not allowed"


def test_the_note_says_where_and_what_next():
    error = InvalidPattern("Empty arrays are not allowed", "vote.voter", "List a value.")

    assert error.__notes__ == ["At vote.voter. List a value."]


def test_no_note_where_there_is_nothing_to_add():
    assert not hasattr(InvalidPattern("Filter is not an object"), "__notes__")


def test_it_survives_being_sent_to_another_process():
    error = pickle.loads(pickle.dumps(InvalidPattern("why", "where", "what next")))

    assert (error.reason, error.where, error.hint) == ("why", "where", "what next")


@pytest.mark.parametrize("error", [InvalidPattern, UnreadableEvent])
def test_both_are_value_errors_of_ours(error):
    assert issubclass(error, ValueError)
    assert issubclass(error, VotepipeError)
