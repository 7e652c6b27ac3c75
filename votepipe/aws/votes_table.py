"""The votes table, for sinks that look at a vote as it stands now."""

import json
import os
from typing import Any

from votepipe.aws.dynamodb import read_item
from votepipe.model import changes, stored
from votepipe.model.events import Event

# For the template: the stack's own table, or the one of the stream that the stack was given.
ARN: dict[str, Any] = {
    "Fn::If": [
        "OwnTable",
        {"Fn::GetAtt": ["VotesTable", "Arn"]},
        {"Fn::Select": [0, {"Fn::Split": ["/stream/", {"Ref": "VoteStreamArn"}]}]},
    ]
}
NAME: dict[str, Any] = {
    "Fn::If": [
        "OwnTable",
        {"Ref": "VotesTable"},
        # The slashes keep the template valid where there is no such stream.
        {"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::Sub": "${VoteStreamArn}//"}]}]},
    ]
}


def holds(event: Event) -> bool:
    """Whether the vote still stands as in the event, in all that makes events.

    Raises Temporary when DynamoDB does not answer.
    """
    key = {"widgetId": event.vote.widget_id, "voteId": event.vote.vote_id}
    item = read_item("The votes table", os.environ["VOTES_TABLE"], key)
    now, unreadable = stored.clean(item)
    # As JSON: the event's own views are read-only, and no list equals a tuple.
    seen = json.loads(json.dumps(event.detail["vote"], default=dict))
    return not unreadable and not changes.between(seen, now)
