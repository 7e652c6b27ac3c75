"""votepipe/plugins/fields.py: what a settings class declares, and what is refused in one."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from votepipe import Secret, setting
from votepipe.model.errors import PluginError
from votepipe.plugins.fields import fields


def declared(**members: Any) -> type:
    """A settings class with these fields, each a (type, setting)."""
    namespace = {"__annotations__": {name: hint for name, (hint, _) in members.items()}}
    namespace |= {name: made for name, (_, made) in members.items()}
    return dataclass(frozen=True, kw_only=True)(type("Settings", (), namespace))


def refusal(cls: type, plugin: str = "slack") -> str:
    with pytest.raises(PluginError) as caught:
        fields(cls, plugin)
    return str(caught.value)


def test_a_setting_has_its_variable_and_its_parameter() -> None:
    (found,) = fields(declared(emoji_up=(str, setting("Shown first", default="👍"))), "my_slack")

    assert (found.name, found.env, found.parameter) == (
        "emoji_up",
        "MY_SLACK_EMOJI_UP",
        "MySlackEmojiUp",
    )
    assert (found.kind, found.help, found.required, found.default) == (
        "text",
        "Shown first",
        False,
        "👍",
    )


def test_a_secret_has_the_variable_of_the_plugins_one_secret() -> None:
    (found,) = fields(declared(webhook_url=(Secret, setting("Incoming webhook URL"))), "slack")

    assert (found.env, found.parameter) == ("SLACK_SECRET_ARN", None)
    assert (found.kind, found.required, found.default_text) == ("secret", True, None)


@pytest.mark.parametrize(
    ("hint", "default", "kind", "text"),
    [
        (str, "", "text", ""),
        (int, 3, "integer", "3"),
        (float, 1, "number", "1"),
        (bool, True, "flag", "true"),
        (bool, False, "flag", "false"),
        (tuple[str, ...], ("a", "b"), "list", "a,b"),
        (list[str], [], "list", ""),
        (Literal["a", "b"], "a", "text", "a"),
        (Secret | None, None, "secret", None),
    ],
)
def test_a_default_has_a_kind_and_a_text(hint: Any, default: Any, kind: str, text: str) -> None:
    (found,) = fields(declared(one=(hint, setting("One", default=default))), "slack")

    assert (found.kind, found.default, found.default_text) == (kind, default, text)


def test_a_literal_is_a_choice() -> None:
    (found,) = fields(declared(style=(Literal["short", "long"], setting("Style"))), "slack")

    assert found.choices == ("short", "long")


def test_types_may_be_written_as_text() -> None:
    (found,) = fields(declared(most=("int", setting("Most"))), "slack")

    assert found.kind == "integer"


def test_a_class_that_is_not_frozen_is_refused() -> None:
    @dataclass(kw_only=True)
    class Settings:
        emoji: str = setting("Shown first")

    assert refusal(Settings) == (
        "'Settings' is not frozen with keywords only. "
        "Decorate it with @dataclass(frozen=True, kw_only=True)."
    )


def test_a_class_with_positions_is_refused() -> None:
    @dataclass(frozen=True)
    class Settings:
        emoji: str = setting("Shown first")

    assert "keywords only" in refusal(Settings)


def test_a_class_that_is_no_dataclass_is_refused() -> None:
    assert refusal(dict).startswith("'dict' is not a dataclass.")


@pytest.mark.parametrize(
    ("hint", "made", "text"),
    [
        (str, field(default=""), "Setting 'one' has no words. Write: one: … = setting('…')."),
        (str, setting(" "), "Setting 'one' has no words. Say in setting('…') what it is."),
        (bytes, setting("One"), "Setting 'one' has a type that is not one of str, int,"),
        (int | None, setting("One", default=None), "Setting 'one' has a type that is not one of"),
        ("Unknown", setting("One"), "'Settings' has a type that is not known here: 'Unknown'."),
        (int, setting("One", default="1"), "The default of setting 'one' is not of its type."),
        (int, setting("One", default=True), "The default of setting 'one' is not of its type."),
        (str, setting("One", default=None), "The default of setting 'one' is not of its type."),
        (
            str,
            setting("One", default="c", choices=["a", "b"]),
            "The default of setting 'one' is not one of its choices.",
        ),
        (str, setting("One", choices=["a", 1]), "Setting 'one' has choices of another type."),
        (bool, setting("One", choices=[True]), "Setting 'one' has choices. Only texts"),
        (Secret, setting("One", default="x"), "Secret 'one' has a default."),
        (Secret, setting("One", default=None), "Secret 'one' has a default."),
        (Secret | None, setting("One", default="x"), "Secret 'one' has a default."),
    ],
)
def test_a_setting_that_cannot_work_is_refused(hint: Any, made: Any, text: str) -> None:
    assert refusal(declared(one=(hint, made))).startswith(text)


@pytest.mark.parametrize(
    ("plugin", "name"),
    [("queue", "url"), ("aws", "region"), ("max", "attempts"), ("slack", "secret_arn")],
)
def test_a_name_that_would_take_another_variable_is_refused(plugin: str, name: str) -> None:
    text = refusal(declared(**{name: (str, setting("One"))}), plugin)

    assert text == (
        f"Setting '{name}' of '{plugin}' would be read from {plugin.upper()}_{name.upper()}, "
        "which holds something else. Rename it."
    )
