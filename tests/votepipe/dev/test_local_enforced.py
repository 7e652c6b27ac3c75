"""votepipe/dev/local.py: where roles are enforced, what the template gives them suffices."""

import json
import time
from pathlib import Path

import pytest
import requests

from votepipe.dev.casting import answer, cast
from votepipe.dev.local import LocalStack

pytestmark = pytest.mark.xdist_group("stack")

SINKS = {"slack", "webhook", "email"}
SECONDS = 90  # only ends a test that will not pass


def test_every_sink_delivers_with_the_role_it_has(tmp_path: Path) -> None:
    with LocalStack(tmp_path, say=lambda _: None, enforce_iam=True) as stack:
        keys = cast(stack.deployment.table, vote_type="thumbsup", instance_of_joy="enforced")
        answer(stack.deployment.table, keys["widgetId"], keys["voteId"], "field_1", "yes")
        deadline, seen = time.monotonic() + SECONDS, set[str]()
        while not seen >= SINKS and time.monotonic() < deadline:
            messages = requests.get(f"{stack.url}/api/messages", timeout=10).json()
            seen = {each["sink"] for each in messages if "enforced" in json.dumps(each["body"])}
            time.sleep(0.1)
        letters = requests.get(f"{stack.url}/api/dead-letters", timeout=10).json()

    assert seen >= SINKS
    assert letters == []
