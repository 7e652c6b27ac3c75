"""Count each article's votes that have settled: up, down, with answers.

The counts are in TallyTable, where the digest and others read them; see votepipe/tally/.
A vote counts once, as its newest settled state, in whatever order and however often events come.
To count the votes that came before, or to correct the counts, run: votepipe tally rebuild
"""

from votepipe import Event, sink
from votepipe.plugins import Resources, allow
from votepipe.tally import Tally


@sink(
    events=["VoteWithdrawn", "VoteSettled"],
    idempotent=None,  # the tally itself skips what it has counted
    resources=Resources(
        # What a dying function held is back after six times as long and the window: Slack's
        # threads wait for that (sinks/slack/threads.py).
        timeout=5,
        window=5,
        max_concurrency=2,  # more would meet at the counters of one article
        environment={"TALLY_TABLE": {"Ref": "TallyTable"}},
        policies=[
            # A transaction needs permission for each of its writes.
            allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], "TallyTable"),
        ],
    ),
    enabled=False,
)
def handler(event: Event) -> None:
    Tally.here().count(event)
