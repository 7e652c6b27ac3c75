"""votepipe/dev/operations/demo.py: the story goes through the real code, and nothing is sent."""

from votepipe.dev.operations import demo


def test_the_story_ends_in_one_message() -> None:
    lines = list(demo.lines())

    assert any("→ VoteCast" in line for line in lines)
    assert any("→ VoteSettled" in line for line in lines)
    assert len([line for line in lines if line.startswith("  → slack  ")]) == 1
    assert lines[-1].endswith(", 1 message")


def test_it_has_no_log_lines(capsys) -> None:
    list(demo.lines())

    assert capsys.readouterr().out == ""
