"""votepipe/clock.py: there is one place to ask for the time."""

import ast
import time
from pathlib import Path

import pytest

from votepipe import clock

SHIPPED = sorted(
    path
    for path in Path("votepipe").rglob("*.py")
    if path.name != "clock.py" and path.parts[1] not in ("dev", "testing")
)
ASKING = {"time.time", "datetime.now", "datetime.utcnow", "datetime.today"}


def test_it_tells_the_time() -> None:
    before = time.time()

    assert before <= clock.now() <= time.time()


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_nothing_else_in_the_library_asks_for_the_time(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]

    asked = ASKING & {ast.unparse(call.func) for call in calls}
    assert not asked, f"{path} calls {', '.join(asked)}. Use clock.now(), which tests can set."
