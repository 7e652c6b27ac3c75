"""The command `votepipe match`: try a pattern on an event."""

from __future__ import annotations

from pathlib import Path

import click

from votepipe.emulator.patterns.document import load_event
from votepipe.emulator.patterns.errors import InvalidPattern, UnreadableEvent
from votepipe.emulator.patterns.explain import explain as explain_match
from votepipe.emulator.patterns.pattern import compile as compile_pattern

__all__ = ["match"]


@click.command()
@click.argument("pattern")
@click.argument("event")
@click.option("--explain", is_flag=True, help="Say for each field why it matches or does not.")
@click.option("--pipe", is_flag=True, help="Refuse what the filter of a pipe does not support.")
@click.pass_context
def match(context: click.Context, pattern: str, event: str, explain: bool, pipe: bool) -> None:
    """Say whether EVENT matches PATTERN.

    Each is JSON text, a file that holds it, or - for standard input.
    Exit code: 0 match, 1 no match, 2 not valid.
    """
    if pattern == event == "-":
        raise click.UsageError("Standard input holds one text. Give PATTERN or EVENT as a file.")
    pattern_text, event_text = _text(pattern, "PATTERN"), _text(event, "EVENT")
    try:
        compiled = compile_pattern(pattern_text, for_pipe=pipe)
        matched = compiled.matches(load_event(event_text))
    except InvalidPattern as error:
        raise click.UsageError("\n".join([str(error), *getattr(error, "__notes__", [])])) from None
    except UnreadableEvent as error:
        raise click.UsageError(str(error)) from None
    if explain:
        click.echo(str(explain_match(pattern_text, event_text, for_pipe=pipe)))
    else:
        click.echo("match" if matched else "no match")
    context.exit(0 if matched else 1)


def _text(argument: str, name: str) -> str:
    """The text itself if it looks like JSON, or else what the file of that name holds."""
    if argument == "-":
        with click.open_file("-", encoding="utf-8") as stream:
            return str(stream.read())
    if argument.lstrip()[:1] in ("{", "["):
        return argument
    try:
        return Path(argument).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise click.UsageError(
            f"{name} is neither JSON nor a file: '{argument}'. Begin JSON with '{{'."
        ) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise click.UsageError(f"{name} cannot be read from '{argument}': {error}.") from None
