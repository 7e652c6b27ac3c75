"""The events of a votepipe feed; 'make models' writes this from schemas/."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Optional, TypeAlias, TypedDict, Union

Answer: TypeAlias = Optional[Union[str, float, bool, dict[str, Any], list["Answer"]]]
"""
What the reader answered: text, a number, true or false, null, or a list or object of these. A number is one that a double holds exactly as written; integers lie within ±2^53.
"""


Change = TypedDict(
    'Change',
    {
        'from': NotRequired[Any],
        'to': NotRequired[Any],
    },
)


class Previous(TypedDict):
    """
    How the vote settled the last time; absent the first time.
    """

    eventID: str
    time: str
    sequence: str
    stream: NotRequired[str]
    voteType: Literal['thumbsup', 'thumbsdown']


class VoteWithdrawnVote(TypedDict):
    """
    The vote as it stood before it was withdrawn; its keys only, where the stream has no old images.
    """

    widgetId: str
    voteId: str
    voteType: NotRequired[Literal['thumbsup', 'thumbsdown']]
    instanceOfJoy: NotRequired[str]
    voter: NotRequired[str]
    reader: NotRequired[str]
    answers: NotRequired[dict[str, Answer]]
    createdAt: NotRequired[str]
    complete: NotRequired[bool]


class VoteWithdrawn(TypedDict):
    """
    A vote was deleted. A vote that expired is not reported. Members that are not named here may be added within this version.
    """

    eventID: str
    type: Literal['VoteWithdrawn']
    time: str
    version: Literal[1]
    sequence: str
    stream: NotRequired[str]
    vote: VoteWithdrawnVote
    enrichment: dict[str, Any]


class Vote(TypedDict):
    """
    The vote, as it stood when the event was made.
    """

    widgetId: str
    voteId: str
    voteType: Literal['thumbsup', 'thumbsdown']
    instanceOfJoy: NotRequired[str]
    voter: NotRequired[str]
    reader: NotRequired[str]
    answers: dict[str, Answer]
    createdAt: NotRequired[str]
    complete: bool


class VoteCast(TypedDict):
    """
    A reader voted for the first time. Members that are not named here may be added within this version.
    """

    eventID: str
    type: Literal['VoteCast']
    time: str
    version: Literal[1]
    sequence: str
    stream: NotRequired[str]
    vote: Vote
    enrichment: dict[str, Any]


class VoteChanged(TypedDict):
    """
    A reader answered a question, changed their mind, or said they are done. Members that are not named here may be added within this version.
    """

    eventID: str
    type: Literal['VoteChanged']
    time: str
    version: Literal[1]
    sequence: str
    stream: NotRequired[str]
    vote: Vote
    changes: NotRequired[dict[str, Change]]
    enrichment: dict[str, Any]


class VoteSettled(TypedDict):
    """
    A vote came to rest: it was quiet for the quiet period, reached the maximum wait, or the reader said they are done. Members that are not named here may be added within this version.
    """

    eventID: str
    type: Literal['VoteSettled']
    time: str
    version: Literal[1]
    sequence: str
    stream: NotRequired[str]
    vote: Vote
    changes: NotRequired[dict[str, Change]]
    previous: NotRequired[Previous]
    enrichment: dict[str, Any]


VoteEvent: TypeAlias = VoteCast | VoteChanged | VoteSettled | VoteWithdrawn
