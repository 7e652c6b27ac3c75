"""votepipe/testing/settings.py."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.simulation.errors import KitError
from votepipe.plugins.fields import Field
from votepipe.project import Project
from votepipe.testing.settings import setting_values

SINK = '''"""A sink with settings of all kinds."""

from dataclasses import dataclass
from typing import Literal

from votepipe import Event, Secret, setting, sink


@dataclass(frozen=True, kw_only=True)
class Settings:
    webhook_url: Secret = setting("Address")
    api_url: str = setting("Address of the API", default="https://api.example.com/")
    token: Secret = setting("Token")
    signing: Secret = setting("Signing secret", example="whsec_1")
    spare: Secret | None = setting("Spare token", default=None)
    room: str = setting("Room", example="general")
    size: int = setting("Size")
    kind: Literal["big", "small"] = setting("Kind")
    greeting: str = setting("Greeting", default="hi")


@sink(events=["VoteCast"], settings=Settings)
def handler(event: Event, settings: Settings) -> None:
    """Do nothing."""
'''

Checkout = Callable[..., Path]
Plugins = Mapping[str, tuple[Field, ...]]


@pytest.fixture(scope="module")
def plugins(checkout: Checkout) -> Plugins:
    return Project.read(checkout({"many": SINK})).settings


def values(plugins: Plugins, fill_secrets: bool = False, **given: Any) -> dict[str, str]:
    found = setting_values(plugins, "http://kit", {"many": given}, fill_secrets=fill_secrets)
    return found["many"]


def test_what_is_required_has_a_value_and_addresses_are_the_kit_s(plugins: Plugins) -> None:
    assert values(plugins, fill_secrets=True) == {
        "webhook_url": "http://kit/many",
        "api_url": "http://kit/many",
        "token": "many-token",
        "signing": "whsec_1",
        "room": "general",
        "size": "1",
        "kind": "big",
    }


def test_secrets_that_are_no_addresses_are_only_those_given(plugins: Plugins) -> None:
    filled = values(plugins, fill_secrets=True)

    assert filled.items() - values(plugins).items() == {
        ("token", "many-token"),
        ("signing", "whsec_1"),
    }
    assert values(plugins, token="t")["token"] == "t"


def test_values_that_are_given_go_first(plugins: Plugins) -> None:
    found = values(plugins, size=5, greeting="hey", spare="s", room=None)

    assert (found["size"], found["greeting"], found["spare"]) == ("5", "hey", "s")
    assert "room" not in found


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (("a", "b"), "a,b"), (1.5, "1.5")])
def test_values_are_written_as_parameters_are(plugins: Plugins, value: Any, text: str) -> None:
    assert values(plugins, greeting=value)["greeting"] == text


def test_settings_of_an_unknown_plugin_are_refused(plugins: Plugins) -> None:
    with pytest.raises(KitError, match="There is no plugin 'none' to give settings to"):
        setting_values(plugins, "http://kit", {"none": {}}, fill_secrets=False)
