"""Stream records as no table should hold them: samples in which some places hold something else."""

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLES = [
    record
    for path in sorted((Path(__file__).parents[2] / "events" / "stream").glob("*.json"))
    for record in json.loads(path.read_text(encoding="utf-8"))
]
TYPES = ("S", "N", "B", "M", "L", "SS", "NS", "BS", "BOOL", "NULL", "X")
TEXTS = (
    *("", " ", "0", "-0", "1e400", "NaN", "Infinity", "9" * 50, "undefined", "null", "thumbsup"),
    *("INSERT", "REMOVE", "{}", "[]", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 2000, "\\ud83d"),
    *("\ud83d", "\x00", "\u202e\u2066", "👍" * 300, "x" * 20_000, "<!channel>", "<script>&amp;"),
    *("=HYPERLINK(1)", "a\r\nBcc: b@example.com", "{{ email }}", "2026-02-30T25:61:61Z", "%00"),
)
PLAIN = (None, True, False, 0, -1, 10**400, 2**53 + 1, 0.1, 1e308, math.nan, math.inf, [], {}, "")


def value(source: random.Random, depth: int = 0) -> Any:
    """Any JSON, most of it close to an attribute value of DynamoDB."""
    kind = source.randrange(10 if depth < 4 else 3)
    if kind == 0:
        return source.choice(PLAIN)
    if kind <= 2:
        return {source.choice(TYPES): source.choice(TEXTS)}
    if kind == 3:
        return {source.choice(TYPES): source.choice(PLAIN)}
    if kind == 4:
        return {"S": json.dumps({source.choice(TEXTS): value(source, depth + 1)})}
    if kind <= 6:
        names = source.sample(TEXTS, source.randrange(4))
        return {"M": {name: value(source, depth + 1) for name in names}}
    if kind == 7:
        return {"L": [value(source, depth + 1) for _ in range(source.randrange(3))]}
    if kind == 8:
        return {name: value(source, depth + 1) for name in source.sample(TYPES, 2)}
    return "".join(chr(source.randrange(0x11_0000)) for _ in range(source.randrange(9)))


def record(source: random.Random) -> Any:
    """A sample of which up to four places hold something else, or nothing; or any JSON."""
    if source.randrange(50) == 0:
        return value(source)
    made = json.loads(json.dumps(source.choice(SAMPLES)))
    for _ in range(source.randrange(5)):
        holder = made
        while True:
            name = source.choice(list(holder))
            if not isinstance(holder[name], dict) or not holder[name] or source.randrange(3) == 0:
                break
            holder = holder[name]
        if source.randrange(8):
            holder[name] = value(source)
        elif len(holder) > 1:
            del holder[name]
    return made


@pytest.fixture(scope="session")
def fuzzed() -> Callable[[random.Random], Any]:
    """Make a record from a source of chance."""
    return record
