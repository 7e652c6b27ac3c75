"""Values for template parameters, checked before anything is deployed.

CloudFormation refuses them after a minute, and `sam` drops unknown names.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any


class ParameterError(Exception):
    """Values that the template does not accept; the text names each and what it accepts."""


def check(given: Mapping[str, str], declared: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ParameterError when `declared`, the template's Parameters, does not accept `given`."""
    problems = [
        problem for name, value in given.items() for problem in _problems(name, value, declared)
    ]
    if problems:
        raise ParameterError(" ".join(problems))


def _problems(name: str, value: str, declared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if name == "Environment":
        yield "'Environment' is 'local' on this machine. Leave it out."
    elif name not in declared:
        near = difflib.get_close_matches(name, declared, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "template.yaml lists them."
        yield f"The template has no parameter '{name}'. {hint}"
    elif not _allowed(value, declared[name]):
        facts = declared[name]
        choices = ", ".join(f"'{choice}'" for choice in facts.get("AllowedValues", ()))
        words = f"Choose one of {choices}." if choices else facts.get("ConstraintDescription", "")
        yield f"'{name}' cannot be '{value}'. {words or facts.get('Description', '')}".strip()


def _allowed(value: str, facts: Mapping[str, Any]) -> bool:
    if "AllowedValues" in facts:
        return value in map(str, facts["AllowedValues"])
    if facts["Type"] == "Number" and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", value):
        return False
    return re.fullmatch(facts.get("AllowedPattern", "(?s).*"), value) is not None
