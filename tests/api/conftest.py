"""What clients of the front do."""

import hashlib
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest

Solve = Callable[[Mapping[str, Any]], str]


@pytest.fixture(scope="session")
def solve() -> Solve:
    """Find a stamp as docs/votes.md describes it."""

    def solve(required: Mapping[str, Any]) -> str:
        for nonce in count():
            stamp = f"{required['minute']}:{nonce}"
            digest = hashlib.sha256(f"{stamp}:{required['text']}".encode()).digest()
            if int.from_bytes(digest, "big") < 1 << (256 - int(required["work"])):
                return stamp
        raise AssertionError

    return solve
