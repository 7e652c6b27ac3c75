"""How a plugin declares its settings, and what the template and docs/sinks.md make of them."""

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from votepipe.aws.secrets import Secret
from votepipe.model.errors import PluginError

Kind = Literal["text", "integer", "number", "flag", "list", "secret"]

_KINDS: Mapping[Any, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "flag",
    tuple[str, ...]: "list",
    list[str]: "list",
    Secret: "secret",
    Secret | None: "secret",
}
_SUPPORTED = (
    "str, int, float, bool, Literal['…'], tuple[str, ...], list[str], Secret, Secret | None"
)
# Variables of the function itself, which a plugin with an unlucky name must not take.
_TAKEN = frozenset({"QUEUE_URL", "DEAD_LETTERS_URL", "DELIVERIES_TABLE", "MAX_ATTEMPTS"})
_TAKEN_PREFIXES = ("AWS_", "LAMBDA_", "PYTHON", "VOTEPIPE_")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting: `env` is the variable it is read from, `parameter` what sets it in the template.

    A secret has no parameter; its `env` holds the ARN of the plugin's one secret.
    `default` is None where `required`, and may be None elsewhere; `example` is a value as a person
    would write it, which also serves the local stack.
    """

    name: str
    env: str
    parameter: str | None
    kind: Kind
    required: bool
    default: Any
    help: str
    choices: tuple[Any, ...] = ()
    example: str | None = None
    local: str | None = None
    pattern: str = ""
    expected: str = ""
    events: tuple[str, ...] = ()

    @property
    def default_text(self) -> str | None:
        """The default as a template parameter holds it; None when there is none."""
        if self.required or self.default is None:
            return None
        if self.kind == "flag":
            return "true" if self.default else "false"
        return ",".join(self.default) if self.kind == "list" else str(self.default)

    @property
    def default_in_code(self) -> bool:
        """Whether its parameter is empty: CloudFormation reads back '?' for other than ASCII."""
        return not (self.default_text or "").isascii()


def setting(
    text: str,
    *,
    default: Any = dataclasses.MISSING,
    choices: Sequence[Any] = (),
    example: str | None = None,
    parameter: str | None = None,
    local: str | None = None,
    pattern: tuple[str, str] = ("", ""),
    events: Sequence[str] = (),
) -> Any:
    """Declare a setting; `text` says in a few words what it is, to whoever fills it in.

    Without a default it must be set. `choices` are the values allowed. `example` is a value as it
    is written into the template's parameter, for a setting without a default. `parameter` names
    that parameter, where the plugin's and the setting's name would not do. `local` is what the
    local stack sets it to, where neither the default nor the example serves there, with the address
    of its receiver for `{receiver}`. `pattern` is a regular expression for the parameter's text,
    and what it stands for, as in "an address".
    `events` are detail-types that a sink also takes while this setting, a bool, is true.
    """
    metadata = {
        "text": text,
        "choices": tuple(choices),
        "example": example,
        "parameter": parameter,
        "local": local,
        "pattern": pattern,
        "events": tuple(events),
    }
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


# Types written as text are found only while the plugin's module is imported.
@lru_cache(maxsize=256)
def fields(cls: type, plugin: str) -> tuple[Field, ...]:
    """The settings that `cls` declares for the plugin of this name, in their order.

    Raises PluginError when the class is not as it must be.
    """
    if not dataclasses.is_dataclass(cls):
        raise PluginError(f"'{cls.__name__}' is not a dataclass. {_SHAPE}")
    declared = dataclasses.fields(cls)
    frozen = cls.__dataclass_params__.frozen  # type: ignore[attr-defined]  # not in the stubs
    if not frozen or not all(field.kw_only for field in declared):
        raise PluginError(f"'{cls.__name__}' is not frozen with keywords only. {_SHAPE}")
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise PluginError(
            f"'{cls.__name__}' has a type that is not known here: '{error.name}'. Import it."
        ) from None
    return tuple(_field(field, hints[field.name], plugin) for field in declared)


_SHAPE = "Decorate it with @dataclass(frozen=True, kw_only=True)."


def _field(declared: "dataclasses.Field[Any]", hint: Any, plugin: str) -> Field:
    name = declared.name
    if "text" not in declared.metadata:
        raise PluginError(f"Setting '{name}' has no words. Write: {name}: … = setting('…').")
    words = declared.metadata["text"]
    if not isinstance(words, str) or not words.strip():
        raise PluginError(f"Setting '{name}' has no words. Say in setting('…') what it is.")
    kind, choices = _kind(name, hint, declared.metadata["choices"])
    default, required = declared.default, False
    if declared.default_factory is not dataclasses.MISSING:
        default = declared.default_factory()
    elif default is dataclasses.MISSING:
        default, required = None, True
    field = Field(
        name=name,
        env=_variable(plugin, "secret_arn" if kind == "secret" else name),
        parameter=None
        if kind == "secret"
        else declared.metadata["parameter"] or _camel(plugin) + _camel(name),
        kind=kind,
        required=required,
        default=default,
        help=words.strip(),
        choices=choices,
        example=declared.metadata["example"],
        local=declared.metadata["local"],
        pattern=declared.metadata["pattern"][0],
        expected=declared.metadata["pattern"][1],
        events=declared.metadata["events"],
    )
    _check_names(field, plugin)
    if not required:
        _check_default(field, hint)
    return field


def _kind(name: str, hint: Any, choices: tuple[Any, ...]) -> tuple[Kind, tuple[Any, ...]]:
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        hint = type(choices[0])
    kind = _KINDS.get(hint)
    if kind is None:
        raise PluginError(f"Setting '{name}' has a type that is not one of {_SUPPORTED}.")
    if choices and kind not in ("text", "integer", "number"):
        raise PluginError(f"Setting '{name}' has choices. Only texts and numbers can have them.")
    wrong = [choice for choice in choices if not _fits(choice, kind)]
    if wrong:
        raise PluginError(f"Setting '{name}' has choices of another type. Make all of them {kind}.")
    return kind, choices


def _fits(value: Any, kind: Kind) -> bool:
    if kind == "list":
        return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is {"text": str, "integer": int, "flag": bool, "secret": None}[kind]


def _check_names(field: Field, plugin: str) -> None:
    taken = field.env in _TAKEN or field.env.startswith(_TAKEN_PREFIXES)
    if taken or (field.kind != "secret" and field.name == "secret_arn"):
        raise PluginError(
            f"Setting '{field.name}' of '{plugin}' would be read from {field.env}, "
            "which holds something else. Rename it."
        )


def _check_default(field: Field, hint: Any) -> None:
    if field.kind == "secret":
        optional = isinstance(hint, types.UnionType)
        if field.default is not None or not optional:
            raise PluginError(
                f"Secret '{field.name}' has a default. Leave it out, "
                f"or write: {field.name}: Secret | None = setting('…', default=None)."
            )
    elif not _fits(field.default, field.kind):
        raise PluginError(f"The default of setting '{field.name}' is not of its type.")
    elif field.choices and field.default not in field.choices:
        raise PluginError(f"The default of setting '{field.name}' is not one of its choices.")


def _variable(plugin: str, name: str) -> str:
    return f"{plugin}_{name}".upper()


def _camel(name: str) -> str:
    """`webhook_url` as CloudFormation writes it: `WebhookUrl`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
