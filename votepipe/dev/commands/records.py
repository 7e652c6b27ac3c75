"""Commands that run records and events through the real code: `demo`, `test`, `check`, `match`."""

from pathlib import Path

import click

from votepipe.dev.operations import demo as story
from votepipe.emulator.patterns.document import InvalidPattern, UnreadableEvent, load_event
from votepipe.emulator.patterns.explain import explain as explain_match
from votepipe.emulator.patterns.pattern import compile as compile_pattern
from votepipe.project import checkout


@click.command()
def demo() -> None:
    """Push the sample records through filter, enrichment, bus and the Slack sink."""
    for line in story.lines():
        click.echo(line)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def test(files: tuple[Path, ...]) -> None:
    """Run tables of records and the messages they make, by default all tests/**/*.votes.*."""
    from votepipe.testing import KitError, table

    chosen = files or tuple(sorted((checkout() / "tests").rglob("*.votes.*")))
    if not chosen:
        raise click.UsageError("There is no table. Name a file; docs/testing.md shows one.")
    failed = total = 0
    for path in chosen:
        for case in table.load(path):
            try:
                problems = table.run(case)
            except KitError as error:
                problems = [str(error)]
            total += 1
            failed += bool(problems)
            click.echo(f"{'FAILED' if problems else 'ok    '}  {path.name}: {case.name}")
            for problem in problems:
                click.echo("\n".join(f"        {line}" for line in problem.splitlines()))
    click.echo(f"{total} tests, {failed} failed")
    if failed:
        raise SystemExit(1)


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def check(file: Path) -> None:
    """Try the plugin in FILE with failures and hostile text, on this machine only.

    FILE is a module such as sinks/log.py or enrichers/article.py, or the folder of a package.
    """
    # botocore takes its time to import.
    from votepipe.testing.contract import cases

    path = (file / "__init__.py" if file.is_dir() else file).resolve()
    if not path.exists() or path.suffix != ".py":
        raise click.UsageError(f"'{file}' is no Python module. Name one in sinks/ or enrichers/.")
    found = cases(path)
    click.echo(f"{found[0].plugin.name}: {found[0].plugin.spec.summary}\n")
    width = max(len(case.name) for case in found)
    failed = 0
    for case in found:
        result = case.run()
        mark = "FAIL" if result.problems else "ok"
        click.echo(f"  {mark:4}  {case.name:{width}}  {result.happened}")
        if result.problems:
            failed += 1
            click.echo(f"        must be: {case.expected}")
        for problem in result.problems:
            click.echo(f"        {problem}")
    click.echo()
    if failed:
        raise click.ClickException(f"{failed} of {len(found)} failed. Each says what to do.")
    click.echo(f"All {len(found)} are fine.")


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
    # Editors on Windows begin a file with a byte-order mark, which JSON does not know.
    if argument.removeprefix("\ufeff").lstrip()[:1] in ("{", "["):
        return argument.removeprefix("\ufeff")
    try:
        with click.open_file(argument, "rb") as stream:
            content = stream.read()
    except FileNotFoundError:
        raise click.UsageError(
            f"{name} is neither JSON nor a file: '{argument}'. Begin JSON with '{{'."
        ) from None
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{name} cannot be read from '{argument}': {error}.") from None
    try:
        return str(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise click.UsageError(
            f"{name} is not UTF-8, line {line} of '{argument}'. Save it as UTF-8."
        ) from None
