"""Tokens of DynamoDB's expressions, and what all kinds of expressions share."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from votepipe.emulator.dynamodb.values import Invalid, Item, Path, Value, checked, found

_TOKEN = re.compile(
    r"\s*(?:(?P<value>:\w+)|(?P<name>#[\w-]+|[A-Za-z_]\w*)|(?P<number>\d+)"
    r"|(?P<sign><>|<=|>=|[=<>()\[\].,+-]))"
)


@dataclass
class Bindings:
    """The names and values that stand behind `#name` and `:value`; `used` are those in use."""

    names: Mapping[str, str]
    values: Mapping[str, Value]
    used: set[str] = field(default_factory=set)

    def name(self, text: str) -> str:
        """The attribute that a word of an expression names."""
        if not text.startswith("#"):
            return text
        if text not in self.names:
            raise Invalid("An expression attribute name used in the document path is not defined; "
                          f"attribute name: {text}")  # fmt: skip
        self.used.add(text)
        return self.names[text]

    def value(self, text: str) -> Value:
        """The value behind a placeholder."""
        if text not in self.values:
            raise Invalid("An expression attribute value used in expression is not defined; "
                          f"attribute value: {text}")  # fmt: skip
        self.used.add(text)
        return self.values[text]

    def check_used(self) -> None:
        """Refuse names and values that no expression used."""
        if len(self.used) == len(self.names) + len(self.values):
            return
        for noun, given in (("Names", self.names), ("Values", self.values)):
            if unused := sorted(set(given) - self.used):
                raise Invalid(f"Value provided in ExpressionAttribute{noun} unused in expressions: "
                              f"keys: {{{', '.join(unused)}}}")  # fmt: skip


def bindings(given: Mapping[str, Any]) -> Bindings:
    """The names and values of a call. Raises Invalid for a value that is not well formed."""
    values = given.get("ExpressionAttributeValues", {})
    for value in values.values():
        checked(value)
    return Bindings(given.get("ExpressionAttributeNames", {}), values)


Operand = Callable[[Item, Bindings], Value | None]
PathReader = Callable[[Bindings], Path]


class Parser:
    """Walks over the tokens of one expression; `kind` is its name in errors."""

    def __init__(self, text: str, kind: str) -> None:
        self.kind = kind
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        place = 0
        text = text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise self.wrong(text[place:].split()[0])
            self._tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()
        if not self._tokens:
            raise Invalid(f"Invalid {kind}: The expression can not be empty;")

    def wrong(self, token: str) -> Invalid:
        """The error for a token out of place."""
        return Invalid(f'Invalid {self.kind}: Syntax error; token: "{token}"')

    @property
    def next(self) -> str:
        """The token in hand, '' after the last."""
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def after_next(self) -> str:
        """The token after the one in hand."""
        return self._tokens[self._at + 1][1] if self._at + 1 < len(self._tokens) else ""

    def take(self, kind: str = "") -> str:
        """The token in hand, which must be of that kind."""
        if self._at >= len(self._tokens):
            raise self.wrong("<EOF>")
        found, text = self._tokens[self._at]
        if kind and found != kind:
            raise self.wrong(text)
        self._at += 1
        return text

    def accept(self, *texts: str) -> bool:
        """Take the token in hand if it is one of these; keywords in any case."""
        if self.next.upper() in texts:
            self._at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Take a token that must be this one."""
        if not self.accept(text):
            raise self.wrong(self.next or "<EOF>")

    def end(self) -> None:
        """Nothing may be left."""
        if self.next:
            raise self.wrong(self.next)

    def path(self) -> PathReader:
        """A document path such as `#a.b[0]`."""
        steps: list[str | int] = [self.take("name")]
        while self.next in (".", "["):
            if self.accept("."):
                steps.append(self.take("name"))
            else:
                self.expect("[")
                steps.append(int(self.take("number")))
                self.expect("]")
        if len(steps) == 1:
            only = str(steps[0])
            return lambda bound: (bound.name(only),)
        return lambda bound: tuple(
            bound.name(step) if isinstance(step, str) else step for step in steps
        )

    def operand(self) -> Operand:
        """A placeholder, or what is at a path."""
        if self.next.startswith(":"):
            placeholder = self.take("value")
            return lambda item, bound: bound.value(placeholder)
        return self.attribute()

    def attribute(self) -> Operand:
        """What is at a path."""
        if self.after_next() not in (".", "["):
            only = self.take("name")
            return lambda item, bound: item.get(bound.name(only))
        path = self.path()
        return lambda item, bound: found(item, path(bound))

    def listed(self, read: Callable[[], Any]) -> list[Any]:
        """One or more of something, with commas between."""
        items = [read()]
        while self.accept(","):
            items.append(read())
        return items
