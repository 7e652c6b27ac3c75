"""What time it is, and times on the wire: RFC 3339 in UTC, a fraction only where there is one."""

import re
import time
from datetime import UTC, datetime

# fromisoformat alone also reads week dates, times without a zone and the 24th hour.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_NUMBERS = (int, float)
_EPOCH = datetime.fromtimestamp(0, UTC)


def now() -> float:
    """The time in seconds since 1970.

    Callers say `times.now()`: whoever runs the library on virtual time replaces it here for all.
    """
    return time.time()


def utc(text: str) -> str | None:
    """Normalise an RFC 3339 text to UTC, ending in Z; digits below a microsecond are cut.

    None when it is no real date from 1970 on: the bus takes no others.
    """
    if not _RFC3339.fullmatch(text):
        return None
    try:
        time = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if time < _EPOCH:
        return None
    as_it_is = text[10] == "T" and text[-1] == "Z" and "." not in text
    return text if as_it_is else _stamp(time)


def from_stream(value: object) -> str | None:
    """Read a stream record's time: seconds since 1970, or text.

    None when it is neither, or outside the years 1970 to 9999.
    """
    if isinstance(value, str):
        return utc(value)
    if isinstance(value, bool) or not isinstance(value, _NUMBERS) or value < 0:
        return None
    try:
        return _stamp(datetime.fromtimestamp(value, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def timestamp() -> str:
    """The time now, as it goes on the wire."""
    return _stamp(datetime.fromtimestamp(now(), UTC))


def _stamp(time: datetime) -> str:
    text = time.isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"
