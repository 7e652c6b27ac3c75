"""votepipe/model/times.py: RFC 3339 in UTC."""

import ast
import time
from pathlib import Path

import pytest

from votepipe.model import times


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-04T10:00:03Z", "2026-01-04T10:00:03Z"),
        ("2026-01-04t10:00:03z", "2026-01-04T10:00:03Z"),
        ("2026-01-04 10:00:03-00:00", "2026-01-04T10:00:03Z"),
        ("2026-01-04T10:00:03.250+01:00", "2026-01-04T09:00:03.25Z"),
        ("2026-01-04T10:00:03.000Z", "2026-01-04T10:00:03Z"),
        ("2026-01-04T10:00:03.123456789Z", "2026-01-04T10:00:03.123456Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)
def test_rfc_3339_becomes_utc(text, utc):
    assert times.utc(text) == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-01-04",
        "2026-01-04T10:00:03",
        "2026-01-04T10:00Z",
        "20260104T100003Z",
        "2026-W01-7T10:00:03Z",
        "2026-02-30T10:00:03Z",
        "2026-01-04T24:00:00Z",
        "2026-01-04T10:00:03+24:00",
        "2026-01-04T10:00:03Z\n",
        "٢٠٢٦-01-04T10:00:03Z",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_what_is_no_date_and_time_on_the_bus(text):
    assert times.utc(text) is None


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        (1767520803, "2026-01-04T10:00:03Z"),
        (1767520803.25, "2026-01-04T10:00:03.25Z"),
        ("2026-01-04T11:00:03+01:00", "2026-01-04T10:00:03Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_a_stream_records_time(value, utc):
    assert times.from_stream(value) == utc


@pytest.mark.parametrize(
    "value", [None, True, [], {}, "1767520803", -1, 1e18, 10**40, float("nan"), float("inf")]
)
def test_what_is_no_time_of_a_stream_record(value):
    assert times.from_stream(value) is None


def test_now_follows_the_librarys_clock(monkeypatch):
    monkeypatch.setattr(times, "now", lambda: 1767520803.5)

    assert times.timestamp() == "2026-01-04T10:00:03.5Z"


SHIPPED = sorted(
    path
    for path in Path("votepipe").rglob("*.py")
    if path.name != "times.py" and path.parts[1] not in ("dev", "emulator", "project", "testing")
)
ASKING = {"time.time", "datetime.now", "datetime.utcnow", "datetime.today"}


def test_it_tells_the_time() -> None:
    before = time.time()

    assert before <= times.now() <= time.time()


def test_nothing_else_in_the_library_asks_for_the_time() -> None:
    asking = [
        f"{path}:{node.lineno} calls {ast.unparse(node.func)}"
        for path in SHIPPED
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKING
    ]

    assert SHIPPED
    assert not asking, f"Use times.now(), which tests can set: {asking}"
