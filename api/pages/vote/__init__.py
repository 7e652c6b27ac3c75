"""A reader's pages: a POST casts the vote, and its questions follow one at a time."""

from api.pages.vote.cast import answer
from api.pages.vote.questions import follow_up

__all__ = ["answer", "follow_up"]
