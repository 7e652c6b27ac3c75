"""The files of a checkout that sync writes: template.yaml, and pages of docs/."""

import os
from pathlib import Path
from typing import NamedTuple

from votepipe.project import Project, generated
from votepipe.project.contracts import catalogue
from votepipe.project.sync import SinkResources, in_step, reference_page, sinks_page


class Stale(NamedTuple):
    """What a file holds, and what it should."""

    text: str
    wanted: str


def stale(project: Project) -> dict[Path, Stale]:
    """The files that are not in step with a checkout's plugins, and exist. Raises SyncError."""
    template, docs = project.root / "template.yaml", project.root / "docs"
    wanted = {
        template: in_step(generated.text(template), project),
        docs / "sinks.md": sinks_page.page([*map(SinkResources, project.sinks)]),
        docs / "reference.md": reference_page.page(),
        docs / "events.md": catalogue.rendered(catalogue.MARKDOWN, project),
    }
    both = {
        path: Stale(generated.text(path), text) for path, text in wanted.items() if path.exists()
    }
    return {path: each for path, each in both.items() if each.text != each.wanted}


def write(files: dict[Path, Stale]) -> None:
    """Bring these files in step."""
    for path, each in files.items():
        # A command and `make up` may sync at once: each reads a whole file, before or after.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(each.wanted.encode())
        draft.replace(path)
