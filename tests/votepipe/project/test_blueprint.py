"""votepipe/project/blueprint.py."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from votepipe.emulator.simulation.errors import KitError
from votepipe.project import blueprint

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


@pytest.fixture(scope="module")
def plan(checkout: Checkout) -> blueprint.Blueprint:
    return blueprint.read(checkout({"many": SINK}))


def values(plan: blueprint.Blueprint, **given: Any) -> dict[str, str]:
    return blueprint.values(plan, "http://kit", {"many": given})["many"]


def test_what_is_required_has_a_value_and_addresses_are_the_kit_s(
    plan: blueprint.Blueprint,
) -> None:
    assert values(plan) == {
        "webhook_url": "http://kit/many",
        "api_url": "http://kit/many",
        "token": "many-token",
        "signing": "whsec_1",
        "room": "general",
        "size": "1",
        "kind": "big",
    }


def test_values_that_are_given_go_first(plan: blueprint.Blueprint) -> None:
    found = values(plan, size=5, greeting="hey", spare="s", room=None)

    assert (found["size"], found["greeting"], found["spare"]) == ("5", "hey", "s")
    assert "room" not in found


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (("a", "b"), "a,b"), (1.5, "1.5")])
def test_values_are_written_as_parameters_are(
    plan: blueprint.Blueprint, value: Any, text: str
) -> None:
    assert values(plan, greeting=value)["greeting"] == text


def test_settings_of_an_unknown_plugin_are_refused(plan: blueprint.Blueprint) -> None:
    with pytest.raises(KitError, match="There is no plugin 'none' to give settings to"):
        blueprint.values(plan, "http://kit", {"none": {}})


def test_a_checkout_is_read_once_until_a_file_of_it_changes(checkout: Checkout) -> None:
    root = checkout({"many": SINK})
    first = blueprint.read(root)
    again = blueprint.read(root)
    os.utime(root / "sinks" / "many.py", (1, 1))

    assert again is first
    assert blueprint.read(root) is not first
