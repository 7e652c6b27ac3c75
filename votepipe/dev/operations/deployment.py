"""Which stack a command speaks to: the one on this machine, or one deployed to AWS."""

import functools
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import click
import requests
from botocore.exceptions import BotoCoreError

from votepipe.dev.local.ministack import ACCOUNT, REGION
from votepipe.dev.operations.stack import Stack, StackError, sentence
from votepipe.project import Project, checkout
from votepipe.project.names import logical_id, switch

CONSOLE_PORT = 8600
NOTE = Path(".votepipe") / "console"  # below the checkout: the port of its running stack


class NotUp(Exception):
    """The stack on this machine does not run; the text says how to start it."""


class NoTable(Exception):
    """The stack takes the stream of a table that it does not know; the text says what to do."""


class LocalSession(boto3.Session):
    """A session whose clients all speak to the AWS on this machine, and can reach no other."""

    def __init__(self, endpoint: str, account: str = ACCOUNT) -> None:
        super().__init__(
            aws_access_key_id=account, aws_secret_access_key="test", region_name=REGION
        )
        self.endpoint = endpoint

    def client(self, *args: Any, **kwargs: Any) -> Any:
        """Make a client as boto3 does."""
        return super().client(*args, **{"endpoint_url": self.endpoint, **kwargs})

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        """Make a resource as boto3 does."""
        return super().resource(*args, **{"endpoint_url": self.endpoint, **kwargs})


@dataclass(frozen=True)
class Deployment:
    """A stack, the session that reaches it, and where its console is if it is a local one.

    `warning` is what that console warns of.
    """

    name: str
    session: boto3.Session
    console: str | None = None
    warning: str = ""

    @cached_property
    def stack(self) -> Stack:
        """What CloudFormation knows of it."""
        return Stack(self.name, self.session)

    def forget(self) -> None:
        """Read the stack anew when it is asked next."""
        self.__dict__.pop("stack", None)

    @property
    def sinks(self) -> dict[str, bool]:
        """The sinks of this checkout by name, and whether each is on in the stack."""
        values = self.stack.parameters
        sinks = Project.survey().sinks
        return {each.name: values.get(switch(each.name)) == "true" for each in sinks}

    @property
    def secret_ids(self) -> dict[str, str]:
        """The secrets of this checkout's sinks in the stack, by the sink's name."""
        ids = {sink.name: f"{logical_id(sink.name)}Secret" for sink in Project.read().sinks}
        there = self.stack.physical_ids
        return {sink: there[name] for sink, name in ids.items() if name in there}

    @cached_property
    def table(self) -> Any:
        """The votes table, as boto3 has it. Raises NoTable where the stack has none of its own."""
        name = self.stack.outputs.get("VotesTableName")
        if name is None:
            raise NoTable(
                f"Stack '{self.name}' has no votes table. Write to the one of its stream."
            )
        return self.session.resource("dynamodb").Table(name)


@dataclass(frozen=True)
class Target:
    """Which stack a command's options mean: `stack` on AWS, or else the one on this machine."""

    stack: str | None = None
    port: int | None = None
    region: str | None = None
    profile: str | None = None

    @property
    def url(self) -> str:
        """Where the console of the stack on this machine is, or was when it was brought up."""
        note = checkout() / NOTE
        known = note.read_text() if note.exists() else CONSOLE_PORT
        return f"http://127.0.0.1:{self.port or os.environ.get('VOTEPIPE_PORT') or known}"

    @property
    def status(self) -> dict[str, Any]:
        """What that console says. Raises NotUp unless the stack is up, and this checkout's."""
        try:
            response = requests.get(f"{self.url}/api/status", timeout=5)
            response.raise_for_status()
            status: dict[str, Any] = response.json()
        except (requests.RequestException, ValueError):
            raise NotUp(f"Nothing answers at {self.url}. Run: make up") from None
        if not status.get("ready"):
            raise NotUp(
                f"The stack at {self.url} is not ready yet ({status.get('step')}). Try again."
            )
        if status.pop("checkout", None) != identity(checkout()):
            raise NotUp(
                f"The stack at {self.url} is another checkout's. "
                "For one of this checkout, run: VOTEPIPE_PORT=8700 make up"
            )
        return status


def identity(root: Path) -> str:
    """A short name for a checkout, unlike that of any other on this machine."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:16]


def deployment(target: Target) -> Deployment:
    """The stack that is meant; on AWS by the shell's own credentials, or those of the profile.

    Raises StackError without such a profile, NotUp where the local one does not run.
    """
    if target.stack:
        try:
            session = boto3.Session(region_name=target.region, profile_name=target.profile)
        except BotoCoreError as error:
            raise StackError(sentence(error)) from error
        return Deployment(target.stack, session)
    status = target.status
    session = LocalSession(status["endpoint"])
    return Deployment(status["stack"], session, target.url, status.get("warning", ""))


def stack_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command's options choose its stack, as its argument `target`."""

    @click.option(
        "--stack", metavar="NAME", help="A stack on AWS; without it, the one on this machine."
    )
    @click.option("--region", metavar="NAME", help="The stack's region on AWS.")
    @click.option("--profile", metavar="NAME", help="An AWS profile.")
    @click.option(
        "--port",
        type=click.IntRange(1024, 65534),
        help="Of the console on this machine; by default the one of this checkout's last make up.",
    )
    @functools.wraps(command)
    def with_target(*args: Any, **given: Any) -> None:
        target = Target(*(given.pop(name) for name in ("stack", "port", "region", "profile")))
        if target.port and target.stack:
            raise click.UsageError("--port is of this machine, and --stack of AWS. Give one.")
        if not target.stack and (target.region or target.profile):
            raise click.UsageError("--region and --profile go with --stack.")
        command(*args, target=target, **given)

    return with_target
