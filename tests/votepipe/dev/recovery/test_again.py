"""votepipe/dev/recovery/again.py: the last vote goes through one sink again, whatever it had."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from votepipe.dev.recovery.again import NotSent, send_last
from votepipe.testing import Pipeline

VOTE = {"widgetId": "w", "voteId": "v", "voteType": "thumbsup", "answers": {}}


def known(vote: str, at: str) -> dict[str, Any]:
    """A vote as the journal has it, of which a reader wrote at this time last."""
    late = {"stage": "message", "at": "2026-01-04T12:00:00Z"}
    hops = [late, {"stage": "filter", "at": f"2026-01-04T{at}:00Z"}]
    return {"widgetId": "w", "voteId": vote, "hops": hops}


LAST, BEFORE, GONE = known("v", "10:05"), known("u", "10:00"), known("withdrawn", "10:06")


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with Pipeline(sinks=["slack", "settle", "webhook"], fill_secrets=True) as made:
        for vote in ("u", "v"):
            made.put(VOTE | {"voteId": vote, "createdAt": "2026-01-04T10:00:00.000Z"})
        made.run_until_idle()
        yield made


@pytest.fixture
def found(pipeline: Pipeline, deployed: Callable[..., Any]) -> Any:
    """The stack, as commands reach it."""
    return deployed(pipeline)


def test_the_sink_delivers_it_again_and_no_other_does(pipeline: Pipeline, found: Any) -> None:
    before = {sink: len(pipeline.sent(sink)) for sink in ("slack", "webhook")}

    sent = send_last(found, "slack", [BEFORE, GONE, LAST])
    pipeline.run_until_idle()

    after = {sink: len(pipeline.sent(sink)) for sink in ("slack", "webhook")}
    assert sent == "v"
    assert after == before | {"slack": before["slack"] + 1}
    assert pipeline.sent("slack")[-1].vote_key.vote == "v"


@pytest.mark.parametrize(
    ("sink", "votes", "said"),
    [
        ("slakc", [LAST], "No sink 'slakc' is on that takes votes. Did you mean 'slack'?"),
        ("log", [LAST], "No sink 'log' is on that takes votes. There are: slack, webhook."),
        ("slack", [GONE], "There is no vote yet. Cast one."),
    ],
)
def test_nothing_is_sent(
    pipeline: Pipeline, found: Any, sink: str, votes: list[Any], said: str
) -> None:
    with pytest.raises(NotSent) as error:
        send_last(found, sink, votes)

    assert str(error.value) == said
