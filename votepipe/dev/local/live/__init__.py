"""Keep a running stack in step with the files of its checkout: what is saved is deployed.

Only what changed is built and updated, and votes go on meanwhile.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from votepipe.dev.local.live import change_set
from votepipe.dev.local.live.code import Code, bucket
from votepipe.dev.local.sam import digest
from votepipe.dev.operations.deployment import Deployment
from votepipe.model import times
from votepipe.project import Project, generated, template
from votepipe.project.plugins import home
from votepipe.project.sync import files

PLUGINS = ("sinks", "enrichers")
WATCHED = (*PLUGINS, "api", "schemas", "widgets.toml")


@dataclass(frozen=True)
class Outcome:
    """What became of a file that changed, as `GET /api/status` has it.

    `sink` is one that was deployed, and can be tried; `at` sets the outcomes of two saves apart.
    """

    file: str
    text: str
    ok: bool = True
    line: int | None = None
    sink: str | None = None
    at: str = field(default_factory=times.timestamp, compare=False)

    def as_json(self) -> dict[str, Any]:
        """The outcome without what is unknown."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class Live:
    """Brings a stack in step with the checkout at `root`, from now on.

    `values` gives the parameters for the checkout as it is when asked; `updated` is called after
    each update, and returns what sinks lack, by their names.
    """

    def __init__(
        self,
        root: Path,
        found: Deployment,
        values: Callable[[], Mapping[str, str]],
        updated: Callable[[], Mapping[str, str]],
    ) -> None:
        self.root = root
        self._found = found
        self._values = values
        self._updated = updated
        self._library = digest(root, [root / "votepipe"])
        self._seen = self._contents()
        self._waiting: set[str] = set()
        self._lacking: Mapping[str, str] = {}
        self._text = generated.text(root / "template.yaml")
        self._template = template.read(root)
        self._code = Code(root, found, self._template)

    @property
    def paths(self) -> list[Path]:
        """The files and folders to watch."""
        return [self.root / name for name in WATCHED]

    def look(self) -> list[Outcome]:
        """Deploy what changed; says what became of each file, also of those that wait."""
        contents = self._contents()
        changed = {name for name, _ in contents.items() ^ self._seen.items()}
        if not changed:
            return []
        self._seen = contents
        self._waiting |= changed
        if digest(self.root, [self.root / "votepipe"]) != self._library:
            # This process runs the old code, and plugins may need the new.
            return [
                _failed(name, f"{name} waits: votepipe/ has changed. Press Ctrl-C and run make up.")
                for name in sorted(self._waiting)
            ]
        started = time.monotonic()
        try:
            project = Project.survey(self.root)
            if not project.broken:
                self._bring(project)
        # The stack keeps running as it is, and the next save tries again.
        except Exception as error:
            text = str(error)
            return [
                _failed(name, text if text.startswith(name) else f"{name}: {text}")
                for name in sorted(self._waiting)
            ]
        return list(self._outcomes(project, time.monotonic() - started))

    def _outcomes(self, project: Project, seconds: float) -> Iterator[Outcome]:
        broken = {_name(self.root, home(path)): text for path, text in project.broken.items()}
        sinks = {_name(self.root, home(each.path)): each.name for each in project.sinks}
        for name in sorted(self._waiting | broken.keys()):
            if name in broken:
                yield _failed(name, broken[name])
            elif broken:
                yield _failed(name, f"{name} waits until {min(broken)} is fixed.")
            else:
                sink, done = sinks.get(name), "deployed" if name in self._seen else "removed"
                lacks = self._lacking.get(sink or "", "")
                text = f"{name}: {done} in {seconds:.1f} s. {lacks}".rstrip()
                yield Outcome(name, text, ok=not lacks, sink=sink)
        if not broken:
            self._waiting.clear()

    def _bring(self, project: Project) -> None:
        """Sync the template, build what changed, update the stack."""
        for name in sorted(self._waiting & self._seen.keys()):
            if name.startswith("api/") and name.endswith(".py"):  # plugins are checked already
                compile((self.root / name).read_bytes(), name, "exec")
        files.write(files.stale(project))
        text = generated.text(self.root / "template.yaml")
        # Reading it is half of the work when only code has changed.
        wanted = self._template if text == self._text else template.read(self.root)
        built = self._code.build(wanted)
        if not built and wanted == self._template:
            return
        before = self._found.stack.physical_ids
        with change_set.at_rest(self._found, built):
            packaged = self._code.packaged(wanted, built)
            change_set.update(self._found, packaged, self._values(), bucket(packaged))
        self._code.deployed(built)
        self._found.forget()
        after = self._found.stack.physical_ids
        removed = {name: each for name, each in before.items() if name not in after}
        change_set.delete_retained(self._found, removed)
        self._lacking = self._updated()
        # Last, so that the next save repeats a step that failed.
        self._text, self._template = text, wanted

    def _contents(self) -> dict[str, str]:
        """What each plugin and each other watched file holds, by its name."""
        found = {
            _name(self.root, path)
            for each in self.paths
            for path in [each, *each.rglob("*")]
            if path.is_file() and not path.name.startswith(".") and path.suffix != ".pyc"
        }
        return {name: digest(self.root, [self.root / name]) for name in found}


def _failed(name: str, text: str) -> Outcome:
    line = re.search(r"\bline (\d+)", text)
    return Outcome(name, text, ok=False, line=int(line[1]) if line else None)


def _name(root: Path, path: Path) -> str:
    """The name of a file for people; of one in a plugin's package, the package's."""
    parts = path.relative_to(root).parts
    return "/".join(parts[:2] if parts[0] in PLUGINS else parts)
