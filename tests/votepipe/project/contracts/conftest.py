"""A checkout as data with two versions of an event, and teams that subscribe."""

import copy
import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from votepipe.project import Project, checkout
from votepipe.project.schemas import FOLDER
from votepipe.project.subscribers import Subscriber


@pytest.fixture
def grown(tmp_path: Path) -> Project:
    """This project with VoteSettled in a second version, and two teams that get the first."""
    shutil.copytree(FOLDER, tmp_path / "schemas")
    old = tmp_path / "schemas" / "vote-settled.v1.json"
    schema = json.loads(old.read_text())
    newer = copy.deepcopy(schema)
    newer["$id"] = schema["$id"].replace(".v1.", ".v2.")
    newer["properties"]["version"]["const"] = 2
    newer["properties"]["type"]["const"] = "VoteSettled.v2"
    newer["examples"] = [
        {**each, "version": 2, "type": "VoteSettled.v2"} for each in schema["examples"]
    ]
    old.write_text(json.dumps(schema | {"x-sunset": "2027-06-30"}))
    old.with_name("vote-settled.v2.json").write_text(json.dumps(newer))
    teams = (
        Subscriber(name="analytics", events=("VoteSettled",), same_account=True),
        Subscriber(name="crm", events=("VoteSettled",), same_account=True, active=False),
    )
    return dataclasses.replace(Project.read(checkout()), root=tmp_path, subscribers=teams)
