"""votepipe/dev/local/subscribers/kits.py: which subscribers get the kit here, and when again."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from votepipe.dev.local import sam
from votepipe.dev.local.subscribers import kits
from votepipe.dev.operations.deployment import LocalSession
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


def test_the_kit_is_deployed_once_and_again_when_it_changed_or_its_bus_is_gone(
    ministack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, deployed = tmp_path / "checkout", []
    shutil.copytree(checkout() / kits.KIT, root / kits.KIT)
    events = LocalSession(ministack.endpoint, "333333333333").client("events")

    def deploy(built: None, folder: Path, env: Any, values: dict[str, str], root: Path) -> bool:
        deployed.append((env["AWS_ACCESS_KEY_ID"], values))
        folder.mkdir(parents=True, exist_ok=True)
        if len(deployed) in (1, 3):
            events.create_event_bus(Name=values["BusName"])
        return True

    def up() -> int:
        kits.deploy(subscriber("analytics"), ministack, tmp_path / "data", root)
        return len(deployed)

    monkeypatch.setattr(sam, "build", lambda *_: None)
    monkeypatch.setattr(sam, "deploy", deploy)

    assert (up(), up()) == (1, 1)
    (root / kits.KIT / "app.py").write_text("# changed")
    assert (up(), up()) == (2, 2)
    events.delete_event_bus(Name="feed")
    assert (up(), up()) == (3, 3)
    values = {"Environment": "local", "PublisherAccount": "000000000000", "BusName": "feed"}
    assert deployed == [("333333333333", values)] * 3
