"""votepipe/emulator/http/request.py."""

import pytest

from votepipe.emulator.http.request import Unreadable, take_request

WHOLE = b"POST /chat/a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("length", [0, 10, 40, len(WHOLE) - 1])
def test_a_part_of_a_request_waits_for_the_rest(length: int) -> None:
    buffer = bytearray(WHOLE[:length])

    assert take_request(buffer) is None
    assert buffer == WHOLE[:length]


def test_a_request_is_taken_out_of_the_buffer() -> None:
    buffer = bytearray(WHOLE + b"POST")
    request = take_request(buffer)

    assert request is not None
    assert (request.sink, request.path, request.content) == ("chat", "a?b=1", b"hello")
    assert buffer == b"POST"


@pytest.mark.parametrize(
    "bytes_", [b"hello\r\n\r\n", b"POST /a HTTP/1.1\r\nContent-Length: many\r\n\r\n"]
)
def test_what_cannot_be_read_is_told(bytes_: bytes) -> None:
    with pytest.raises(Unreadable):
        take_request(bytearray(bytes_))


def test_chunks_that_are_not_all_there_wait() -> None:
    start = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"

    assert take_request(bytearray(start)) is None
    request = take_request(bytearray(start + b"0\r\n\r\n"))
    assert request is not None
    assert request.content == b"abc"
