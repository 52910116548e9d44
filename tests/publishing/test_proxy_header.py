from swarmd.publishing.proxy_header import proxy_header

CLIENT, OWN = ("192.0.2.7", 50000), ("192.0.2.1", 80)
CLIENT6, OWN6 = ("2001:db8::7", 50000), ("2001:db8::1", 80)
SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


def test_a_line_of_text() -> None:
    assert proxy_header("v1", CLIENT, OWN) == b"PROXY TCP4 192.0.2.7 192.0.2.1 50000 80\r\n"
    line = proxy_header("v1", CLIENT6, OWN6)
    assert line == b"PROXY TCP6 2001:db8::7 2001:db8::1 50000 80\r\n"


def test_binary() -> None:
    told = bytes.fromhex("2111000cc0000207c0000201c3500050")
    assert proxy_header("v2", CLIENT, OWN) == SIGNATURE + told
    six = proxy_header("v2", CLIENT6, OWN6)
    assert six[12:16] == bytes.fromhex("21210024") and len(six) == 16 + 36


def test_two_families_cannot_be_told() -> None:
    assert proxy_header("v1", CLIENT, OWN6) == b"PROXY UNKNOWN\r\n"
    assert proxy_header("v2", CLIENT, OWN6) == SIGNATURE + bytes.fromhex("20000000")


def test_a_zone_is_not_part_of_an_address() -> None:
    assert b"fe80::1 " in proxy_header("v1", ("fe80::1%eth0", 1), OWN6)


def test_nothing_is_said_unasked() -> None:
    assert proxy_header("", CLIENT, OWN) == b""
