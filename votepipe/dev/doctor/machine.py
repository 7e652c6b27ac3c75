"""What is missing on this machine and in this checkout, each with its remedy."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from votepipe.dev.doctor import Finding
from votepipe.dev.local.ministack import PROGRAM
from votepipe.model.errors import PluginError
from votepipe.project import NoCheckout, Project, checkout, generated, sync
from votepipe.project.generated import SyncError


def look_at_machine() -> Iterator[Finding]:
    """Look at this machine and this checkout."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(
        f"Python {version}.",
        "" if sys.version_info >= (3, 11) else "Install Python 3.11 or later, then: make setup",
    )
    make = shutil.which("make")
    yield Finding(*(("make is there.",) if make else ("make is missing.", "Install make.")))
    try:
        root = checkout()
    except NoCheckout as error:
        yield Finding("There is no checkout here.", str(error))
        return
    sam = Path(sys.executable).parent / "sam"
    for name, path in (("SAM CLI", sam), ("MiniStack", root / PROGRAM)):
        there = path.exists()
        yield Finding(
            f"{name} is {'there' if there else 'missing'}.", "" if there else "make setup"
        )
    yield from _template(root)


def _template(root: Path) -> Iterator[Finding]:
    try:
        text = generated.text(root / "template.yaml")
        found = sync.resources(root)
        same = sync.in_step(text, Project.read(root)) == text
    except PluginError as error:
        yield Finding("A plugin cannot be loaded.", str(error))
        return
    except SyncError as error:
        yield Finding("template.yaml cannot follow sinks/.", str(error))
        return
    names = ", ".join(sink.plugin.name for sink in found) or "none"
    yield Finding(f"Sinks: {names}.")
    yield Finding(
        f"template.yaml is {'in step' if same else 'not in step'} with sinks/.",
        "" if same else "Run: votepipe sync",
    )
