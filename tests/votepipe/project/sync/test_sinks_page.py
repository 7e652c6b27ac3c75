"""votepipe/project/sinks_page.py: what the page says of a sink."""

from pathlib import Path

from votepipe.project.sync import resources
from votepipe.project.sync.sinks_page import page

SINK = '''"""Post each vote to a fax.

A duplicate is a second sheet.
"""

from dataclasses import dataclass

from votepipe import Secret, setting, sink


@dataclass(frozen=True, kw_only=True)
class Settings:
    key: Secret = setting("Key of the line")
    number: str = setting("Number, with + or |", default="1|2")
    sheets: int = setting("Sheets a day")


@sink({options}, settings=Settings)
def handler(event, settings):
    pass
'''


def section(root: Path, options: str) -> str:
    """The section about a sink with these options."""
    (root / "sinks").mkdir()
    (root / "sinks" / "fax.py").write_text(SINK.replace("{options}", options))
    return page(resources(root)).partition("\n## fax\n")[2]


def test_a_sink_for_events(tmp_path: Path) -> None:
    assert (
        section(tmp_path, 'events=["VoteCast", "VoteSettled"]')
        == """
Post each vote to a fax.

A duplicate is a second sheet.

Takes `VoteCast`, `VoteSettled`.

| setting | what it is | default |
|---|---|---|
| `FaxEnabled` | Whether it is on | `true` |
| secret `key` | Key of the line | must be set |
| `FaxNumber` | Number, with + or \\| | `1\\|2` |
| `FaxSheets` | Sheets a day | must be set |
"""
    )


def test_a_sink_on_a_schedule(tmp_path: Path) -> None:
    text = section(tmp_path, 'schedule="rate(1 day)"')

    assert "Runs on the schedule in `FaxSchedule` (`rate(1 day)`), by the time zone" in text
