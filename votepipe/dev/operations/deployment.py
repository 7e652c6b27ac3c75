"""Which stack a command speaks to: the one on this machine, or one deployed to AWS."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
import click
import requests
from botocore.exceptions import BotoCoreError

from votepipe.dev.local.ministack import ACCOUNT, REGION
from votepipe.dev.operations.stack import Stack, StackError, next_step
from votepipe.project import Project
from votepipe.project.names import logical_id, switch

CONSOLE_PORT = 8600


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
        return {each.name: values.get(switch(each.name)) == "true" for each in Project.read().sinks}

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


def console_url() -> str:
    """Where the console of the stack on this machine is."""
    return f"http://127.0.0.1:{os.environ.get('VOTEPIPE_PORT', CONSOLE_PORT)}"


def local_status() -> dict[str, Any]:
    """What the console says of the stack on this machine. Raises NotUp when it does not run."""
    url = console_url()
    try:
        response = requests.get(f"{url}/api/status", timeout=5)
        response.raise_for_status()
        status: dict[str, Any] = response.json()
    except (requests.RequestException, ValueError):
        raise NotUp(f"Nothing answers at {url}. Run: make up") from None
    if not status.get("ready"):
        raise NotUp(f"The stack at {url} is not ready yet ({status.get('step')}). Try again.")
    return status


def deployment(stack: str | None) -> Deployment:
    """The stack of that name on AWS, by the shell's own credentials; None is the local one.

    Raises StackError without a usable AWS profile, NotUp where the local one does not run.
    """
    if stack:
        try:
            return Deployment(stack, boto3.Session())
        except BotoCoreError as error:
            raise StackError(f"AWS cannot be asked. {next_step(error)}") from error
    status = local_status()
    session = LocalSession(status["endpoint"])
    return Deployment(status["stack"], session, console_url(), status.get("warning", ""))


def stack_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--stack NAME` to a command."""
    return click.option(
        "--stack",
        metavar="NAME",
        help="A stack deployed to AWS; without it, the one on this machine.",
    )(command)
