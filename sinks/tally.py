"""Count what each article's votes are: up, down, with answers.

The counts are in TallyTable, where the digest and others read them; see votepipe/tally/.
A vote counts once, as its newest state, however often its events come, and in whatever order.
Start from the votes that are there, or mend the counts, with: votepipe tally rebuild
"""

from votepipe import Event, sink
from votepipe.plugins import Resources
from votepipe.tally import Tally


@sink(
    events=["VoteCast", "VoteChanged", "VoteWithdrawn"],
    idempotent=None,  # the tally knows what it counted
    resources=Resources(
        # A message that a dying function held is back after six times as long: votes settle later
        # than that, and what shows counts next to them finds the counts right.
        timeout=10,
        environment={"TALLY_TABLE": {"Ref": "TallyTable"}},
        policies=[
            {
                "Effect": "Allow",
                # A transaction needs permission for each of its writes.
                "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                "Resource": {"Fn::GetAtt": ["TallyTable", "Arn"]},
            }
        ],
    ),
)
def handler(event: Event) -> None:
    Tally.here().count(event)
