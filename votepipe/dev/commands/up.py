"""`votepipe up`, the whole of it on this machine, and `votepipe ready`, a look before a deploy.

A deploy itself does not say which sinks lack settings, and which values stay as they were.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import click
from botocore.exceptions import ClientError

from votepipe.dev.doctor.settings import Missing, Secret, missing_settings, secrets
from votepipe.dev.local import sam
from votepipe.dev.local.local_stack import LocalStack
from votepipe.dev.local.sam import check
from votepipe.dev.operations.deployment import CONSOLE_PORT, NOTE, Deployment
from votepipe.dev.operations.stack import NoStack
from votepipe.model.errors import VotepipeError
from votepipe.project import checkout
from votepipe.project.names import switch
from votepipe.project.template import read


def _parameters(_: click.Context, __: click.Parameter, text: str) -> dict[str, str]:
    try:
        return dict(pair.split("=", 1) for pair in shlex.split(text))
    except ValueError:
        raise click.BadParameter("Write Name=Value Name='Other value'.") from None


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1024, 65534),
    default=CONSOLE_PORT,
    envvar="VOTEPIPE_PORT",
    show_default=True,
    show_envvar=True,
    help="Of the console; the local AWS takes the port after it.",
)
@click.option(
    "--parameters",
    callback=_parameters,
    default="",
    metavar="'NAME=VALUE …'",
    help="Override template parameters.",
)
def up(port: int, parameters: dict[str, str]) -> None:
    """Build and deploy the real template to a local AWS and run it; Ctrl-C ends all."""
    root = checkout()
    note, folder = root / NOTE, root / ".votepipe" / f"local-{port}"
    stack = LocalStack(folder, port=port, parameters=parameters, say=click.echo)
    note.parent.mkdir(exist_ok=True)
    note.write_text(str(port))  # other commands go where it was brought up last
    stack.run()


class NotReady(VotepipeError):
    """A deploy would bring up sinks that cannot run; the text names each setting."""


@click.command()
@click.argument("config", default="default")
def ready(config: str) -> None:
    """Check what the next deploy needs, by the section CONFIG of samconfig.toml.

    Fails where a sink that is on lacks a template parameter.
    """
    for line in look(config, checkout()):
        click.echo(line)


def look(config: str, root: Path, session: boto3.Session | None = None) -> Iterator[str]:
    """Say what the next deploy of a section of samconfig.toml leaves to do.

    Raises NotReady where a parameter is missing, ParameterError where the template refuses one,
    StackError where the stack cannot be read.
    """
    declared = read(root)["Parameters"]
    given = sam.parameters(config, root)
    check({name: text for name, text in given.items() if name != "Environment"}, declared)
    found = Deployment(sam.stack_name(config, root), session or _session(config, root))
    defaults = {name: str(facts.get("Default", "")) for name, facts in declared.items()}
    try:
        known = found.stack.parameters
    except NoStack:
        known = {}
    kept = {name: text for name, text in known.items() if name in defaults}
    yield from _staying(found.name, kept, defaults, given)
    held: Mapping[str, Secret] | None = {}
    try:
        held = secrets(found) if known else {}
    except ClientError as error:
        held = None
        code = error.response["Error"]["Code"]
        yield f"The secrets of stack '{found.name}' cannot be read ({code}); they count as set."
    missing = missing_settings({**defaults, **kept, **given}, held or {})
    unset = [each for each in missing if held is not None or not each.by_secret]
    yield from _sinks(found.name, unset)


def _session(config: str, root: Path) -> boto3.Session:
    said = sam.deploy_settings(config, root)
    return boto3.Session(region_name=said.get("region"), profile_name=said.get("profile"))


def _staying(
    stack: str, kept: Mapping[str, str], defaults: Mapping[str, str], given: Mapping[str, str]
) -> Iterator[str]:
    """Values that SAM sends again as they are, whatever the template's defaults have become."""
    for name, text in kept.items():
        if name not in given and text != defaults[name]:
            yield (
                f"{name} stays '{text}' in stack '{stack}'; the template's default is "
                f"'{defaults[name]}'. To choose, name it in parameter_overrides in samconfig.toml."
            )


def _sinks(stack: str, missing: list[Missing]) -> Iterator[str]:
    for each in missing:
        if each.by_secret:
            yield f"After this deploy: {each.for_stack(stack)}"
    if wrong := [each for each in missing if not each.by_secret]:
        texts = [
            f"{each.text} Do that in parameter_overrides in samconfig.toml, or switch the sink off "
            f"there: {switch(each.sink)}=false"
            for each in wrong
        ]
        raise NotReady("\n".join(texts))
