"""votepipe/dev/local.py: the tests' local stack enforces roles, so that what it delivers it may."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from votepipe.dev.casting import cast

pytestmark = pytest.mark.xdist_group("stack")

SECONDS = 90  # only ends a test that will not pass


def eventually(found: Callable[[], Any]) -> Any:
    """The first true result of `found`."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError(f"Nothing came within {SECONDS} s")


def receivers(stack: Any, words: str) -> set[str]:
    """The sinks that sent something with these words."""
    messages = requests.get(f"{stack.url}/api/messages", timeout=10).json()
    return {each["sink"] for each in messages if words in json.dumps(each["body"])}


class Role:
    """A sink's role, from which an action can be taken for a while."""

    def __init__(self, deployment: Any, name: str) -> None:
        self._iam = deployment.session.client("iam")
        self._name = {"RoleName": deployment.stack.physical_id(name), "PolicyName": "sink"}
        self._document = self._iam.get_role_policy(**self._name)["PolicyDocument"]

    def lose(self, action: str) -> None:
        """Take all statements with an action out."""
        kept = [each for each in self._document["Statement"] if action not in each["Action"]]
        self._put({**self._document, "Statement": kept})

    def restore(self) -> None:
        """Give back what it had."""
        self._put(self._document)

    def _put(self, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(**self._name, PolicyDocument=json.dumps(document))


@pytest.fixture
def role(stack: Any) -> Iterator[Role]:
    """The role of the webhook sink."""
    found = Role(stack.deployment, "WebhookRole")
    yield found
    found.restore()


def test_every_sink_delivers_with_the_role_it_has(stack: Any) -> None:
    words = f"enforced-{uuid.uuid4().hex}"

    cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy=words)

    eventually(lambda: receivers(stack, words) >= {"slack", "webhook", "email"})


def test_what_a_role_does_not_allow_is_refused_until_it_does(stack: Any, role: Role) -> None:
    words = f"refused-{uuid.uuid4().hex}"
    role.lose("dynamodb:UpdateItem")

    cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy=words)
    eventually(lambda: receivers(stack, words) >= {"slack", "email"})
    refused = receivers(stack, words)
    role.restore()

    assert "webhook" not in refused
    eventually(lambda: "webhook" in receivers(stack, words))
