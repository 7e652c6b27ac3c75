"""Read patterns and events from JSON text or from parsed objects.

The json module keeps one of two equal keys. AWS keeps more: in a pattern a repeated path
replaces the earlier one but repeated objects add up, so patterns are read as lists of members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from votepipe.model.errors import VotepipeError


class InvalidPattern(VotepipeError, ValueError):
    """The pattern would be refused by AWS.

    The text is what AWS answers.
    Where in the pattern the fault is, and what to do, is in `where` and `hint`, and is attached
    as a note, so that the text stays comparable with AWS's and a traceback still shows both.
    """

    def __init__(self, reason: str, where: str = "", hint: str = "") -> None:
        super().__init__(reason, where, hint)
        self.reason = reason
        self.where = where
        self.hint = hint
        advice = " ".join(part for part in (f"At {where}." if where else "", hint) if part)
        if advice:
            self.add_note(advice)

    def __str__(self) -> str:
        return f"Event pattern is not valid. Reason: {self.reason}"


class UnreadableEvent(VotepipeError, ValueError):
    """The event is not a JSON object."""


TOO_DEEP = "nested too deeply"


class Members(list[tuple[str, Any]]):
    """The members of one JSON object of a pattern, in order, repeated keys and all."""


def load_pattern(source: object) -> Members:
    """Turn JSON text or a mapping into members; refuse anything else."""
    try:
        if isinstance(source, (str, bytes, bytearray)):
            source = json.loads(source, object_pairs_hook=Members, parse_constant=_no_constant)
        else:
            source = _members(source)
    except RecursionError:
        raise InvalidPattern(f"Filter is {TOO_DEEP}", hint="Flatten it.") from None
    except ValueError as error:
        where, hint = _place(error)
        raise InvalidPattern(f"Filter is not valid JSON: {_fact(error)}", where, hint) from None
    if not isinstance(source, Members):
        raise InvalidPattern(
            "Filter is not an object", hint='Write an object, such as {"source": ["votepipe"]}.'
        )
    return source


def load_event(source: object) -> Mapping[str, Any]:
    """Turn JSON text into a dict; pass a mapping through."""
    if isinstance(source, (str, bytes, bytearray)):
        try:
            source = json.loads(source, object_pairs_hook=_merged, parse_constant=_no_constant)
        except RecursionError:
            raise UnreadableEvent(f"The event is {TOO_DEEP}. Flatten it.") from None
        except ValueError as error:
            where, hint = _place(error)
            at = f" at {where}" if where else ""
            raise UnreadableEvent(
                f"The event is not valid JSON: {_fact(error)}{at}. {hint}".strip()
            ) from None
    if not isinstance(source, Mapping):
        raise UnreadableEvent(
            f"The event is not a JSON object but {_kind(source)}."
            ' Give an object, such as {"source": "votepipe"}.'
        )
    return source


def _members(value: object) -> Any:
    if isinstance(value, Mapping):
        return Members((str(key), _members(member)) for key, member in value.items())
    if isinstance(value, (list, tuple)):
        return [_members(element) for element in value]
    return value


def _merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep the last of equal keys, but merge objects, so that no nested field is lost."""
    merged = dict(pairs)
    if len(merged) == len(pairs):
        return merged
    merged = {}
    for key, value in pairs:
        earlier = merged.get(key)
        if isinstance(earlier, dict) and isinstance(value, dict):
            merged[key] = _merged([*earlier.items(), *value.items()])
        else:
            merged[key] = value
    return merged


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _fact(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _place(error: ValueError) -> tuple[str, str]:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}", "Check quotes, commas and brackets."
    return "", ""


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else "no JSON")
