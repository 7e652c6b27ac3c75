"""The code of a stack's functions: which of it changed, built and uploaded."""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from votepipe.dev.local.sam import digest
from votepipe.dev.operations.deployment import Deployment
from votepipe.project import zips

_FUNCTION = "AWS::Serverless::Function"


@dataclass(frozen=True)
class Built:
    """A function's code: the digest of its sources, and the address of its zip."""

    digest: str
    address: str


class Code:
    """What the functions of a stack run, of the checkout at `root` and its template."""

    def __init__(self, root: Path, found: Deployment, template: Mapping[str, Any]) -> None:
        self._root = root
        self._found = found
        self._digests = {name: self._digest(name) for name in _functions(template)}

    def build(self, template: Mapping[str, Any]) -> dict[str, Built]:
        """Build and upload the functions of a template whose sources differ from what runs."""
        now = {name: self._digest(name) for name in _functions(template)}
        return {
            name: Built(digest, self._upload(name))
            for name, digest in now.items()
            if digest != self._digests.get(name)
        }

    def packaged(self, template: Mapping[str, Any], built: Mapping[str, Built]) -> dict[str, Any]:
        """The template with the address of each function's code, as `sam package` leaves it."""
        code = self._addresses | {name: each.address for name, each in built.items()}
        resources = {
            name: {**each, "Properties": {**each["Properties"], "CodeUri": code[name]}}
            if name in code
            else each
            for name, each in template["Resources"].items()
        }
        return {**template, "Resources": resources}

    def deployed(self, built: Mapping[str, Built]) -> None:
        """Note that the stack runs this now."""
        self._digests |= {name: each.digest for name, each in built.items()}
        self._addresses.update({name: each.address for name, each in built.items()})

    @cached_property
    def _addresses(self) -> dict[str, str]:
        """Where the code of each function is that `sam` deployed."""
        written = self._found.stack.written
        return {
            name: written["Resources"][name]["Properties"]["CodeUri"]
            for name in _functions(written)
        }

    def _digest(self, function: str) -> str:
        try:
            sources, needs = zips.parts(function, self._root)
        except zips.BuildError as error:
            return str(error)  # which building it raises again
        return digest(self._root, [*sources, *needs])

    def _upload(self, function: str) -> str:
        with tempfile.TemporaryDirectory() as made:
            zips.build(function, Path(made), self._root)
            content = _zipped(Path(made))
        place = bucket(self._found.stack.written)
        return f"s3://{place}/{upload(self._found, place, content)}"


def bucket(template: Mapping[str, Any]) -> str:
    """The bucket that holds the code of a template that is deployed."""
    first = template["Resources"][_functions(template)[0]]
    return str(first["Properties"]["CodeUri"].split("/")[2])


def upload(found: Deployment, bucket: str, content: bytes) -> str:
    """Put a file into a bucket, under the name of what it holds; returns its key."""
    key = hashlib.sha256(content).hexdigest()
    found.session.client("s3").put_object(Bucket=bucket, Key=key, Body=content)
    return key


def _functions(template: Mapping[str, Any]) -> list[str]:
    """The logical ids of the functions in a template that `sam build` builds."""
    return [name for name, each in template["Resources"].items() if each["Type"] == _FUNCTION]


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.rglob("*")):
            made.write(path, path.relative_to(folder))
    return buffer.getvalue()
