"""The settings of plugins in a test, where the test gives none."""

from collections.abc import Collection, Mapping
from typing import Any

from votepipe.plugins.fields import Field
from votepipe.project import Project
from votepipe.project.names import switch
from votepipe.testing import names


def setting_values(
    plugins: Mapping[str, tuple[Field, ...]],
    receiver: str,
    given: Mapping[str, Mapping[str, Any]],
    *,
    fill_secrets: bool,
) -> dict[str, dict[str, str]]:
    """The values of each plugin's settings that are set, by the plugin's name.

    Addresses of receivers are those of the kit's own server, and what is required has its example,
    unless they are `given`; a given None leaves a setting out. Without `fill_secrets`, secrets that
    are no addresses are only those given. Raises KitError for unknown names.
    """
    found = {}
    for sink, fields in plugins.items():
        own = dict(given.get(sink, {}))
        usual = {field.name: _usual(field, sink, receiver, fill_secrets) for field in fields}
        names.only(usual, own, f"Plugin '{sink}' has no setting '{{}}'.")
        chosen = {**usual, **{name: _text(value) for name, value in own.items()}}
        found[sink] = {name: value for name, value in chosen.items() if value is not None}
    names.only(found, given, "There is no plugin '{}' to give settings to.")
    return found


def template_parameters(
    project: Project, values: Mapping[str, Mapping[str, str]], on: Collection[str]
) -> dict[str, str]:
    """The values that are parameters of the template, by their names there; `on` names sinks."""
    declared = project.template.get("Parameters", {})
    given = {
        str(field.parameter): values[plugin][field.name]
        for plugin, fields in project.settings.items()
        for field in fields
        if field.name in values[plugin]
    }
    given |= {switch(sink.name): "true" for sink in project.sinks}
    off = {switch(sink.name): "false" for sink in project.sinks if sink.name not in on}
    # What a template lacks cannot be switched off, and is refused by its name.
    return {name: value for name, value in given.items() if name in declared} | off


def secret_values(
    plugins: Mapping[str, tuple[Field, ...]], values: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """The content of each sink's secret, by the variable that holds the secret's ARN."""
    found: dict[str, dict[str, str]] = {}
    for plugin, fields in plugins.items():
        for field in fields:
            if field.kind == "secret":
                secret = found.setdefault(field.env, {})
                if field.name in values[plugin]:
                    secret[field.name] = values[plugin][field.name]
    return found


def _usual(field: Field, sink: str, receiver: str, fill_secrets: bool) -> str | None:
    """The value of a setting in a test; None where its default serves, or it stays missing."""
    if is_address(field):
        return f"{receiver}/{sink}"
    if not field.required or (field.kind == "secret" and not fill_secrets):
        return None
    if field.kind == "secret":
        return field.example or f"{sink}-{field.name}"
    if field.choices:
        return field.example or str(field.choices[0])
    return field.example or {"integer": "1", "number": "1", "flag": "true"}.get(
        field.kind, field.name
    )


def is_address(field: Field) -> bool:
    """Whether a setting holds the address of a receiver."""
    known = field.example or field.default
    return field.kind in ("text", "secret") and (
        "url" in field.name.split("_") or (isinstance(known, str) and known.startswith("http"))
    )


def _text(value: Any) -> str | None:
    """A value as a parameter or a secret holds it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
