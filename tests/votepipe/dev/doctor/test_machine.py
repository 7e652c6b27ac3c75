"""votepipe/dev/doctor/machine.py: what is missing is found, each with its remedy."""

from votepipe.dev.doctor import Finding
from votepipe.dev.doctor.machine import look_at_machine


def test_this_machine_and_checkout_are_looked_at() -> None:
    found = list(look_at_machine())

    assert [finding.remedy for finding in found] == [""] * len(found)
    assert [finding.fact for finding in found][1:4] == [
        "make is there.",
        "SAM CLI is there.",
        "MiniStack is there.",
    ]
    assert found[-1] == Finding("template.yaml is in step with sinks/.")
