"""votepipe/aws/secrets.py: a secret is seen by nobody who did not ask for it."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from votepipe import Secret

HIDDEN = Secret("swordfish")


@dataclass(frozen=True, kw_only=True)
class Settings:
    key: Secret


@pytest.mark.parametrize(
    "shown",
    [
        str(HIDDEN),
        repr(HIDDEN),
        f"{HIDDEN}",
        f"{HIDDEN:>20}",
        f"{HIDDEN!r}",
        "%s" % HIDDEN,  # noqa: UP031 - each way of printing is tried
        str(Settings(key=HIDDEN)),
        str([HIDDEN]),
    ],
)
def test_it_shows_as_stars(shown: str) -> None:
    assert "***" in shown
    assert "swordfish" not in shown


def test_it_is_revealed_when_asked() -> None:
    assert HIDDEN.reveal() == "swordfish"


@pytest.mark.parametrize(
    "leak",
    [
        pickle.dumps,
        json.dumps,
        copy.copy,
        copy.deepcopy,
        vars,
        lambda secret: asdict(Settings(key=secret)),
    ],
)
def test_it_is_not_written_anywhere_by_accident(leak: Any) -> None:
    with pytest.raises(TypeError) as caught:
        leak(HIDDEN)

    assert "swordfish" not in str(caught.value)
