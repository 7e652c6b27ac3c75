"""votepipe/emulator/simulation/seeded_random.py."""

import re

from votepipe.emulator.simulation.seeded_random import Chance


def test_the_same_seed_gives_the_same_ids() -> None:
    assert Chance(3).uuid() == Chance(3).uuid() != Chance(4).uuid()


def test_ids_look_like_those_of_aws() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", Chance(0).uuid())
    assert re.fullmatch(r"[0-9a-f]{32}", Chance(0).token())
