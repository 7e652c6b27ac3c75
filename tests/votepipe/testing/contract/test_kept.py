"""votepipe/testing/contract/kept.py: a sink on a schedule is tried with what others kept."""

from pathlib import Path

import pytest

from votepipe.testing.contract import cases

pytestmark = pytest.mark.slow

COUNTS = '''"""Keep how many there were."""
import os
from votepipe import aws, sink
from votepipe.plugins import Resources

@sink(events=["VoteCast"], resources=Resources(environment={"PLACE": {"Ref": "TallyTable"}}))
def handler(event):
    item = {"tally": {"S": "n"}, "item": {"S": event.vote.vote_id}}
    aws.client("dynamodb").put_item(TableName=os.environ["PLACE"], Item=item)
'''
TELLS = '''"""Tell how many there are."""
import os
from dataclasses import dataclass
from votepipe import Secret, Skip, aws, setting, sink
from votepipe.http import post
from votepipe.plugins import Resources

@dataclass(frozen=True, kw_only=True)
class Settings:
    url: Secret = setting("Where to")

PLACE = Resources(environment={"PLACE": {"Ref": "TallyTable"}})

@sink(schedule="rate(1 day)", settings=Settings, resources=PLACE)
def handler(moment, settings):
    found = aws.client("dynamodb").scan(TableName=os.environ["PLACE"])["Count"]
    if not found:
        raise Skip("None.")
    post(settings.url.reveal(), json={"text": f"{found}"})
'''


def test_a_sink_on_a_schedule_tells_of_what_the_sink_beside_it_keeps(tmp_path: Path) -> None:
    folder = tmp_path / "sinks"
    folder.mkdir()
    (folder / "counts.py").write_text(COUNTS)
    (folder / "tells.py").write_text(TELLS)

    results = {case.name: case.run() for case in cases(folder / "tells.py")}

    assert results["the same event again"].happened == "delivered, then skipped"
    assert [result.problems for result in results.values() if result.problems] == []
