"""votepipe/dev/local/subscribers/kits.py: which subscribers get the kit here, and where."""

from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local import sam
from votepipe.dev.local.ministack import MiniStack
from votepipe.dev.local.subscribers import kits
from votepipe.dev.operations.deployment import Deployment
from votepipe.project import checkout
from votepipe.project.subscribers import Subscriber


def subscriber(name: str, region: str = "us-east-1", bus: str = "feed") -> Subscriber:
    arn = f"arn:aws:events:{region}:333333333333:event-bus/{bus}"
    return Subscriber(name=name, events=("VoteSettled",), bus=arn)


def test_a_bus_in_another_region_and_a_second_one_in_an_account_are_left_out() -> None:
    said: list[str] = []
    given = [
        Subscriber(name="crm", events=("VoteSettled",), host="crm.example.com"),
        subscriber("abroad", region="eu-central-1"),
        subscriber("first"),
        subscriber("same"),
        subscriber("second", bus="other"),
    ]

    found = [each.name for each in kits.with_a_bus(given, said.append)]

    assert found == ["first", "same"]
    assert said == [
        "  Left out 'abroad': its bus is in eu-central-1, and all here in us-east-1.",
        "  Left out 'second': here, its account has the bus of another subscriber.",
    ]


def test_the_kit_is_deployed_to_the_account_of_the_bus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed = []

    def deploy(found: Deployment, built: str, folder: Path, env: Any, *values: Any) -> None:
        deployed.append((found.name, built, folder.name, env["AWS_ACCESS_KEY_ID"], *values))

    monkeypatch.setattr(sam, "build", lambda folder, env, root: f"built in {folder.name}")
    monkeypatch.setattr(sam, "deploy", deploy)

    found = kits.deploy(subscriber("analytics"), MiniStack(tmp_path), tmp_path, checkout())

    account, kit = "333333333333", checkout() / kits.KIT
    values = {"Environment": "local", "PublisherAccount": "000000000000", "BusName": "feed"}
    assert deployed == [(found.name, f"built in {account}", account, account, values, kit)]
