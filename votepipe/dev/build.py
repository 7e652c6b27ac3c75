"""Put together what a function's zip holds; `sam build` calls this by the Makefile's build-%.

    python -m votepipe.dev.build SlackSink ARTIFACTS_DIR

Everything in a zip is pure Python, so that one zip runs on every architecture and Python that we
support; pip is told to refuse anything else.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from votepipe.dev import ROOT

CACHE = ROOT / ".votepipe" / "packages"
NEVER_SHIPPED = shutil.ignore_patterns("__pycache__", "requirements.*")


def parts(function: str, root: Path) -> tuple[list[str], list[Path]]:
    """The folders and the requirement files of a function, by its logical id in the template."""
    if not function.endswith("Sink"):
        return ["enrichers", "schemas"], [root / "enrichers" / "requirements.txt"]
    needs = [root / "sinks" / "requirements.txt"]
    for package in sorted((root / "sinks").glob("*/requirements.txt")):
        camel = "".join(word.capitalize() for word in package.parent.name.split("_"))
        if function == f"{camel}Sink":
            needs.append(package)
    return ["sinks"], needs


def packages(requirements: Path, cache: Path = CACHE) -> Path:
    """A folder with these requirements installed; made once for each content of the file."""
    folder = cache / hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    # A compiled file names all that is needed, and may leave out on purpose what is not pure.
    compiled = "--hash=" in requirements.read_text()
    with tempfile.TemporaryDirectory(dir=cache) as made:
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"),
                *("--disable-pip-version-check", "--no-warn-conflicts"),
                *(["--no-deps"] if compiled else []),
                *("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"),
                *(f"--requirement={requirements}", f"--target={made}/packages"),
            ],
            check=True,
        )
        try:
            (Path(made) / "packages").rename(folder)
        except OSError:
            # Functions are built side by side: another build made the same folder first.
            if not folder.exists():
                raise
    return folder


def build(function: str, artifacts: Path, root: Path = ROOT) -> None:
    """Fill `artifacts` with the code of `function`, modification times kept.

    Equal sources give equal zips, so that `sam deploy` sees no change where there is none.
    """
    folders, needs = parts(function, root)
    for requirements in needs:
        shutil.copytree(packages(requirements), artifacts, dirs_exist_ok=True)
    shutil.copytree(
        root / "votepipe",
        artifacts / "votepipe",
        ignore=lambda folder, names: {
            *NEVER_SHIPPED(folder, names),
            *({"dev", "testing"} if Path(folder) == root / "votepipe" else ()),
        },
    )
    for folder in folders:
        shutil.copytree(root / folder, artifacts / folder, ignore=NEVER_SHIPPED)


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
