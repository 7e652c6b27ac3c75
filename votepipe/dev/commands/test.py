"""`votepipe test`: run tables of records and messages."""

from pathlib import Path

import click

from votepipe.project import checkout


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def test(files: tuple[Path, ...]) -> None:
    """Run tables of records and the messages they make, by default all tests/**/*.votes.*."""
    from votepipe.testing import table

    chosen = files or tuple(sorted((checkout() / "tests").rglob("*.votes.*")))
    if not chosen:
        raise click.UsageError("There is no table. Name a file; docs/testing.md shows one.")
    failed = total = 0
    for path in chosen:
        for case in table.load(path):
            problems = table.run(case)
            total += 1
            failed += bool(problems)
            click.echo(f"{'FAILED' if problems else 'ok    '}  {path.name}: {case.name}")
            for problem in problems:
                click.echo("\n".join(f"        {line}" for line in problem.splitlines()))
    click.echo(f"{total} tests, {failed} failed")
    if failed:
        raise SystemExit(1)
