"""A checkout as data: plugins, template, what sync writes, what a zip holds; never deployed."""

from pathlib import Path

from votepipe.model.errors import VotepipeError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout that this code is part of."""


class NoCheckout(VotepipeError):
    """There is no checkout to work on."""


def checkout(start: Path | None = None) -> Path:
    """Find the checkout that holds `start`, by default the current folder. Raises NoCheckout."""
    folder = (start or Path.cwd()).resolve()
    for path in (folder, *folder.parents):
        if (path / "template.yaml").is_file() and (path / "sinks").is_dir():
            return path
    raise NoCheckout(
        f"'{folder.name}' is in no checkout: neither it nor a folder above it has both "
        "template.yaml and sinks/. Change to a folder of the checkout."
    )
