from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.addresses import (
    MOST_ADDRESSES,
    expand_ranges,
    parse_address,
    parse_host_port,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("host", "host:2375"),
        ("host:1", "host:1"),
        ("host:02375", "host:2375"),
        ("my_host-1.example.com:65535", "my_host-1.example.com:65535"),
        ("10.0.0.1", "10.0.0.1:2375"),
        ("tcp://10.0.0.1:2376", "10.0.0.1:2376"),
        ("[::1]", "[::1]:2375"),
        ("tcp://[FD00:0:0::1]:9", "[fd00::1]:9"),
        ("[fe80::1%eth0]:9", "[fe80::1%eth0]:9"),
        ("unix:///run/docker.sock", "unix:///run/docker.sock"),
        ("ssh://10.0.0.1", "ssh://10.0.0.1:22"),
        ("ssh://ops@host:2222", "ssh://ops@host:2222"),
        ("ssh://ops@[::1]", "ssh://ops@[::1]:22"),
        ("ssh://h/run/user/1000/docker.sock", "ssh://h:22/run/user/1000/docker.sock"),
        ("ssh://h/", "ssh://h:22"),
    ],
)
def test_address(text: str, shown: str) -> None:
    address = parse_address(text)
    assert str(address) == shown
    assert parse_address(shown) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is not a host name"),
        ("-x", "'-x' is not a host name"),
        ("a b", "'a b' is not a host name"),
        ("tcp://", "'' is not a host name"),
        ("h:", "'h:': '' is not a port"),
        ("h:0", "'0' is not a port (1 to 65535)"),
        ("h:65536", "'65536' is not a port"),
        ("h:٣", "'٣' is not a port"),
        ("tcp://h:1/", "'1/' is not a port"),
        ("::1", "put an IPv6 address in brackets"),
        ("a:1:b", "'a:1:b' is not host or host:port"),
        ("[::1]x", "is not host or host:port"),
        ("[]:1", "'' is not an IPv6 address"),
        ("[1:20]:1", "'1:20' is not an IPv6 address"),
        ("10.0.0.256", "'10.0.0.256' is not an IPv4 address"),
        ("10.1", "'10.1' is not an IPv4 address"),
        ("http://h:1", "unsupported protocol 'http'; use tcp, unix or ssh"),
        ("unix://run", "the path of a socket must be absolute"),
        ("unix:///a\nb", "the path of a socket must be absolute"),
        ("ssh://a b@h", "'a b' is not a user name"),
        ("ssh://@h", "'' is not a user name"),
        ("ssh://h/a b", "/a b: a socket's path has letters, digits and . _ / - only"),
        ("ssh://h/a;reboot", "/a;reboot: a socket's path has letters"),
    ],
)
def test_not_an_address(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_address(text)
    assert reason in str(caught.value)


def test_default_port_may_be_that_of_tls() -> None:
    assert str(parse_address("host", 2376)) == "host:2376"
    assert str(parse_address("host:2375", 2376)) == "host:2375"
    assert str(parse_address("ssh://host", 2376)) == "ssh://host:22"


@pytest.mark.parametrize(
    "spellings",
    [
        ["host", "HOST:2375", "tcp://Host"],
        ["[::1]", "[0:0::1]:2375"],
        ["unix:///Run/x"],
        ["ssh://ops@Host", "ssh://ops@host:22"],
    ],
)
def test_spellings_of_one_address_share_a_key(spellings: list[str]) -> None:
    assert len({parse_address(text).key for text in spellings}) == 1


def test_paths_and_users_keep_their_capitals() -> None:
    assert parse_address("unix:///Run/x").key != parse_address("unix:///run/x").key
    assert parse_address("ssh://Ops@h").key != parse_address("ssh://ops@h").key


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert parse_address(str(address)) == address
    assert parse_address(address.key).key == address.key


def test_host_port_says_when_there_is_no_port() -> None:
    assert parse_host_port("h", 0) == ("h", 0)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("host:2375", ["host:2375"]),
        ("10.0.0.[1:3]:2375", ["10.0.0.1:2375", "10.0.0.2:2375", "10.0.0.3:2375"]),
        ("h:[2375:2376]", ["h:2375", "h:2376"]),
        ("h[08:11]", ["h08", "h09", "h10", "h11"]),
        ("h[8:11]", ["h8", "h9", "h10", "h11"]),
        ("h[5:5]", ["h5"]),
        ("r[1:2]n[01:02]", ["r1n01", "r1n02", "r2n01", "r2n02"]),
        ("[::1]:2375", ["[::1]:2375"]),
        ("[fd00::[1:2]]:1", ["[fd00::1]:1", "[fd00::2]:1"]),
        ("h[a:b]", ["h[a:b]"]),
        ("{}[1:2]", ["{}1", "{}2"]),
    ],
)
def test_ranges(text: str, expanded: list[str]) -> None:
    assert expand_ranges(text) == expanded


@pytest.mark.parametrize(
    "text", ["h[1:10001]", "h[0:999999999]", "[1:1000].[1:1000]", "[1:101][1:100]"]
)
def test_ranges_are_bounded(text: str) -> None:
    with pytest.raises(ValueError, match=f"more than {MOST_ADDRESSES} addresses"):
        expand_ranges(text)


def test_the_largest_range() -> None:
    assert len(expand_ranges("h[1:10000]")) == MOST_ADDRESSES


def test_a_range_that_runs_backwards() -> None:
    with pytest.raises(ValueError, match=r"range \[5:1\] runs backwards"):
        expand_ranges("h[5:1]")
