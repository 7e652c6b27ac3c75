"""Write each event as one line of the function's log.

It needs no key and has no limits. A line holds ids, the type and counts, nothing a reader wrote and
nothing that names them; a duplicate is a second line with the same eventId.
"""

from votepipe import Event, log, sink
from votepipe.plugins import Resources

EVENTS = ["VoteCast", "VoteChanged", "VoteWithdrawn", "VoteSettled", "VoteRejected"]


# A second line does no harm, and nobody waits for the first.
@sink(events=EVENTS, idempotent=None, resources=Resources(batch_size=1000, window=300))
def handler(event: Event) -> None:
    vote = event.vote
    log(
        "event seen",
        sink="log",
        eventId=event.id,
        type=event.type,
        time=event.detail["time"],
        sequence=str(event.sequence),
        widgetId=vote.widget_id,
        voteId=vote.vote_id,
        voteType=vote.vote_type,
        complete=vote.complete,
        answers=len(vote.answers),
        changes=None if event.changes is None else len(event.changes),
        reasons=len(event.reasons) or None,
        enrichers=len(event.enrichment),
    )
