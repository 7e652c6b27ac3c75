"""votepipe/dev/console/controls.py: what the page can do to the local stack."""

import json
from typing import Any

import pytest
import requests


def test_the_project_is_known_before_the_stack_is_ready(console: Any) -> None:
    found = console.get("api/project").json()

    assert found["widgets"][0]["questions"]["field_1"] == "What would make this better?"
    assert {"story", "malformed", "removed", "nothing-changed"} <= set(found["samples"])
    # No writer can bring these about: the table's own expiry, a stream without old images.
    assert not {"expired", "new-image-only"} & set(found["samples"])
    assert found["scheduled"] == ["digest"]
    assert found["stages"] == {}


@pytest.mark.parametrize("path", ["settings", "samples/story", "scheduled/digest"])
def test_what_needs_the_stack_waits_for_it(console: Any, path: str) -> None:
    reply = console.post(f"api/{path}", {"sink": "slack"})

    assert reply.status_code == 503
    assert "not ready yet" in reply.json()["error"]


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"sink": "slack", "parameters": []},
        {"sink": "slack", "parameters": {"QuietPeriodSeconds": 5}},
        {"sink": "slack", "bot": "yes"},
    ],
)
def test_settings_of_a_wrong_shape_are_refused(console: Any, given: Any) -> None:
    assert console.post("api/settings", given).status_code == 400


@pytest.mark.parametrize("path", ["samples/expired", "samples/..%2fstory", "scheduled/slack"])
def test_what_is_not_there_is_refused(console: Any, path: str) -> None:
    assert console.post(f"api/{path}").status_code == 404


def hops(stack: Any, keys: dict[str, str], stage: str) -> list[dict[str, Any]]:
    votes = requests.get(f"{stack.url}/api/journal", timeout=30).json()["votes"]
    return [
        hop
        for vote in votes
        if keys.items() <= vote.items()
        for hop in vote["hops"]
        if hop["stage"] == stage
    ]


def post(stack: Any, path: str, body: Any = None) -> Any:
    reply = requests.post(f"{stack.url}/api/{path}", json=body, timeout=60)
    assert reply.ok, reply.text
    return reply.json()


def test_stages_name_their_resources(stack: Any) -> None:
    stages = requests.get(f"{stack.url}/api/project", timeout=30).json()["stages"]

    assert stages["write"] == {"type": "AWS::DynamoDB::Table", "names": [stack.status["table"]]}
    assert stages["filter"]["type"] == "AWS::Pipes::Pipe"
    assert any("SlackQueue" in name for name in stages["queue"]["names"])


def test_samples_make_what_they_are_samples_of(stack: Any, eventually: Any) -> None:
    malformed, story = (post(stack, f"samples/{name}") for name in ("malformed", "story"))

    rejected = eventually(
        lambda: [hop for hop in hops(stack, malformed, "enrichment") if hop["state"] == "failed"]
    )
    assert "rejected" in rejected[0]["text"]
    assert len(hops(stack, story, "write")) == 4
    eventually(lambda: len(hops(stack, story, "bus")) == 4)


def test_a_schedule_is_called_on_demand(stack: Any, eventually: Any) -> None:
    post(stack, "votes", {"voteType": "thumbsup", "instanceOfJoy": "digested"})

    def digest() -> bool:
        post(stack, "scheduled/digest")
        text = requests.get(f"{stack.url}/api/messages", timeout=30).text
        return any(each["sink"] == "digest" for each in json.loads(text))

    assert eventually(digest)
