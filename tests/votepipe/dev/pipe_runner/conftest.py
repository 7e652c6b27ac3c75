"""The ports, clock and stream that the tests of votepipe/emulator/pipes use, here as well."""

import importlib.util
from pathlib import Path

PLACE = Path(__file__).parents[2] / "emulator" / "pipes" / "conftest.py"

# Tests are no packages, so it is loaded by its path.
spec = importlib.util.spec_from_file_location("pipe_surroundings", PLACE)
surroundings = importlib.util.module_from_spec(spec)
spec.loader.exec_module(surroundings)

stream, world, make = surroundings.stream, surroundings.world, surroundings.make
