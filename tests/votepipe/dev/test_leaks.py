"""The local stack shows a vote's words in messages alone, and nowhere what its secrets hold."""

import json
import time
from typing import Any

import requests
from click.testing import CliRunner

from votepipe.dev.cli import main
from votepipe.dev.console.watcher import LogReader

ANSWER, VOTER = "zanzibar", "quagga"
COMMANDS = (
    ["status"],
    ["status", "--json"],
    ["doctor"],
    ["trace", "v"],
    ["redrive", "slack"],
    ["redrive", "pipe"],
)


def test_a_vote_that_fails_shows_no_words_and_no_secrets(stack: Any, eventually: Any) -> None:
    session, deployed = stack.deployment.session, stack.deployment.stack
    get = lambda path: requests.get(f"{stack.url}/api/{path}", timeout=10).text  # noqa: E731
    fault = {"sink": "slack", "status": 404}
    requests.post(f"{stack.url}/api/faults", json=fault, timeout=10).raise_for_status()
    vote = {"widgetId": "docs", "voteId": f"v{time.time_ns()}", "voteType": "thumbsup"}
    vote |= {"voter": f"{VOTER}@readers.example", "answers": json.dumps({"field_1": ANSWER})}
    for each in (vote, vote | {"voteId": f"v{time.time_ns()}", "voteType": "sideways"}):
        stack.deployment.table.put_item(Item=each)
    eventually(lambda: vote["voteId"] in get("dead-letters"))
    eventually(lambda: "VoteRejected" in get("journal"))
    shown = {path: get(path) for path in ("dead-letters", "faults", "journal", "status")}
    requests.delete(f"{stack.url}/api/faults", timeout=10).raise_for_status()
    eventually(lambda: ANSWER in get("messages"))

    for name in deployed.of_type("AWS::Logs::LogGroup"):
        group = deployed.physical_id(name)
        shown[name] = str(LogReader(session.client("logs"), group, since=0, pattern="").read())
    for arguments in COMMANDS:
        done = CliRunner().invoke(main, arguments, env={"VOTEPIPE_PORT": str(stack.port)})
        shown[" ".join(arguments)] = done.output
    shown["the templates"] = json.dumps([deployed.template, deployed.written], default=str)
    secrets = session.client("secretsmanager")
    words = [ANSWER, VOTER]
    for each in stack.deployment.secret_ids.values():
        words += json.loads(secrets.get_secret_value(SecretId=each)["SecretString"]).values()

    assert [f"{where}: {word}" for where in shown for word in words if word in shown[where]] == []
    assert "404 Not Found" in shown["SlackLogs"]
    assert "slack" in shown["trace v"]
