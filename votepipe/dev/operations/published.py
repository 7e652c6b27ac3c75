"""The contracts that consumers have: of a release, of another git reference, or from files."""

import subprocess
from pathlib import Path

from votepipe.project.contracts import Contract, ContractError, in_folder, is_contract, parsed


def default_reference(root: Path, present: list[Contract]) -> str | None:
    """The last release whose contracts differ from these, else the last one; None before any.

    A commit that carries a tag itself is compared with the release before it.
    """
    tags = _git(root, "tag", "--list", "v*", "--merged", "HEAD", "--sort=-creatordate")
    names = (tags or "").split()
    differing = (each for each in names if published(each, root) != present)
    return next(differing, names[0] if names else None)


def published(reference: str, root: Path) -> list[Contract]:
    """Read them from a file, a folder or a git reference. Raises ContractError."""
    path = Path(reference)
    if path.is_dir():
        return in_folder(path)
    if path.is_file() and is_contract(path.name):
        return [parsed(path.name, path.read_text(encoding="utf-8"))]
    listed = _git(root, "ls-tree", "--name-only", reference, "schemas/")
    if listed is None:
        raise ContractError(
            f"'{reference}' is no folder, no git reference, and no file named as in schemas/. "
            "A reference is fetched by: git fetch --tags origin"
        )
    files = [Path(line) for line in listed.splitlines() if is_contract(Path(line).name)]
    found = [parsed(file.name, _git(root, "show", f"{reference}:{file}") or "") for file in files]
    return sorted(found, key=lambda each: (each.event, each.version))


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails, or is not there."""
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
    except (subprocess.CalledProcessError, FileNotFoundError):
        return None
