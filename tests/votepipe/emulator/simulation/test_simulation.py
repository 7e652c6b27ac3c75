"""votepipe/emulator/simulation/simulation.py: what looks random."""

import re

from votepipe.emulator.simulation.simulation import SeededRandom


def test_the_same_seed_gives_the_same_ids() -> None:
    assert SeededRandom(3).uuid() == SeededRandom(3).uuid() != SeededRandom(4).uuid()


def test_ids_look_like_those_of_aws() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", SeededRandom(0).uuid())
    assert re.fullmatch(r"[0-9a-f]{32}", SeededRandom(0).token())
