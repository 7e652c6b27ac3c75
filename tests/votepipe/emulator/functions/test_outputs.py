"""votepipe/emulator/functions/outputs.py: sinks that put objects and publish messages."""

from collections.abc import Callable
from pathlib import Path

import pytest

from votepipe.testing import Pipeline

VOTE = {"widgetId": "docs", "voteId": "one", "voteType": "thumbsup", "answers": {}}
TOPIC = "arn:aws:sns:us-east-1:123456789012:votes"
OBJECTS = "arn:aws:s3:::example-votes/votes/*"
PUT = "s3').put_object(Bucket='example-votes', Key='votes/1', Body=event.vote.vote_id.encode())"
PUBLISH = f"sns').publish(TopicArn='{TOPIC}', Message=event.vote.vote_id)"

SINK = '''"""Hand on each vote."""

from votepipe import Event, sink, aws
from votepipe.plugins import Resources


@sink(
    events=["VoteCast"],
    resources=Resources(
        policies=[{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}]
    ),
)
def handler(event: Event) -> None:
    with aws.translate_errors("AWS"):
        aws.client('{call}
'''

Run = Callable[..., Pipeline]
Checkout = Callable[..., Path]
# The action, what the role allows it on, the call, and the path that the message has.
GIVEN = {
    "S3": ("s3:PutObject", OBJECTS, PUT, "/out/example-votes/votes/1"),
    "SNS": ("sns:Publish", TOPIC, PUBLISH, f"/out/{TOPIC}"),
}


def pipeline(run: Run, checkout: Checkout, action: str, resource: str, call: str) -> Pipeline:
    it = run(checkout({"out": SINK.format(action=action, resource=resource, call=call)}))
    it.put(VOTE)
    return it


@pytest.mark.parametrize("service", GIVEN)
def test_what_is_handed_on_is_a_message_of_its_sink(
    run: Run, checkout: Checkout, service: str
) -> None:
    *given, path = GIVEN[service]
    it = pipeline(run, checkout, *given)
    it.run_until_idle()

    (message,) = it.sent("out")
    assert (message.text, message.request.path) == ("one", path)
    assert message.vote_key.vote == "one"
    assert it.nothing_lost()


@pytest.mark.parametrize("service", GIVEN)
def test_what_is_not_taken_is_tried_again(run: Run, checkout: Checkout, service: str) -> None:
    it = pipeline(run, checkout, *GIVEN[service][:3])
    it.answer("out", status=503)
    it.run_until_idle()

    assert [message.accepted for message in it.attempts("out")] == [False, True]


@pytest.mark.parametrize("service", GIVEN)
def test_the_role_must_allow_it_there(run: Run, checkout: Checkout, service: str) -> None:
    action, resource, call, _ = GIVEN[service]
    it = pipeline(run, checkout, action, resource.replace("votes", "others"), call)
    it.run_until_idle()

    (letter,) = it.dead_letters("out")
    assert letter.reason == (
        f"AWS answered 'AccessDeniedException'. Allow {action} on it in the caller's role."
    )


def test_the_examples_deliver(run: Run, checkout: Checkout) -> None:
    examples = {name: Path(f"examples/sinks/{name}.py").read_text() for name in ("s3", "sns")}
    it = run(checkout(examples))
    it.put(VOTE)
    it.run_until_idle()

    sent = [it.sent(name)[0].body["vote"]["voteId"] for name in ("s3", "sns")]
    assert sent == ["one", "one"]
    assert it.nothing_lost()
