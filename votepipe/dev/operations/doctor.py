"""What is missing on this machine or in a stack, each with its remedy."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from votepipe.dev.local.ministack import PROGRAM
from votepipe.dev.operations.deployment import Deployment
from votepipe.model.errors import PluginError
from votepipe.project import NoCheckout, Project, checkout, generated, sync
from votepipe.project.generated import SyncError


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `remedy` is empty where it is as it should be."""

    fact: str
    remedy: str = ""


def machine() -> Iterator[Finding]:
    """Look at this machine and this checkout."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(
        f"Python {version}.",
        "" if sys.version_info >= (3, 11) else "Install Python 3.11 or later, then: make setup",
    )
    make = shutil.which("make")
    yield Finding(*(("make is there.",) if make else ("make is missing.", "Install make.")))
    try:
        root = checkout()
    except NoCheckout as error:
        yield Finding("There is no checkout here.", str(error))
        return
    sam = Path(sys.executable).parent / "sam"
    for name, path in (("SAM CLI", sam), ("MiniStack", root / PROGRAM)):
        there = path.exists()
        yield Finding(
            f"{name} is {'there' if there else 'missing'}.", "" if there else "make setup"
        )
    yield from _template(root)


def _template(root: Path) -> Iterator[Finding]:
    try:
        text = generated.text(root / "template.yaml")
        found = sync.resources(root)
        same = sync.in_step(text, Project.read(root)) == text
    except PluginError as error:
        yield Finding("A plugin cannot be loaded.", str(error))
        return
    except SyncError as error:
        yield Finding("template.yaml cannot follow sinks/.", str(error))
        return
    names = ", ".join(sink.plugin.name for sink in found) or "none"
    yield Finding(f"Sinks: {names}.")
    yield Finding(
        f"template.yaml is {'in step' if same else 'not in step'} with sinks/.",
        "" if same else "Run: votepipe sync",
    )


def stack(found: Deployment) -> Iterator[Finding]:
    """Look at a deployed stack: its pipe, its secrets, its dead letters."""
    yield Finding(f"Stack '{found.name}' is there, with {len(found.stack.physical_ids)} resources.")
    # On this machine our own runner executes the pipe; MiniStack's stays stopped.
    if not found.console:
        yield from _pipes(found)
    if found.warning:
        yield Finding("Not every write to the votes table made an event.", found.warning)
    yield from _secrets(found)
    yield from _dead_letters(found)


def _pipes(found: Deployment) -> Iterator[Finding]:
    client = found.session.client("pipes")
    for name in found.stack.of_type("AWS::Pipes::Pipe"):
        pipe = client.describe_pipe(Name=found.stack.physical_id(name))
        running = pipe["CurrentState"] == "RUNNING"
        yield Finding(
            f"{name} is {pipe['CurrentState']}.",
            "" if running else f"{pipe.get('StateReason') or 'Start it'}; then deploy again.",
        )


def _secrets(found: Deployment) -> Iterator[Finding]:
    client: Any = found.session.client("secretsmanager")
    for name in found.stack.of_type("AWS::SecretsManager::Secret"):
        function = found.stack.resolved(f"{name.removesuffix('Secret')}Sink")
        sink = function["Environment"]["Variables"]["VOTEPIPE_SINK"]
        facts = client.describe_secret(SecretId=found.stack.physical_id(name))
        filled = bool(facts.get("VersionIdsToStages"))
        yield Finding(
            f"The secret of sink '{sink}' is {'set' if filled else 'empty'}.",
            "" if filled else f"votepipe secret set {sink}",
        )


def _dead_letters(found: Deployment) -> Iterator[Finding]:
    client: Any = found.session.client("sqs")
    for name in found.stack.of_type("AWS::SQS::Queue"):
        if name.endswith("DeadLetters"):
            count = client.get_queue_attributes(
                QueueUrl=found.stack.physical_id(name),
                AttributeNames=["ApproximateNumberOfMessages"],
            )["Attributes"]["ApproximateNumberOfMessages"]
            yield Finding(
                f"{name} holds {count} messages.",
                "" if count == "0" else "Each message's attribute 'reason' says why it is there.",
            )
