"""votepipe/dev/local/functions.py: what votes will call runs before them, in one process each."""

import io
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from votepipe.dev.local import functions

ROLE = "arn:aws:iam::000000000000:role/any"


class Functions:
    """Functions on the local AWS, one of them the enrichment."""

    def __init__(self, session: Any) -> None:
        self.client, self._sqs = session.client("lambda"), session.client("sqs")
        self.said: list[str] = []
        self.known = set[str]()
        self._mappings: list[str] = []
        self._enrichment = self.make("def handler(records, context): return records")
        stack = SimpleNamespace(physical_id=lambda _: self._enrichment)
        self._deployment: Any = SimpleNamespace(session=session, stack=stack)

    def make(self, code: str) -> str:
        """Make a function of this code; returns its name."""
        content, name = io.BytesIO(), f"f-{uuid.uuid4().hex[:8]}"
        with zipfile.ZipFile(content, "w") as package:
            package.writestr("code.py", code)
        self.client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="code.handler",
            Code={"ZipFile": content.getvalue()},
        )
        return name

    def queue(self, name: str) -> str:
        """Have a queue call a function; returns its address."""
        url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = found["Attributes"]["QueueArn"]
        made = self.client.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
        self._mappings.append(made["UUID"])
        return url

    def send(self, url: str) -> None:
        self._sqs.send_message(QueueUrl=url, MessageBody="{}")

    def start(self) -> None:
        functions.start(self._deployment, self.said.append, self.known)

    def end(self) -> None:
        for each in self._mappings:
            self.client.delete_event_source_mapping(UUID=each)


@pytest.fixture
def made(ministack: Any, local_aws: Any) -> Any:
    made = Functions(local_aws)
    yield made
    made.end()


def test_a_function_makes_its_clients_while_it_starts(made: Any, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    text = "os.environ.get('AWS_LAMBDA_INITIALIZATION_TYPE', '')"
    made.queue(
        made.make(
            f"import os\nopen({str(seen)!r}, 'w').write({text})\ndef handler(event, context): ..."
        )
    )

    made.start()

    assert seen.read_text() == "on-demand"  # what votepipe.aws.prepare asks for


def test_a_function_of_a_queue_gets_an_empty_batch_and_one_process(
    made: Any, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    name = made.make(
        f"def handler(event, context): open({str(seen)!r}, 'a').write(f'{{event}}\\n')"
    )
    made.queue(name)

    made.start()

    assert seen.read_text() == "{'Records': []}\n"
    limit = made.client.get_function_concurrency(FunctionName=name)
    assert limit["ReservedConcurrentExecutions"] == 1
    assert made.said == []


def test_one_that_does_not_start_is_named_with_its_error(made: Any) -> None:
    name = made.make("import no_such_module")
    made.queue(name)

    made.start()

    (text,) = made.said
    assert text.startswith(f"  Function '{name}' does not start: ")
    assert "No module named 'no_such_module'" in text


def test_one_that_works_on_messages_of_an_earlier_run_is_left_to_it(
    made: Any, tmp_path: Path, eventually: Callable[[Callable[[], Any]], Any]
) -> None:
    begun, go = tmp_path / "begun", tmp_path / "go"
    name = made.make(
        "import pathlib, time\n"
        "def handler(event, context):\n"
        "    if event['Records']:\n"
        f"        pathlib.Path({str(begun)!r}).touch()\n"
        f"        while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\n"
    )
    made.client.update_function_configuration(FunctionName=name, Timeout=60)
    made.send(made.queue(name))
    eventually(begun.exists)

    made.start()
    go.touch()

    assert made.said == []
