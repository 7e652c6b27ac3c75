"""votepipe/testing/contract/cases.py: good sinks pass, and each kind of bad sink is caught."""

from pathlib import Path
from typing import Any

import pytest

from votepipe.model.errors import PluginError
from votepipe.testing.contract import Case, cases

pytestmark = pytest.mark.slow

GOOD = "post(url, json={'message': text(event)})"
AWS = (
    ", resources=Resources(policies=[{'Effect': 'Allow', 'Action': 'sns:Publish',"
    " 'Resource': 'arn:of:a:topic'}])"
)
PUBLISH = "aws.client('sns').publish(TopicArn='arn:of:a:topic', Message=text(event))"

# A body, the case that must catch it, and what that says.
BAD = {
    "tells the address": (
        "if not requests.post(url, timeout=5).ok:\n    raise Temporary(f'{url} failed.')",
        "500",
        "A secret is in the log",
    ),
    "tells the address at the dead letters": (
        "if not requests.post(url, timeout=5).ok:\n    raise Undeliverable(f'{url} failed.')",
        "403",
        "A secret is in the log",
    ),
    "prints what a reader wrote": (
        f"print(event.vote.answers)\n{GOOD}",
        "an event of each type",
        "What a reader wrote is in the log",
    ),
    "logs what the receiver quotes": (
        "logging.warning(requests.post(url, data=text(event), timeout=5).text)",
        "500",
        "What a reader wrote is in the log",
    ),
    "names the voter in an error": (
        f"{GOOD[:-1]}, hints={{404: event.vote.voter}})",
        "404",
        "What a reader wrote is in the log",
    ),
    "does not wait as long as it is told": (
        "requests.post(url, timeout=5).raise_for_status()",
        "429, Retry-After: 7",
        "Raise TryLater",
    ),
    "waits for its own time": (
        "if requests.post(url, timeout=5).status_code == 429:\n    raise TryLater(after=60)",
        "429, Retry-After: 7",
        "Raise TryLater",
    ),
    "takes a failure for a delivery": ("requests.post(url, timeout=5)", "500", "Raise Temporary"),
    "gives up what may pass": (
        "if not requests.post(url, timeout=5).ok:\n    raise Undeliverable('It failed.')",
        "500",
        "Raise Temporary",
    ),
    "tries again what cannot help": (
        "requests.post(url, timeout=5).raise_for_status()",
        "403",
        "Raise Undeliverable",
    ),
    "follows redirects": (
        "requests.post(url, timeout=5).raise_for_status()",
        "302",
        "Follow no redirects",
    ),
    "follows redirects and gives up then": (
        "requests.post(url, timeout=5)\nraise Undeliverable('It went elsewhere.')",
        "302",
        "Follow no redirects",
    ),
    "waits without end": ("requests.post(url)", "no answer", "Give the whole exchange a time-out"),
    "waits without end for a slow body": (
        "requests.post(url, timeout=5)",
        "an answer without end",
        "Give the whole exchange a time-out",
    ),
    "swallows a disconnect": (
        "try:\n    post(url)\nexcept Exception:\n    pass",
        "hangs up",
        "Raise Temporary",
    ),
    "sends nothing": ("return None", "500", "Nothing arrived at the receiver"),
    "goes elsewhere": (
        "requests.post('https://192.0.2.1/', timeout=5)",
        "an event of each type",
        "wants to reach '192.0.2.1'",
    ),
    "goes elsewhere by name": (
        "requests.post('https://chat.example/', timeout=5)",
        "an event of each type",
        "wants to reach 'chat.example'",
    ),
    "expects what may be unknown": (
        "post(url, json={'message': event.vote.instance_of_joy.upper()})",
        "an event of each type",
        "A bare VoteCast was not delivered",
    ),
    "remembers before it has sent": (
        f"if event.id not in SEEN:\n    SEEN.add(event.id)\n    {GOOD}",
        "again after a failure",
        "Nothing was sent when it was tried again",
    ),
    "lets mentions through": (
        "post(url, json={'text': text(event)})",
        "hostile text: mentions and links",
        "A mention or link is live in Slack",
    ),
    "lets HTML through": (
        "post(url, data=f'<p>{text(event)}</p>'.encode())",
        "hostile text: HTML",
        "HTML arrived as it was written",
    ),
    "lets control characters through": (
        "post(url, json={'message': event.vote.instance_of_joy})",
        "hostile text: control characters",
        "Control characters or direction marks arrived",
    ),
    "lets direction marks through": (
        "post(url, json={'message': event.vote.instance_of_joy})",
        "hostile text: right-to-left marks",
        "Control characters or direction marks arrived",
    ),
    "does not cut": (
        "post(url, json={'message': str(dict(event.vote.answers))})",
        "hostile text: 100 kB",
        "nobody reads that",
    ),
    "passes on half of an emoji": (
        "post(url, json={'message': event.vote.voter})",
        "hostile text: an emoji cut in half",
        "Half of an emoji arrived",
    ),
    "stumbles over half of an emoji": (
        "post(url, data=event.vote.voter.encode())",
        "hostile text: an emoji cut in half",
        "Such a vote cannot be delivered",
    ),
    "makes a header of text": (
        "post(url, headers={'X-Voter': event.vote.voter})",
        "hostile text: header lines",
        "Such a vote cannot be delivered",
    ),
}


def named(path: Path, name: str) -> Case:
    (case,) = [case for case in cases(path) if case.name == name]
    return case


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_sink_is_caught(bad: str, chat: Any) -> None:
    body, name, problem = BAD[bad]

    problems = named(chat(body), name).run().problems

    assert any(problem in each for each in problems), problems


def test_a_good_sink_passes_all_of_it(chat: Any) -> None:
    found = cases(chat(GOOD))

    assert {str(case): case.run().problems for case in found} == {str(case): () for case in found}
    assert len(found) == 18


def test_a_good_batch_passes_as_well(chat: Any) -> None:
    path = chat(
        "for each in event:\n    post(url, json={'message': text(each)})", options=", batch=True"
    )

    assert named(path, "an event of each type").run().problems == ()


def test_a_sink_that_picks_gets_what_it_picks(chat: Any) -> None:
    picks = ", where={'vote': {'instanceOfJoy': [{'exists': True}]}}"
    path = chat("post(url, json={'message': event.vote.instance_of_joy.upper()})", options=picks)

    result = named(path, "an event of each type").run()

    assert (result.happened, result.problems) == ("1 delivered", ())


def test_a_sink_that_picks_thumbs_down_gets_one_with_answers(chat: Any) -> None:
    picks = ", where={'vote': {'voteType': ['thumbsdown']}}"
    path = chat("if event.vote.answers:\n    post(url, json={'message': text(event)})\n"
                "else:\n    raise Skip('No answer.')", options=picks)  # fmt: skip

    result = named(path, "an event of each type").run()

    assert (result.happened, result.problems) == ("1 delivered", ())


@pytest.mark.parametrize(
    ("body", "name", "problem"),
    [
        (
            f"try:\n    {PUBLISH}\nexcept Exception as error:\n    raise Temporary(str(error))",
            "AWS answers ServiceUnavailable",
            "What a reader wrote is in the log",
        ),
        (
            f"try:\n    {PUBLISH}\nexcept Exception:\n    pass",
            "AWS answers AccessDenied",
            "Let the error out",
        ),
        (
            f"try:\n    {PUBLISH}\nexcept Exception:\n    raise Undeliverable('No.')",
            "AWS answers ThrottlingException",
            "Raise TryLater or Temporary",
        ),
        (
            "aws.client('sns').publish(TopicArn='x', Message='x', Subject=event.vote.voter)",
            "hostile text: header lines",
            "A line break arrived in 'Subject' from voter",
        ),
    ],
)
def test_a_bad_sink_for_aws_is_caught(body: str, name: str, problem: str, chat: Any) -> None:
    problems = named(chat(body, options=AWS), name).run().problems

    assert any(problem in each for each in problems), problems


def test_a_good_sink_for_aws_passes_what_is_of_aws(chat: Any) -> None:
    path = chat(f"with aws.translate_errors('SNS'):\n    {PUBLISH}", options=AWS)

    found = [case for case in cases(path) if case.name.startswith("AWS")]

    assert [case.run().problems for case in found] == [()] * 4


def test_a_sink_without_a_receiver_is_not_asked_about_one(tmp_path: Path) -> None:
    path = tmp_path / "sinks" / "quiet.py"
    path.parent.mkdir()
    path.write_text(
        '"""Do nothing."""\nfrom votepipe import sink\n'
        "@sink(events=['VoteRejected'])\ndef handler(event):\n    pass\n"
    )

    found = cases(path)

    assert {case.run().problems for case in found} == {()}
    assert "500" not in [case.name for case in found]


def test_what_is_no_sink_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sinks" / "chat.py"
    path.parent.mkdir()
    path.write_text('"""Nothing."""\n')

    with pytest.raises(PluginError, match="has no function 'handler' marked with @sink"):
        cases(path)


def test_a_sink_may_try_again_by_itself(chat: Any) -> None:
    path = chat("requests.post(url, timeout=5).ok or post(url)")

    assert named(path, "500").run().problems == ()
