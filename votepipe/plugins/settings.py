"""The settings of a plugin: declared in a frozen dataclass, read from the environment.

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        webhook_url: Secret = setting("Incoming webhook URL")
        emoji: str = setting("Shown before each message", default="✨")

For the plugin `slack`, `emoji` is the environment variable SLACK_EMOJI, set by the template
parameter `SlackEmoji`. All its secrets are in one secret of Secrets Manager, a JSON object keyed
by setting, whose ARN is in SLACK_SECRET_ARN.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from votepipe.aws import secrets
from votepipe.aws.secrets import Secret
from votepipe.model.errors import SettingsError
from votepipe.plugins.fields import Field, fields

_FLAGS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_EXPECTED = {"integer": "a whole number", "number": "a number", "flag": "'true' or 'false'"}

T = TypeVar("T")


def load(cls: type[T], plugin: str, env: Mapping[str, str]) -> T:
    """Read the settings `cls` of a plugin.

    A secret that was just set counts at once: where something is wrong, it is read again.
    Raises SettingsError that names all that are missing or malformed and where to set them, and
    Temporary when Secrets Manager cannot be asked.
    """
    try:
        return load_once(cls, plugin, env)
    except SettingsError:
        if not secret_changed(cls, plugin, env):
            raise
    return load_once(cls, plugin, env)


def secret_changed(cls: type, plugin: str, env: Mapping[str, str]) -> bool:
    """Whether the plugin's secret was set anew since it was read. Raises Temporary."""
    arn = _secret_arn(fields(cls, plugin), env)
    return bool(arn) and secrets.changed(arn)


def load_once(
    cls: type[T],
    plugin: str,
    env: Mapping[str, str],
    read: Callable[[str], Mapping[str, Any]] | None = None,
) -> T:
    """Read the settings as they are now; `read` gives a secret's values by its ARN."""
    known = fields(cls, plugin)  # type: ignore[arg-type]  # a class is hashable
    arn = _secret_arn(known, env)
    kept = (read or secrets.read)(arn) if arn else {}
    values: dict[str, Any] = {}
    problems: list[tuple[Field, str]] = []
    for field in known:
        found = kept.get(field.name) if field.kind == "secret" else env.get(field.env)
        try:
            value = _read(field, found)
        except ValueError as error:
            problems.append((field, str(error)))
        else:
            if value is not dataclasses.MISSING:
                values[field.name] = value
    if problems:
        raise SettingsError(_complaint(plugin, problems))
    return cls(**values)


def _secret_arn(known: Sequence[Field], env: Mapping[str, str]) -> str:
    """The ARN of the plugin's secret; empty when it has none."""
    return next((env.get(field.env, "") for field in known if field.kind == "secret"), "")


def _read(field: Field, found: Any) -> Any:
    """The value, or MISSING where the default applies; ValueError says what is wrong with it."""
    text = found.strip() if isinstance(found, str) else found
    # A text that has a default can be emptied on purpose; a number cannot.
    can_be_empty = field.kind in ("text", "list") and not field.default_in_code
    if text is None or (text == "" and (field.required or not can_be_empty)):
        if field.required:
            raise ValueError("has no value")
        return dataclasses.MISSING
    if not isinstance(text, str):
        raise ValueError("is not a text")
    if text and field.pattern and not re.fullmatch(field.pattern, text):
        raise ValueError(f"is not {field.expected}")
    try:
        value = _parse(field, text)
    except (ValueError, KeyError):
        raise ValueError(f"is not {_EXPECTED[field.kind]}") from None
    if field.choices and value not in field.choices:
        raise ValueError(f"is not one of {', '.join(map(repr, field.choices))}")
    return value


def _parse(field: Field, text: str) -> Any:
    match field.kind:
        case "secret":
            return Secret(text)
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "flag":
            return _FLAGS[text.lower()]
        case "list":
            items = [item for item in (part.strip() for part in text.split(",")) if item]
            return items if isinstance(field.default, list) else tuple(items)
        case "text":
            return text


def _complaint(plugin: str, problems: Sequence[tuple[Field, str]]) -> str:
    """All problems, each with its setting's words, then what to do about them."""
    sentences = [f"'{plugin}' cannot run."]
    for field, problem in problems:
        place = f"Secret '{field.name}'" if field.kind == "secret" else field.env
        sentences.append(f"{place} ({field.help}) {problem}.")
    parameters = [f"'{field.parameter}'" for field, _ in problems if field.parameter]
    if parameters:
        noun = "parameter" if len(parameters) == 1 else "parameters"
        sentences.append(f"Set the template {noun} {', '.join(parameters)}.")
    if any(field.kind == "secret" for field, _ in problems):
        sentences.append(f"Run: votepipe secret set {plugin}")
    return " ".join(sentences)
