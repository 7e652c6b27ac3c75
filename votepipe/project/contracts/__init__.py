"""The events that others read, as contracts: one schema for each event and version."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from votepipe.model.errors import VotepipeError
from votepipe.project import Project
from votepipe.project.subscribers import FEED

_FILE = re.compile(r"vote-[a-z-]+\.v([1-9][0-9]*)\.json")


class ContractError(VotepipeError):
    """A schema of an event cannot be read."""


@dataclass(frozen=True)
class Contract:
    """One version of an event, as its file in `schemas/` describes it."""

    file: str
    schema: Mapping[str, Any]
    type: str
    sunset: date | None

    @property
    def version(self) -> int:
        """The version in the file's name."""
        match = _FILE.fullmatch(self.file)
        return int(match[1]) if match else 0

    @property
    def event(self) -> str:
        """The event's name, which all of its versions share."""
        return self.type.partition(".")[0]

    @property
    def id(self) -> str:
        """The event with its version, such as `VoteSettled.v1`."""
        return f"{self.event}.v{self.version}"


def is_contract(file: str) -> bool:
    """Whether a file of `schemas/` describes an event, by its name."""
    return _FILE.fullmatch(file) is not None


def parsed(file: str, text: str) -> Contract:
    """Read the schema of an event. Raises ContractError where it is not one."""
    try:
        schema = json.loads(text)
        sunset = schema.get("x-sunset")
        return Contract(
            file,
            schema,
            str(schema["properties"]["type"]["const"]),
            date.fromisoformat(sunset) if sunset else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        raise ContractError(
            f"{file} does not describe an event: it is JSON with the detail-type in "
            "properties.type.const, and with x-sunset, if any, as a date such as 2027-06-30. "
            "Compare it with the others in schemas/."
        ) from None


def in_folder(folder: Path) -> list[Contract]:
    """The contracts of a folder, by event and version."""
    files = [path for path in folder.iterdir() if is_contract(path.name)]
    found = [parsed(path.name, path.read_text(encoding="utf-8")) for path in files]
    return sorted(found, key=lambda each: (each.event, each.version))


def of_feed(project: Project) -> list[Contract]:
    """The contracts of the events that sinks/feed.py sends to other teams."""
    sent = {event for sink in project.sinks if sink.name == FEED for event in sink.spec.events}
    return [each for each in in_folder(project.root / "schemas") if each.event in sent]


def mapped(schema: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    """A copy of a schema in which `change` replaced each schema, inner ones first."""
    if not isinstance(schema, Mapping):
        return schema
    copy = dict(schema)
    for word in ("properties", "definitions"):
        if word in copy:
            copy[word] = {name: mapped(part, change) for name, part in copy[word].items()}
    for word in ("items", "additionalProperties", "propertyNames"):
        if word in copy:
            copy[word] = mapped(copy[word], change)
    if "allOf" in copy:
        copy["allOf"] = [mapped(part, change) for part in copy["allOf"]]
    return change(copy)
