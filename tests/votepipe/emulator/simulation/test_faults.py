"""votepipe/emulator/simulation/faults.py."""

from votepipe.emulator.simulation.faults import Fault, Faults, PutFault


def test_faults_of_one_thing_follow_each_other() -> None:
    faults = Faults()
    faults.of["Sink"] += [Fault("error", 2, "a"), Fault("throttle", 1, "")]
    found = [faults.next("Sink") for _ in range(4)]

    assert [fault and fault.kind for fault in found] == ["error", "error", "throttle", None]


def test_others_have_no_faults() -> None:
    faults = Faults()
    faults.of["Sink"].append(Fault("error", 1, "a"))

    assert faults.next("Other") is None


def test_a_bus_refuses_so_many_entries_so_often() -> None:
    faults = Faults()
    faults.puts += [PutFault(1, None), PutFault(2, 3)]

    assert [faults.refused(2), faults.refused(2), faults.refused(9), faults.refused(9)] == [
        2, 2, 3, 0,
    ]  # fmt: skip
