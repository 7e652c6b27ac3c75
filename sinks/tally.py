"""Count each article's votes: up, down, with answers.

The counts are in TallyTable, where the digest and others read them; see votepipe/tally/.
A vote counts once, as its newest state, in whatever order and however often its events come.
To count the votes that came before, or to correct the counts, run: votepipe tally rebuild
"""

from votepipe import Event, sink
from votepipe.plugins import Resources
from votepipe.tally import Tally


@sink(
    events=["VoteCast", "VoteChanged", "VoteWithdrawn"],
    idempotent=None,  # the tally itself skips what it has counted
    resources=Resources(
        # A message that a dying function held is visible again after six times as long. Votes
        # settle later than that, so counts shown beside a settled vote include it.
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
    enabled=False,
)
def handler(event: Event) -> None:
    Tally.here().count(event)
