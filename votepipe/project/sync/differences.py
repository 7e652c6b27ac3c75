"""What `votepipe sync` changed in a template, by sink, and what the next deploy makes of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from votepipe.project import generated

_NAME = re.compile(r"VOTEPIPE_SINK: (\w+)")


@dataclass(frozen=True)
class Written:
    """A sink as a template holds it: the text of each parameter and resource by its logical id."""

    name: str
    id: str
    parameters: Mapping[str, str]
    resources: Mapping[str, str]

    @property
    def entries(self) -> dict[str, str]:
        """Parameters and resources together."""
        return {**self.parameters, **self.resources}

    @property
    def has_secret(self) -> bool:
        """Whether a secret is among them."""
        return f"{self.id}Secret" in self.resources

    @property
    def likeness(self) -> tuple[str, ...]:
        """What a sink keeps when it is renamed: its events and its settings."""
        pattern = re.search("EventPattern: .*", self.resources.get(f"{self.id}Rule", ""))
        settings = sorted(name.removeprefix(self.id) for name in self.parameters)
        return (pattern[0] if pattern else "", str(self.has_secret), *settings)


def written(template: str) -> dict[str, Written]:
    """The sinks that a template holds, by name."""
    parameters = generated.by_id(generated.inside(template, generated.SETTINGS))
    resources = generated.by_id(generated.inside(template, generated.RESOURCES))
    found = {}
    for id_, text in resources.items():
        if named := _NAME.search(text):
            start = id_.removesuffix("Sink")
            name = named[1]
            used = {each for each in parameters if f": !Ref {each}\n" in text.replace("\r", "")}
            used.add(f"{start}Enabled")
            found[name] = Written(
                name,
                start,
                {each: parameters[each] for each in parameters if each in used},
                {each: resources[each] for each in _of(start, resources)},
            )
    return found


def _of(start: str, resources: Mapping[str, str]) -> Iterator[str]:
    """The resources of the sink whose ids begin like this.

    They stand from its rule, or the timer of one on a schedule, to its logs.
    """
    inside = False
    for name in resources:
        inside = inside or name in (f"{start}Rule", f"{start}Timer")
        if inside:
            yield name
        inside = inside and name != f"{start}Logs"


def differences(before: str, after: str) -> Iterator[str]:
    """Say, line by line, what differs between two texts of the template."""
    old, new = written(before), written(after)
    gone = [each for name, each in old.items() if name not in new]
    come = [each for name, each in new.items() if name not in old]
    for each in come:
        yield f"+ sink '{each.name}': {_list(each.entries)}"
    for name in sorted(set(old) & set(new)):
        yield from _changed(old[name].entries, new[name].entries, name)
    for each in gone:
        yield f"- sink '{each.name}': {_list(each.entries)}"
    if len(gone) == len(come) == 1 and gone[0].likeness == come[0].likeness:
        yield _renamed(gone[0], come[0])
    elif gone:
        yield from map(_left, gone)
    yield from _others(before, after)


def _others(before: str, after: str) -> Iterator[str]:
    blocks = (generated.ENRICHER_SETTINGS, generated.SUBSCRIBERS, generated.SCHEMAS)
    for name in (*blocks, generated.OVERVIEW):
        old, new = (
            generated.by_id(generated.inside(text, name)) if generated.has(text, name) else {}
            for text in (before, after)
        )
        yield from _signed(old, new, name)


def _changed(old: Mapping[str, str], new: Mapping[str, str], sink: str) -> Iterator[str]:
    yield from _signed(old, new, f"sink '{sink}'")
    if any(name.endswith("Secret") for name in old if name not in new):
        yield (
            f"  The next deploy takes the secret of '{sink}' out of the stack and keeps it in the "
            "account. Delete it there."
        )


def _signed(old: Mapping[str, str], new: Mapping[str, str], of: str) -> Iterator[str]:
    signs = {
        "+": [name for name in new if name not in old],
        "~": [name for name in new if name in old and new[name] != old[name]],
        "-": [name for name in old if name not in new],
    }
    for sign, names in signs.items():
        if names:
            yield f"{sign} {of}: {_list(names)}"


def _left(sink: Written) -> str:
    secret = " and its secret" if sink.has_secret else ""
    return (
        f"  The next deploy takes '{sink.name}' out of the stack and keeps its two queues{secret} "
        "in the account. Nothing delivers what waits there; SQS keeps it for 14 days. "
        "Delete them once they are not needed."
    )


def _renamed(old: Written, new: Written) -> str:
    fill = f" Then run: votepipe secret set {new.name}" if new.has_secret else ""
    return (
        f"  '{new.name}' replaces '{old.name}': everything of it is made anew.\n{_left(old)}\n"
        f"  Values given to its parameters must be given to the new ones.{fill}"
    )


def _list(names: Mapping[str, str] | list[str]) -> str:
    return ", ".join(names)
