"""Whether the contracts of a checkout keep what the published ones promise."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from votepipe.project.contracts import Contract
from votepipe.project.contracts.comparison import Change, compare


def check(
    published: Sequence[Contract], present: Sequence[Contract], today: date
) -> Mapping[str, list[Change]]:
    """The changes of each file that has any, and what is wrong with those that are new."""
    old = {each.file: each for each in published}
    new = {each.file: each for each in present}
    found = {
        file: [*_removed(old[file], today)]
        if file not in new
        else [*_misnamed(new[file]), *_changed(old.get(file), new[file])]
        for file in sorted({*old, *new})
    }
    return {file: changes for file, changes in found.items() if changes}


def remedy(file: str, since: str, present: Sequence[Contract]) -> str:
    """What to do with a breaking change instead."""
    stem, _, _ = file.partition(".")
    version = 1 + max(each.version for each in present if each.file.startswith(f"{stem}.v"))
    event = "".join(map(str.capitalize, stem.split("-")))
    return (
        f"Consumers of {file} break. Leave it as it is in {since}; write the change into "
        f'schemas/{stem}.v{version}.json, with its own $id, "version": {version} and the type '
        f'"{event}.v{version}". '
        f'"x-sunset": "2027-06-30" in {file} says until when it is sent as well.'
    )


def _changed(old: Contract | None, new: Contract) -> Iterator[Change]:
    if old is None:
        yield Change("", f"is new: {new.type}", breaking=False)
    else:
        yield from compare(old.schema, new.schema)


def _removed(old: Contract, today: date) -> Iterator[Change]:
    if old.sunset is None:
        yield Change("", "was removed, and had no 'x-sunset' by which consumers could prepare")
    else:
        over = old.sunset < today
        yield Change("", f"was removed; it was promised until {old.sunset}", breaking=not over)


def _misnamed(contract: Contract) -> Iterator[Change]:
    """A rule for one version must never match another, so each has a detail-type of its own."""
    version = contract.schema["properties"].get("version", {}).get("const")
    kind = contract.event if contract.version == 1 else contract.id
    stem = re.sub("(?<!^)(?=[A-Z])", "-", contract.event).lower()
    wanted = (f"{stem}.v{contract.version}.json", contract.version, kind)
    if (contract.file, version, contract.type) != wanted:
        yield Change("", "needs the file {!r}, the version {!r} and the type {!r}".format(*wanted))
    if not str(contract.schema.get("$id")).endswith(f"/{contract.file}"):
        yield Change("$id", f"must end with /{contract.file}")
