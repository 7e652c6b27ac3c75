"""What a reader sees of a vote: it is cast by a POST, and its questions follow one at a time."""

from api.pages.vote.cast import answer
from api.pages.vote.questions import follow_up

__all__ = ["answer", "follow_up"]
