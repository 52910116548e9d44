from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from swarmd.config import inherited_sockets
from swarmd.config.listen_addresses import check_apart, is_exposed, parse_listen


@pytest.mark.parametrize(
    ("text", "listen", "exposed"),
    [
        ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", False),
        ("tcp://127.9.9.9:2375", "tcp://127.9.9.9:2375", False),
        ("tcp://[::1]:2375", "tcp://[::1]:2375", False),
        ("[::1]:2375", "tcp://[::1]:2375", False),
        ("localhost:2375", "tcp://localhost:2375", False),
        ("tcp://0.0.0.0:2375", "tcp://0.0.0.0:2375", True),
        ("tcp://[::]:2375", "tcp://[::]:2375", True),
        ("10.0.0.1:2375", "tcp://10.0.0.1:2375", True),
        ("cloud.example.com:2375", "tcp://cloud.example.com:2375", True),
        (":2375", "tcp://0.0.0.0:2375", True),
        ("tcp://:2375", "tcp://0.0.0.0:2375", True),
        ("unix:///run/swarmd.sock", "unix:///run/swarmd.sock", False),
        # Twisted's endpoint strings stay as they are.
        ("tcp:2375", "tcp:2375", True),
        ("tcp:2375:interface=127.0.0.1", "tcp:2375:interface=127.0.0.1", False),
        ("tcp:interface=127.0.0.1:port=1", "tcp:interface=127.0.0.1:port=1", False),
        ("tcp:2375:interface=10.0.0.1", "tcp:2375:interface=10.0.0.1", True),
        ("tcp:2375:127.0.0.1", "tcp:2375:127.0.0.1", True),
        ("tcp6:2375", "tcp6:2375", True),
        (r"tcp6:2375:interface=\:\:1", r"tcp6:2375:interface=\:\:1", False),
        (r"tcp:2375:interface=10.0.0.1\:interface=127.0.0.1", None, True),
        ("haproxy:tcp:2375", "haproxy:tcp:2375", True),
        ("haproxy:tcp:2375:interface=127.0.0.1", None, False),
        ("unix:/run/x", "unix:/run/x", True),
        ("unix:/run/x:mode=666", "unix:/run/x:mode=666", True),
        ("unix:/run/x:mode=662", "unix:/run/x:mode=662", True),
        ("unix:/run/x:mode=660", "unix:/run/x:mode=660", False),
        ("unix:/run/x:mode=0600:backlog=5", None, False),
    ],
)
def test_listen(text: str, listen: str | None, exposed: bool) -> None:
    parsed = parse_listen(text, {})
    assert parsed == (listen or text)
    assert is_exposed(parsed, {}) is exposed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("foo://x", "'foo://x': unsupported protocol 'foo'; use tcp, unix or fd"),
        ("unix://run/x", "the path of a socket must be absolute"),
        ("tcp://127.0.0.1", "'127.0.0.1' has no port"),
        ("tcp://127.0.0.1:0", "'0' is not a port"),
        ("127.0.0.1:99999", "'99999' is not a port"),
        ("fd://", "'fd://': systemd has passed on no socket"),
        ("nope", "'nope' is neither host:port nor an endpoint: Unknown endpoint type: 'nope'"),
        ("", "is neither host:port nor an endpoint"),
        ("tcp:x", "'tcp:x' is neither host:port nor an endpoint: invalid literal"),
        ("tcp:1:nope=2", "unexpected keyword argument 'nope'"),
        ("ssl:1:privateKey=/nowhere", "No such file or directory: '/nowhere'"),
        ("systemd:domain=INET:index=0", "neither host:port nor an endpoint"),
    ],
)
def test_what_cannot_be_listened_on(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_listen(text, {})
    assert reason in str(caught.value)


@contextmanager
def inherited(
    family: socket.AddressFamily, address: str | tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """An environment in which systemd has passed on one socket."""
    with socket.socket(family) as listening:
        listening.bind(address)
        monkeypatch.setattr(inherited_sockets, "FIRST", listening.fileno())
        yield {"LISTEN_FDS": "1"}
        assert os.fstat(listening.fileno())


@pytest.mark.parametrize(
    ("address", "exposed"), [(("127.0.0.1", 0), False), (("0.0.0.0", 0), True)]
)
def test_sockets_of_systemd(
    address: tuple[str, int], exposed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inherited(socket.AF_INET, address, monkeypatch) as environ:
        assert parse_listen("fd://", environ) == "fd://"
        assert is_exposed("fd://", environ) is exposed
        assert is_exposed("systemd:domain=INET:index=0", environ) is exposed


def test_a_unix_socket_of_systemd_has_the_mode_that_its_unit_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    path = os.path.join(tmp_path, "socket")
    with inherited(socket.AF_UNIX, path, monkeypatch) as environ:
        assert not is_exposed("fd://", environ)


def test_a_descriptor_that_is_no_socket_counts_as_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inherited_sockets, "FIRST", 9999)
    assert is_exposed("fd://", {"LISTEN_FDS": "1"})


@pytest.mark.parametrize(
    ("host", "metrics", "twice"),
    [
        (["fd://3"], ["fd://4"], ""),
        (["fd://"], [], ""),
        (["fd://"], ["tcp://127.0.0.1:9323"], ""),
        (["fd://"], ["fd://4"], "--metrics-listen fd://4 has a socket that --host fd:// has"),
        (["fd://3", "fd://*"], [], "--host fd://* has a socket that --host fd://3 has"),
        (["fd://3"], ["fd://3"], "--metrics-listen fd://3 is where --host listens"),
    ],
)
def test_no_socket_is_listened_on_twice(host: list[str], metrics: list[str], twice: str) -> None:
    said = ""
    try:
        check_apart(host, metrics, {"LISTEN_FDS": "2"})
    except ValueError as error:
        said = str(error)
    assert said.startswith(twice) and bool(said) is bool(twice)
