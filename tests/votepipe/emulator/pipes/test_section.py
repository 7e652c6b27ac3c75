"""votepipe/emulator/pipes/section.py: each reader takes its member out, and says what is wrong."""

import pytest

from votepipe.emulator.pipes.section import PipeError, Section


def test_what_was_read_is_not_left():
    section = Section("votes", "", {"Size": "7", "Name": "x"})

    assert (section.number("Size", 1, 0, 9), section.value("Name", 9)) == (7, "x")
    section.nothing_left()


def test_every_member_that_nobody_read_is_named():
    section = Section("votes", "Source", {"B": 1, "A": 2, "C": 3})

    with pytest.raises(PipeError, match=r"'Source\.A', 'Source\.B' is not modelled"):
        section.nothing_left({"C"})


def test_an_absent_number_is_the_default():
    assert Section("votes", "", {}).number("Size", 5, 0, 9) == 5


def test_an_absent_section_is_empty():
    Section("votes", "", {}).section("Source").nothing_left()


def test_a_section_must_be_an_object():
    with pytest.raises(PipeError, match=r"Pipe 'votes': 'Source' must be an object"):
        Section("votes", "", {"Source": []}).section("Source")


def test_an_absent_arn_is_fine_where_it_is_optional():
    section = Section("votes", "", {})

    assert section.arn("Queue", "a queue", "sqs:.*", required=False) is None
    with pytest.raises(PipeError, match="'Queue' must be the ARN of a queue"):
        section.arn("Queue", "a queue", "sqs:.*")
