"""Read one object of a pipe's properties with AWS's own limits, and refuse what is left over."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from votepipe.emulator.pipes.paths import compile_value, is_path
from votepipe.model.errors import VotepipeError


class PipeError(VotepipeError):
    """A pipe's definition would be refused by AWS, or holds what is not modelled here."""


class Section:
    """One object of a definition; each reader takes its member out.

    All of them raise PipeError that names the pipe, the member and the rule.
    """

    def __init__(self, pipe: str, place: str, content: Any) -> None:
        self._pipe = pipe
        self._place = place
        if not isinstance(content, Mapping):
            raise PipeError(f"Pipe '{pipe}': '{place}' must be an object. Change the template.")
        self._left = dict(content)

    def take(self, key: str) -> Any:
        """The member as it is; None when absent."""
        return self._left.pop(key, None)

    def section(self, key: str) -> "Section":
        """The object below; an empty one when absent."""
        return Section(self._pipe, self._path(key), self._left.pop(key, {}))

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number; text of one is fine, as parameters are text."""
        try:
            value = int(self._left.pop(key, default))
        except (TypeError, ValueError):
            value = least - 1
        if not least <= value <= most:
            raise self.wrong(key, f"must be a number from {least} to {most}")
        return value

    def choice(self, key: str, *choices: str | None) -> Any:
        """One of the choices; None among them allows its absence."""
        value = self.take(key)
        if value not in choices:
            names = ", ".join(f"'{each}'" for each in choices if each)
            raise self.wrong(key, f"must be one of {names}")
        return value

    def arn(self, key: str, of: str, shape: str, *, required: bool = True) -> Any:
        """An ARN whose part after `arn:partition:` fits the pattern; None when absent."""
        value = self.take(key)
        if value is None and not required:
            return None
        if not isinstance(value, str) or not re.fullmatch(f"arn:[^:]+:{shape}", value):
            raise self.wrong(key, f"must be the ARN of {of}, as nothing else is modelled")
        return value

    def value(self, key: str, most: int) -> str:
        """Text of 1 to `most` characters, or a `$.path`."""
        value = self.take(key)
        if not isinstance(value, str) or not 0 < len(value) <= most:
            raise self.wrong(key, f"must be text of 1 to {most} characters")
        self.check_path(key, value)
        return value

    def check_path(self, key: str, value: Any) -> None:
        """Refuse a malformed path."""
        try:
            compile_value(value)
        except (ValueError, AttributeError):
            raise self.wrong(key, "must be a path such as '$.type', without '*'") from None

    def time(self, key: str) -> str | None:
        """A `$.path`, the only thing a time may be; None when absent."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str) or not is_path(value):
            raise self.wrong(key, "must be a path such as '$.time'")
        self.check_path(key, value)
        return value

    def wrong(self, key: str, rule: str) -> PipeError:
        """The error that says so, to be raised."""
        return PipeError(f"Pipe '{self._pipe}': '{self._path(key)}' {rule}. Change the template.")

    def nothing_left(self, without_effect: Collection[str] = ()) -> None:
        """Refuse unread members."""
        if unknown := sorted(self._left.keys() - set(without_effect)):
            names = ", ".join(f"'{self._path(key)}'" for key in unknown)
            raise PipeError(f"Pipe '{self._pipe}': {names} is not modelled. Remove it.")

    def _path(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key
