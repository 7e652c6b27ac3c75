"""IP addresses: CIDR blocks, and literal addresses that are equal however they are spelled."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from votepipe.emulator.patterns.document import InvalidPattern

__all__ = ["address", "cidr"]

Address = tuple[int, int]
"""Size in bits and value, so that addresses of the two families never compare as equal."""

V4_LIKE = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
V6_LIKE = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
FAMILY = {32: 4, 128: 6}


def address(text: str) -> Address | None:
    """The address a text spells, or None."""
    if V4_LIKE.fullmatch(text):
        octets = [int(octet) for octet in text.split(".")]
        if max(octets) > 255:
            return None
        return 32, int.from_bytes(octets)
    if V6_LIKE.fullmatch(text):
        try:
            parsed = ipaddress.IPv6Address(text)
        except ValueError:
            return None
        mapped = parsed.ipv4_mapped
        return (32, int(mapped)) if mapped else (128, int(parsed))
    return None


def cidr(block: str) -> Callable[[str], bool]:
    """A test for texts that spell an address of the block; refuse what is no block."""
    parts = block.split("/")
    while parts and not parts[-1]:
        parts.pop()  # AWS's split drops empty endings
    if len(parts) != 2:
        raise InvalidPattern("Malformed CIDR, one '/' required", hint="Write it as 10.0.0.0/8.")
    base = address(parts[0])
    mask = _mask(parts[1])
    if base is None:
        looks_right = V4_LIKE.fullmatch(parts[0]) or V6_LIKE.fullmatch(parts[0])
        kind = "Invalid" if looks_right else "Nonstandard"
        raise InvalidPattern(f"{kind} IP address: {parts[0]}")
    bits, number = base
    if mask >= bits:
        raise InvalidPattern(f"IPv{FAMILY[bits]} mask bits must be < {bits}")
    hidden = bits - mask
    block_number = number >> hidden

    def test(text: str) -> bool:
        found = address(text)
        return found is not None and found[0] == bits and found[1] >> hidden == block_number

    return test


def _mask(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    if int(text) < 0:
        raise InvalidPattern("Malformed CIDR, mask bits must not be negative")
    return int(text)
