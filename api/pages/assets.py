"""Stylesheets and scripts, at addresses that change with the content."""

import hashlib
from functools import cache
from pathlib import Path

from api.web import Refused, Response

_FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
# Pages of other origins load the widget.
_ANYONE = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}


def address(name: str) -> str:
    """The address of a file, with its hash, so that browsers may keep it for ever."""
    stem, _, kind = name.rpartition(".")
    return f"/assets/{stem}.{_read(name)[1]}.{kind}"


def serve(asked: str) -> Response:
    """A file by its name, with or without a hash. Raises Refused."""
    stem, _, kind = asked.rpartition(".")
    plain, _, given = stem.rpartition(".")
    name = f"{plain or stem}.{kind}"
    if name not in _names():
        raise Refused(404, "There is no such file.")
    body, known = _read(name)
    # A page from before a deployment has an old hash: it gets the present file.
    keep = "max-age=31536000, immutable" if given == known else "max-age=3600"
    return Response(
        body=body,
        headers={
            "content-type": _KINDS[f".{kind}"],
            "cache-control": f"public, {keep}",
            **_ANYONE,
        },
    )


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in _FOLDER.iterdir() if file.suffix in _KINDS)


@cache
def _read(name: str) -> tuple[str, str]:
    body = (_FOLDER / name).read_text(encoding="utf-8")
    return body, hashlib.sha256(body.encode()).hexdigest()[:12]
