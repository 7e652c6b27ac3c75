"""votepipe/emulator/patterns/addresses.py: addresses and blocks."""

import pytest

from votepipe.emulator.patterns import InvalidPattern
from votepipe.emulator.patterns.addresses import address, cidr


@pytest.mark.parametrize(
    ("one", "other"),
    [("10.0.0.1", "010.0.00.1"), ("::1", "0:0::0001"), ("::ffff:a00:1", "10.0.0.1")],
)
def test_one_address_in_two_spellings(one, other):
    assert address(one) == address(other) != None  # noqa: E711 - one chain says both


@pytest.mark.parametrize(
    "text", ["", ":", "10.0.0", "10.0.0.256", "fe80::1%eth0", "::ffff:10.0.0.1", "a.b.c.d", "10"]
)
def test_no_address(text):
    assert address(text) is None


def test_ends_of_a_block():
    inside = cidr("192.168.4.0/22")

    assert inside("192.168.4.0")
    assert inside("192.168.7.255")
    assert not inside("192.168.3.255")
    assert not inside("192.168.8.0")


@pytest.mark.parametrize("block", ["", "/", "10.0.0.0/", "10.0.0.0/ 8", "10.0.0.0/8.0", "::/129"])
def test_no_block(block):
    with pytest.raises(InvalidPattern, match=r"CIDR|mask bits"):
        cidr(block)
