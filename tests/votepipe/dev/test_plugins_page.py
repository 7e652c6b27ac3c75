"""docs/plugins.md: its commands and its files, typed as they stand, do what it says."""

import hashlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from votepipe.dev.local.ministack import REGION, free_port
from votepipe.dev.operations.deployment import Deployment, LocalSession
from votepipe.project import checkout
from votepipe.testing import Pipeline

ROOT = checkout()
# The tests share a checkout and what they leave in it, in the order of this file.
pytestmark = [pytest.mark.local_stack, pytest.mark.xdist_group("page")]

PAGE = (ROOT / "docs" / "plugins.md").read_text()
SECONDS = 120  # only ends a test that will not pass


def section(heading: str) -> str:
    """The part of the page below a heading."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def commands(heading: str) -> list[str]:
    """The commands of a section."""
    return re.findall(r"^\$ (.*)$", section(heading), re.MULTILINE)


def file(heading: str) -> str:
    """The first Python file of a section."""
    return section(heading).partition("```python\n")[2].partition("```")[0]


def enforce_roles(folder: Path) -> None:
    """Make an environment whose local AWS is the one of this checkout, enforcing roles."""
    real = ROOT / folder.name
    program = folder / "bin" / "ministack"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nAUTH=true exec '{real}/bin/ministack'\n")
    program.chmod(0o755)
    (folder / "ready").symlink_to(real / "ready")


class Checkout:
    """A fresh checkout with the environments of this one, and a shell in it.

    Its local AWS enforces roles, as AWS does.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".venv-ministack").unlink()
        enforce_roles(root / ".venv-ministack")
        self.port = free_port()
        # The environment holds this checkout's own code; there, its own comes first. A make that
        # runs the tests does not reach the commands typed here.
        inherited = {name: text for name, text in os.environ.items() if "MAKE" not in name}
        self.env = {
            **inherited,
            "PYTHONPATH": str(root),
            "VOTEPIPE_PORT": str(self.port),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def type(self, command: str, given: str = "", more: Mapping[str, str] | None = None) -> str:
        """Type a command and give it its input; what it prints. It must end well."""
        ended = subprocess.run(
            command,
            shell=True,
            cwd=self.root,
            env={**self.env, **(more or {})},
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def files(self) -> dict[str, str]:
        """What each file of the project holds, as its digest."""
        names = self.type("git ls-files --others --exclude-standard --cached").split("\n")
        return {
            name: hashlib.sha256((self.root / name).read_bytes()).hexdigest()
            for name in names
            if name and (self.root / name).is_file()
        }

    def messages(self, sink: str) -> list[Any]:
        """What a sink sent while it was up."""
        url = f"http://127.0.0.1:{self.port}/api/messages"
        return [
            each["body"] for each in requests.get(url, timeout=10).json() if each["sink"] == sink
        ]

    @contextmanager
    def up(self, command: str) -> Iterator[Deployment]:
        """Type `make up`, wait until it is ready, and end it with Ctrl-C."""
        running = subprocess.Popen(
            command, shell=True, cwd=self.root, env=self.env, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        assert running.stdout
        said = []
        for line in running.stdout:
            said.append(line)
            if line.startswith("Ready: "):
                break
        else:
            raise AssertionError("".join(said))
        reader = threading.Thread(target=lambda: said.extend(running.stdout), daemon=True)
        reader.start()
        try:
            status = requests.get(f"http://127.0.0.1:{self.port}/api/status", timeout=10).json()
            yield Deployment(status["stack"], LocalSession(status["endpoint"]))
        finally:
            os.killpg(running.pid, signal.SIGINT)
            running.wait(SECONDS)
            reader.join()
            running.stdout.close()
        assert said[-1] == "Ended.\n"


@pytest.fixture(scope="module")
def checkout(make_checkout: Callable[[], Path]) -> Checkout:
    """The checkout that the page is typed in, under version control as a clone is."""
    made = Checkout(make_checkout())
    made.type("git init -q && git add --all")
    assert made.type(".venv/bin/python -c 'import votepipe; print(votepipe.__file__)'") == (
        f"{made.root}/votepipe/__init__.py\n"
    )
    return made


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    """What the stack holds of each resource of other sinks, from the first run to the second."""
    return {}


def made(deployed: Deployment) -> dict[str, Any]:
    """What each resource is: its physical id, what the template says of it, and when it was made.

    What the template says is what CloudFormation goes by: MiniStack reports an update of them all.
    When it was made is known of queues and functions.
    """
    stack, session = deployed.stack, deployed.session
    facts: dict[str, list[Any]] = {
        name: [physical_id, dict(stack.template["Resources"][name])]
        for name, physical_id in stack.physical_ids.items()
    }
    # The order of creation follows the sinks, and changes nothing about the pipe itself.
    for name in stack.of_type("AWS::Pipes::Pipe"):
        facts[name][1].pop("DependsOn")
    for name in stack.of_type("AWS::SQS::Queue"):
        answer = session.client("sqs").get_queue_attributes(
            QueueUrl=stack.physical_id(name), AttributeNames=["All"]
        )
        kept = ("CreatedTimestamp", "LastModifiedTimestamp")
        facts[name] += [answer["Attributes"][each] for each in kept]
    for name in stack.of_type("AWS::Lambda::Function"):
        answer = session.client("lambda").get_function(FunctionName=stack.physical_id(name))
        kept = ("FunctionName", "CodeSha256", "LastModified")
        facts[name] += [answer["Configuration"][each] for each in kept]
    return facts


def test_a_new_sink_and_its_test_work(checkout: Checkout) -> None:
    new, *_ = commands("From nothing to a deployed sink")

    checkout.type(new)
    tested = checkout.type(".venv/bin/python -m pytest -q tests/sinks/test_room.py")
    checkout.type(".venv/bin/votepipe check sinks/room.py")
    checkout.type("git clean -fdq sinks tests && git checkout -q .")

    assert re.search(r"^\d+ passed", tested, re.MULTILINE)


def test_the_sink_of_the_page_gets_the_next_vote(
    checkout: Checkout, before: dict[str, Any], eventually: Any
) -> None:
    _, sync, check, up, deploy, secret = commands("From nothing to a deployed sink")
    files = checkout.files()
    (checkout.root / "sinks" / "room.py").write_text(file("From nothing to a deployed sink"))
    checkout.type(sync)
    checkout.type(check)
    deploying = checkout.type(f"{deploy} --dry-run")

    with checkout.up(up) as deployed:
        deployed.table.put_item(
            Item={"widgetId": "w", "voteId": "v", "voteType": "thumbsup", "instanceOfJoy": "here"}
        )
        (message,) = eventually(lambda: checkout.messages("room"))
        endpoint = deployed.session.client("sts").meta.endpoint_url
        health = requests.get(f"{endpoint}/_ministack/health", timeout=10).json()
        before |= made(deployed)
        at_aws = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        checkout.type(secret.replace("votepipe-dev", deployed.name), "https://x.example/y", at_aws)

    assert health["auth"] == "enabled"
    assert message == {"text": "✨ here: thumbsup"}
    # The local AWS refuses parts of what goes to AWS.
    assert ".venv/bin/sam deploy --config-env default" in deploying.splitlines()[-1]
    now = checkout.files()
    changed = {name for name in now | files if now.get(name) != files.get(name)}
    assert changed == {"sinks/room.py", "template.yaml", "docs/sinks.md"}


def test_a_sink_that_is_taken_away_takes_its_resources_and_no_others(
    checkout: Checkout, before: dict[str, Any]
) -> None:
    sync, _ = commands("Switching a sink off, or taking it away")
    (checkout.root / "sinks" / "room.py").unlink()
    checkout.type(sync)
    changed = checkout.type("git diff --name-only && git ls-files --others --exclude-standard")

    with checkout.up("make up") as deployed:
        after = made(deployed)

    assert changed == ""
    gone = set(before) - set(after)
    assert gone
    assert all(name.startswith("Room") for name in gone)
    assert after == {name: facts for name, facts in before.items() if name not in gone}


def test_the_enricher_of_the_page_adds_to_each_event(checkout: Checkout) -> None:
    new, *_ = commands("An enricher")
    checkout.type(new)
    (checkout.root / "enrichers" / "mood.py").write_text(file("An enricher"))

    with Pipeline(checkout.root, sinks=["log"]) as pipeline:
        pipeline.put({"widgetId": "w", "voteId": "v", "voteType": "thumbsup", "answers": {}})
        pipeline.run_until_idle()
        (event,) = pipeline.events("VoteCast")

    assert event["detail"]["enrichment"]["mood"] == {"word": "joy"}
