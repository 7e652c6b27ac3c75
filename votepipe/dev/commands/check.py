"""`votepipe check sinks/NAME.py`: try a sink with failures and hostile text."""

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def check(file: Path) -> None:
    """Try the sink in FILE with failures and hostile text, on this machine only.

    FILE is a module such as sinks/slack.py, or the folder of a package.
    """
    # moto and botocore take their time to import.
    from votepipe.testing.contract import cases

    path = (file / "__init__.py" if file.is_dir() else file).resolve()
    if not path.exists() or path.suffix != ".py":
        raise click.UsageError(f"'{file}' is no Python module. Name one in sinks/.")
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
