"""So that the tests import `app` wherever pytest is called."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
