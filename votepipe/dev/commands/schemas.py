"""Commands about the contracts in `schemas/`: `schemas check`, `models` and `docs`."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import click

from votepipe.dev.operations.published import default_reference, published
from votepipe.project import Project, checkout
from votepipe.project.contracts import catalogue, exports, in_folder, models, of_feed
from votepipe.project.contracts.evolution import check as changes
from votepipe.project.contracts.evolution import remedy


@click.group()
def schemas() -> None:
    """Check and write what other teams rely on: the schemas of our events."""


@schemas.command()
@click.option(
    "--against",
    help="A git reference, a folder or a file; by default the last release (tag v*).",
)
def check(against: str | None) -> None:
    """Name each change since a release, and fail where one breaks consumers."""
    root = checkout()
    present = in_folder(root / "schemas")
    reference = against or default_reference(root, present)
    if reference is None:
        click.echo(
            "Nothing to compare schemas/ with: here is no release, which has a tag v*. "
            "If there are some, run: git fetch --tags origin",
            err=True,
        )
        return
    old = published(reference, root)
    if Path(reference).is_file():
        present = [each for each in present if each.file == old[0].file]
    found = changes(old, present, datetime.now(UTC).date())
    for file, each in ((file, each) for file, listed in found.items() for each in listed):
        word = "breaking  " if each.breaking else "compatible"
        click.echo(f"{word}  {file}  {f'{each.path} ' if each.path else ''}{each.reason}")
    broken = [file for file, listed in found.items() if any(each.breaking for each in listed)]
    if broken:
        raise click.ClickException("\n".join(remedy(file, reference, present) for file in broken))
    click.echo(f"Consumers of {reference} can read every event.")


@schemas.command("models")
@click.argument("packages", type=click.Path(exists=True, path_type=Path))
def write_models(packages: Path) -> None:
    """Write the types of the feed's events; 'make models' names the folder of node_modules."""
    root = checkout()
    folder = root / "examples" / "subscriber" / "models"
    folder.mkdir(exist_ok=True)
    contracts = of_feed(Project.read(root))
    (folder / "votes.py").write_text(models.python(contracts), encoding="utf-8")
    (folder / "votes.ts").write_text(models.typescript(contracts, packages), encoding="utf-8")
    click.echo(f"Written: {folder.relative_to(root)}/votes.py and votes.ts.")


@schemas.command()
def docs() -> None:
    """Write the catalogue of events: a page, an AsyncAPI document and EventCatalog's files."""
    root = checkout()
    project = Project.read(root)
    files = {
        "index.html": catalogue.rendered(catalogue.PAGE, project),
        "asyncapi.json": json.dumps(exports.asyncapi(project), indent=2, ensure_ascii=False),
        **{f"eventcatalog/{path}": text for path, text in exports.eventcatalog(project).items()},
    }
    folder = root / ".votepipe" / "docs"
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(f"Open {folder / 'index.html'}")
