"""api/pages/vote/visits.py: which visits are readers'."""

import json

import pytest

from api.pages.vote import visits
from api.web import Request

READERS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Edg/140",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Linux; Android 15; CUBOT X90) AppleWebKit/537.36 Chrome/140.0 Mobile",
]


@pytest.mark.parametrize("agent", READERS)
def test_a_browser_is_a_reader(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    visits.note(Request(method="GET", path="/", headers={"user-agent": agent}))

    line = json.loads(capsys.readouterr().out)
    assert (line["kind"], line["PageViews"]) == ("reader", 1)
    assert agent not in str(line)
