"""Put together what a function's zip holds; `sam build` calls this by the Makefile's build-%.

    python -m votepipe.project.zips SlackSink ARTIFACTS_DIR

Everything in a zip is pure Python, so that one zip runs on every architecture and Python that we
support; pip refuses anything else.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from votepipe.project import checkout, schemas
from votepipe.project.names import logical_id
from votepipe.project.plugins import home, modules
from votepipe.project.subscribers import PREFIX, WEBHOOK

CACHE = Path(".votepipe") / "packages"  # below the checkout
NEVER_SHIPPED = shutil.ignore_patterns("__pycache__", "requirements.*", ".*")
NEVER_DEPLOYED = ("emulator", "project", "testing", "dev")
# Noon of 2000-01-01: zips know no time before 1980, nor a time zone.
MODIFIED = 946_728_000


class BuildError(Exception):
    """A function cannot be built; the text says what to do."""


def parts(function: str, root: Path) -> tuple[list[Path], list[Path]]:
    """What a function, named by its logical id in the template, is built of.

    Returns files and folders below `root`, and requirement files.
    A sink gets its own module and those whose name begins with an underscore, which sinks share:
    a change to one sink leaves the others as they are.
    """
    if function == "RecoverFunction":  # boto3 is the runtime's
        return [], []
    if not function.endswith("Sink"):
        widgets = root / "widgets.toml"
        _check(widgets)
        part = root / ("api" if function == "ApiFunction" else "enrichers")
        return [part, *([widgets] if widgets.exists() else [])], [part / "requirements.txt"]
    folder = root / "sinks"
    homes = {f"{logical_id(each.stem)}Sink": each for each in map(home, modules(folder))}
    of_subscriber = function.startswith(logical_id(PREFIX)) and function not in homes
    module = homes.get(f"{logical_id(WEBHOOK)}Sink" if of_subscriber else function)
    if module is None:
        raise BuildError(f"sinks/ has no module for the function '{function}'. Run: votepipe sync")
    own = module / "requirements.txt"
    needs = [folder / "requirements.txt", *([own] if own.exists() else [])]
    return [*sorted(folder.glob("_*.py")), module], needs


def _check(widgets: Path) -> None:
    """Name every mistake in the file now; the function that reads it has no schema."""
    try:
        described = tomllib.loads(widgets.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except ValueError as error:  # its text names the line, and quotes at most a key
        raise BuildError(f"{widgets.name} is not TOML: {error}. Fix that line.") from None
    if problems := schemas.checker("widgets.v1")(described):
        raise BuildError(
            f"{widgets.name} is not as it must be: {'; '.join(sorted(problems))}. "
            "Compare schemas/widgets.v1.json."
        )


def packages(requirements: Path, cache: Path | None = None) -> Path:
    """A folder with these requirements installed; made once for each content of the file."""
    cache = cache or checkout() / CACHE
    folder = cache / hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    # A compiled file names all that is needed, and may leave out on purpose what is not pure.
    compiled = "--hash=" in requirements.read_text()
    with tempfile.TemporaryDirectory(dir=cache) as made:
        target = Path(made) / "packages"
        target.mkdir()
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"),
                *("--disable-pip-version-check", "--no-warn-conflicts"),
                *(["--no-deps"] if compiled else []),
                *("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"),
                *(f"--requirement={requirements}", f"--target={target}"),
            ],
            check=True,
        )
        # Commands of packages: nobody calls them there, and each names this machine's Python.
        shutil.rmtree(target / "bin", ignore_errors=True)
        try:
            target.rename(folder)
        except OSError:
            # Functions are built side by side: another build made the same folder first.
            if not folder.exists():
                raise
    return folder


def build(function: str, artifacts: Path, root: Path) -> None:
    """Fill `artifacts` with the code of `function`.

    Equal sources give equal zips, so that `sam deploy` sees no change where there is none.
    """
    sources, needs = parts(function, root)
    for requirements in needs:
        shutil.copytree(packages(requirements, root / CACHE), artifacts, dirs_exist_ok=True)
    for source in [root / "votepipe", *sources]:
        _copy(source, artifacts / source.relative_to(root), root)
    for path in [artifacts, *artifacts.rglob("*")]:
        os.utime(path, (MODIFIED, MODIFIED))


def _copy(source: Path, to: Path, root: Path) -> None:
    if source.is_file():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
        return

    def left_out(folder: str, names: list[str]) -> set[str]:
        library = Path(folder) == root / "votepipe"
        return {*NEVER_SHIPPED(folder, names), *(NEVER_DEPLOYED if library else ())}

    shutil.copytree(source, to, ignore=left_out)


if __name__ == "__main__":
    try:
        build(sys.argv[1], Path(sys.argv[2]), checkout())
    except BuildError as error:
        sys.exit(f"Error: {error}")
