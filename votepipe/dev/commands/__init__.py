"""One module for each command of the CLI, which cli.py puts together, and what several share."""

import functools
from collections.abc import Callable
from typing import Any

import click


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command's options choose between text and JSON, as its argument `as_json`."""

    @click.option(
        "--output", type=click.Choice(["text", "json"]), default="text", help="By default text."
    )
    @click.option("--json", "as_json", is_flag=True, help="The same as --output json.")
    @functools.wraps(command)
    def with_output(*args: Any, output: str, as_json: bool, **given: Any) -> None:
        command(*args, as_json=as_json or output == "json", **given)

    return with_output
