"""What the tests of votepipe/dev/patterns share: vectors and the reference matcher."""

import importlib.util
import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))
# The reference reads valid, parsed patterns, and leaves out what has tests of its own.
JUDGED = [v for v in VECTORS if v["expect"] in ("match", "no match") and v.get("reference", True)]


def pytest_generate_tests(metafunc):
    for name, vectors in (("vector", VECTORS), ("judged", JUDGED)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, vectors, ids=[vector["name"] for vector in vectors])


@pytest.fixture(scope="session")
def vectors():
    """The whole table."""
    return VECTORS


@pytest.fixture(scope="session")
def reference_matches():
    """The function of reference.py; tests are no package, so it is loaded by its place."""
    spec = importlib.util.spec_from_file_location("patterns_reference", HERE / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.reference_matches


@pytest.fixture(scope="session")
def as_json():
    """Vectors hold patterns and events parsed, or as text where the text matters."""

    def text(value):
        return value if isinstance(value, str) else json.dumps(value)

    return text
