"""Read one element of a field's list: a plain value, or an operator such as {"prefix": "a"}.

What is refused, and in which words, follows AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeGuard

from votepipe.emulator.patterns import texts
from votepipe.emulator.patterns.addresses import cidr
from votepipe.emulator.patterns.conditions import Condition, Scalar
from votepipe.emulator.patterns.document import InvalidPattern, Members
from votepipe.emulator.patterns.numbers import is_number, millionths, numeric
from votepipe.emulator.patterns.texts import wildcard

__all__ = ["read_condition"]

TextTest = Callable[[str], bool]
ONE_KEY = "Only one key allowed in match expression"
SCALARS = "Match value must be String, number, true, false, or null"
EIC = "equals-ignore-case"


def read_condition(element: object, *, for_pipe: bool) -> Condition:
    """Turn one element of the list into a condition, or refuse it."""
    if isinstance(element, Members):
        return _operator(element, for_pipe)
    if not _is_scalar(element):
        raise InvalidPattern(SCALARS, hint="A list in a list is not allowed; write values.")
    return Condition(shown=_shown(element), exact=True, equals=element)


def _operator(members: Members, for_pipe: bool) -> Condition:
    if not members:
        raise InvalidPattern("Match expression name not found")
    name, value = members[0]
    read = OPERATORS.get(name)
    if read is None:
        raise InvalidPattern(f"Unrecognized match type {name}", hint=_known())
    if for_pipe and (name == "wildcard" or _is_nested_anything_but(name, value)):
        raise _unsupported(name, value)
    condition = read(value)
    if len(members) > 1:
        numeric_rule = name in ("numeric", "anything-but")
        raise InvalidPattern("Too many elements in numeric expression" if numeric_rule else ONE_KEY)
    return condition


def _known() -> str:
    return f"Known are {', '.join(sorted(OPERATORS))}; case counts."


def _is_nested_anything_but(name: str, value: object) -> bool:
    return name == "anything-but" and isinstance(value, Members)


def _unsupported(name: str, value: Any) -> InvalidPattern:
    inner = f" with {value[0][0]}" if name == "anything-but" and value else ""
    return InvalidPattern(
        f"{name}{inner} is not supported in pipe filters",
        hint="It works in the rules of a bus; filter there, or list the values.",
    )


def _exactly(value: object) -> Condition:
    text = _string(value, "exact match pattern must be a string")
    return Condition(shown=_shown(text), exact=True, equals=text)


def _prefix(value: object) -> Condition:
    if isinstance(value, Members):
        text = _ignoring_case(value, "prefix")
        return Condition(shown=f"prefix {_shown(text)} in any case", text=texts.starting(text))
    text = _string(value, "prefix match pattern must be a string")
    return Condition(shown=f"prefix {_shown(text)}", text=_starts(text))


def _suffix(value: object) -> Condition:
    if isinstance(value, Members):
        text = _ignoring_case(value, "suffix")
        return Condition(shown=f"suffix {_shown(text)} in any case", text=texts.ending(text))
    text = _string(value, "suffix match pattern must be a string")
    return Condition(shown=f"suffix {_shown(text)}", text=_ends(text))


def _ignoring_case(members: Members, outer: str) -> str:
    if not members:
        raise InvalidPattern(f"{outer.capitalize()} expression name not found")
    name, value = members[0]
    if name != EIC:
        raise InvalidPattern(f"Unsupported {outer} pattern: {name}", hint=f"Only {EIC} may follow.")
    text = _string(value, f"{EIC} match pattern must be a string")
    if len(members) > 1:
        raise InvalidPattern(ONE_KEY)
    return text


def _equals_ignore_case(value: object) -> Condition:
    text = _string(value, f"{EIC} match pattern must be a string")
    return Condition(shown=f"{_shown(text)} in any case", text=texts.equal(text))


def _wildcard(value: object) -> Condition:
    text = _string(value, "wildcard match pattern must be a string")
    return Condition(shown=f"wildcard {_shown(text)}", text=wildcard(text))


def _cidr(value: object) -> Condition:
    block = _string(value, "prefix match pattern must be a string")  # AWS says prefix here too
    return Condition(shown=f"cidr {block}", text=cidr(block))


def _exists(value: object) -> Condition:
    if not isinstance(value, bool):
        raise InvalidPattern("exists match pattern must be either true or false.")
    if value:
        return Condition(shown="exists", otherwise=True)
    return Condition(shown="does not exist", absent=True)


def _numeric(value: object) -> Condition:
    if not isinstance(value, list) or isinstance(value, Members):
        raise InvalidPattern(
            "Value of numeric must be an array.", hint='Write {"numeric": [">", 0]}.'
        )
    test, shown = numeric(value)
    return Condition(shown=shown, number=test)


def _anything_but(value: object) -> Condition:
    if isinstance(value, Members):
        return _anything_but_operator(value)
    if not isinstance(value, list):
        if not isinstance(value, str) and not is_number(value):
            raise InvalidPattern(
                "Value of anything-but must be an array or single string/number value."
            )
        value = [value]
    for element in value:
        if not isinstance(element, str) and not is_number(element):
            raise InvalidPattern(
                "Inside anything but list, start|null|boolean is not supported.",
                hint="List only strings, or only numbers.",
            )
    shown = f"anything but {', '.join(map(_shown, value))}"
    strings = frozenset(element for element in value if isinstance(element, str))
    if len(strings) and not any(is_number(element) for element in value):
        return Condition(shown=shown, text=lambda text: text not in strings, otherwise=True)
    if strings or not value:
        raise InvalidPattern(
            "Inside anything but list, either all values are number or string,"
            " mixed type is not supported"
        )
    numbers = frozenset(millionths(element) for element in value if is_number(element))
    return Condition(shown=shown, number=lambda key: key not in numbers, otherwise=True)


def _anything_but_operator(members: Members) -> Condition:
    if not members:
        raise InvalidPattern("Anything-But expression name not found")
    name, value = members[0]
    if name not in NEGATED:
        raise InvalidPattern(
            f"Unsupported anything-but pattern: {name}",
            hint=f"Only {', '.join(NEGATED)} may follow.",
        )
    make, complaint = NEGATED[name]
    if not isinstance(value, Members) and isinstance(value, list):
        texts = [_negated_text(element, name, complaint) for element in value]
    elif isinstance(value, str) or is_number(value):
        texts = [_negated_text(value, name, complaint)]
    else:
        raise InvalidPattern(
            "Value of anything-but must be an array or single string/number value."
        )
    tests = tuple(make(text) for text in texts)
    if len(members) > 1:
        raise InvalidPattern("Too many elements in numeric expression")
    return Condition(
        shown=f"anything but {name} {', '.join(map(_shown, texts))}",
        text=lambda text: not any(test(text) for test in tests),
        otherwise=True,
    )


def _negated_text(value: object, name: str, complaint: str) -> str:
    text = _string(value, complaint)
    if not text and name in ("prefix", "suffix"):
        raise InvalidPattern("Null prefix/suffix not allowed", hint="It would exclude every text.")
    return text


def _starts(prefix: str) -> TextTest:
    return lambda text: text.startswith(prefix)


def _ends(suffix: str) -> TextTest:
    return lambda text: text.endswith(suffix)


def _string(value: object, complaint: str) -> str:
    if not isinstance(value, str):
        raise InvalidPattern(complaint)
    return value


def _is_scalar(value: object) -> TypeGuard[Scalar]:
    return value is None or isinstance(value, (str, bool)) or is_number(value)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


NEGATED: dict[str, tuple[Callable[[str], TextTest], str]] = {
    "prefix": (_starts, "prefix/suffix match pattern must be a string"),
    "suffix": (_ends, "prefix/suffix match pattern must be a string"),
    EIC: (
        texts.equal,
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    ),
    "wildcard": (wildcard, "wildcard match pattern must be a string"),
}
OPERATORS: dict[str, Callable[[object], Condition]] = {
    "anything-but": _anything_but,
    "cidr": _cidr,
    EIC: _equals_ignore_case,
    "exactly": _exactly,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
