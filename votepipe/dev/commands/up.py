"""`votepipe up`: the whole of it on this machine, until Ctrl-C."""

import shlex

import click

from votepipe.dev.local.local_stack import LocalStack
from votepipe.dev.operations.deployment import CONSOLE_PORT, NOTE
from votepipe.project import checkout


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
