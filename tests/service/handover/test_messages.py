import pytest

from swarmd.service.handover.messages import (
    PROTOCOL,
    BadMessage,
    Message,
    MessageReader,
    common_protocol,
    encoded,
)

TWO = [Message("hello", {"protocols": [1]}), Message("client", {"ahead": "GET /"}, 1)]


def test_messages_are_found_wherever_the_stream_is_cut() -> None:
    stream = b"".join(map(encoded, TWO))
    for at in range(len(stream) + 1):
        reader = MessageReader()
        assert reader.feed(stream[:at]) + reader.feed(stream[at:]) == TWO


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\2{}",
        b"\0\0\0\4nope",
        encoded(Message("x")).replace(b"{}", b"[]"),
    ],
)
def test_what_is_no_message_is_told(data: bytes) -> None:
    with pytest.raises(BadMessage):
        MessageReader().feed(data)


def test_a_protocol_that_both_speak() -> None:
    assert common_protocol([PROTOCOL, PROTOCOL + 1]) == PROTOCOL
    assert common_protocol([PROTOCOL + 1]) is None
    assert common_protocol(None) is None
