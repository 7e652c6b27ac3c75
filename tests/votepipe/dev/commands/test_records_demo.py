"""votepipe/dev/commands/records.py: the story is printed."""

from click.testing import CliRunner

from votepipe.dev.commands.records import demo
from votepipe.dev.operations import demo as story


def test_it_prints_the_story() -> None:
    result = CliRunner().invoke(demo)

    assert result.exit_code == 0
    assert result.output.splitlines() == "\n".join(story.lines()).splitlines()
