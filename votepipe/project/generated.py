"""The generated blocks of template.yaml: the lines that `votepipe sync` writes, and all others."""

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from yaml.reader import Reader

SETTINGS = "settings of the sinks"
CONDITIONS = "which sinks are on"
RESOURCES = "resources of the sinks"
BEFORE_THE_PIPE = "what the pipe waits for"
SUBSCRIBERS = "resources of the subscribers"
SUBSCRIBER_RULES = "what subscribers need"
SCHEMAS = "schemas of the events"
OVERVIEW = "what looks at all sinks"
ENRICHER_SETTINGS = "settings of the enrichers"
ENRICHER_VARIABLES = "variables of the enrichers"

# The same words to YAML; libyaml's loader is ten times as fast where it is there.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ID = re.compile(r"^  ([A-Za-z0-9]+):", re.MULTILINE)


class SyncError(Exception):
    """The template cannot be brought in step; the text says what to fix."""


def text(path: Path) -> str:
    """What a file holds, ends of lines and all. Raises SyncError unless it is UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SyncError(f"{path.name} is not UTF-8, line {line}. Save it as UTF-8.") from None


def has(template: str, name: str) -> bool:
    """Whether a block is marked; those of enrichers and subscribers may be missing while empty."""
    return f"# >>> {name}" in template


def inside(template: str, name: str) -> str:
    """The text between the markers of a block."""
    lines, start, end = _marked(template, name)
    return "".join(lines[start + 1 : end])


def replaced(template: str, name: str, text: str) -> str:
    """The template with these lines in a block; every other byte stays as it is."""
    lines, start, end = _marked(template, name)
    newline = "\r\n" if lines[start].endswith("\r\n") else "\n"
    body = [line + newline for line in text.split("\n")] if text else []
    return "".join([*lines[: start + 1], *body, *lines[end:]])


def by_id(text: str) -> dict[str, str]:
    """The text of each parameter or resource in a block, by its logical id."""
    found: dict[str, str] = {}
    current = ""
    for line in text.splitlines(keepends=True):
        start = _ID.match(line)
        if start:
            current = start.group(1)
        if current and line.strip() and not line.startswith("  #"):
            found[current] = found.get(current, "") + line
    return found


def ids(text: str) -> list[str]:
    """The logical ids in a block, each as often as it stands there."""
    return _ID.findall(text)


def outside(template: str) -> set[str]:
    """The logical ids of parameters, conditions and resources outside of the blocks."""
    optional = filter(functools.partial(has, template), (ENRICHER_SETTINGS, SUBSCRIBERS, OVERVIEW))
    for name in (SETTINGS, CONDITIONS, RESOURCES, *optional):
        # Empty lines keep the numbers of the others, for the error below.
        template = replaced(template, name, "\n" * (len(inside(template, name).splitlines()) - 1))
    with yaml_errors(template):
        root = yaml.compose(template, Loader=LOADER)
    return {
        name.value
        for section, body in _members(root)
        if section.value in ("Parameters", "Conditions", "Resources")
        for name, _ in _members(body)
    }


@contextlib.contextmanager
def yaml_errors(template: str) -> Iterator[None]:
    """Raise SyncError, with the line, for a template that is read as YAML inside and is none."""
    if found := Reader.NON_PRINTABLE.search(template):
        line = template.count("\n", 0, found.start()) + 1
        raise SyncError(
            f"template.yaml is not YAML, line {line}: the character U+{ord(found[0]):04X}. "
            "Remove it."
        )
    try:
        yield
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise SyncError(
            f"template.yaml is not YAML, line {at}: {error.problem}. Correct it."
        ) from None


def _members(node: yaml.Node | None) -> Iterable[tuple[yaml.Node, yaml.Node]]:
    return node.value if isinstance(node, yaml.MappingNode) else ()


def _marked(template: str, name: str) -> tuple[list[str], int, int]:
    """The template's lines, and which of them are the markers of a block."""
    lines = template.splitlines(keepends=True)
    starts, ends = (
        # Most lines hold neither: looking for it at all is quicker than stripping them first.
        [at for at, line in enumerate(lines) if mark in line and line.strip().startswith(mark)]
        for mark in (f"# >>> {name}", f"# <<< {name}")
    )
    if len(starts) != 1 or len(ends) != 1 or ends[0] < starts[0]:
        raise SyncError(
            f"template.yaml must hold the lines '# >>> {name}' and '# <<< {name}' once each, "
            "in this order. Put them back."
        )
    return lines, starts[0], ends[0]
