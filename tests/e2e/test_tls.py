"""Who is let in, who is believed, and what the others are told."""

from __future__ import annotations

import datetime
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.certificates import Authority, Certificate
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engines import Fleet
from tests.lab.http import client_context, connect
from tests.lab.waiting import PATIENCE, eventually

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.parametrize("host", ["tls"], indirect=True),
]


@pytest.fixture
def stranger(tmp_path: Path, host: Host) -> Certificate:
    """A certificate of another authority, with the right one to verify us by."""
    files = Authority(tmp_path / "other", "other-ca").issue("stranger", ("127.0.0.1",))
    assert host.tls is not None
    files.ca.write_bytes(host.tls.ca.read_bytes())
    return files


def address(host: Host) -> tuple[str, int]:
    name, _, port = host.url.removeprefix("tcp://").partition(":")
    return name, int(port)


def test_a_client_of_another_authority_is_not_let_in(host: Host, stranger: Certificate) -> None:
    with pytest.raises(OSError), connect(host.url, stranger) as connection:
        connection.sendall(b"GET /_ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not connection.recv(100)
        raise OSError("closed")


def test_a_client_without_a_certificate_is_not_let_in(host: Host) -> None:
    assert host.tls is not None
    context = ssl.create_default_context(cafile=str(host.tls.ca))
    with (
        socket.create_connection(address(host), PATIENCE) as plain,
        pytest.raises(OSError),
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"GET /_ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not connection.recv(100)
        raise OSError("closed")


def test_the_cli_says_so(host: Host, stranger: Certificate, tmp_path: Path) -> None:
    docker = Docker("/usr/bin/docker", host.url, stranger, tmp_path)
    assert "certificate" in docker.fails("ps")


def test_plain_http_gets_a_readable_answer(host: Host) -> None:
    with connect(host.url) as connection:
        connection.sendall(b"GET /_ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.") and b" 400 " in answer.split(b"\r\n")[0]
    assert b"Client sent an HTTP request to an HTTPS server." in answer


def test_plain_cli_says_so(host: Host, tmp_path: Path) -> None:
    docker = Docker("/usr/bin/docker", host.url, home=tmp_path)
    assert "Client sent an HTTP request to an HTTPS server" in docker.fails("version")


def test_old_tls_is_refused(host: Host) -> None:
    assert host.tls is not None
    context = client_context(host.tls)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(address(host), PATIENCE) as plain, pytest.raises(OSError):
        context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_new_tls_is_spoken(host: Host, version: ssl.TLSVersion) -> None:
    assert host.tls is not None
    context = client_context(host.tls)
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(address(host), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"GET /_ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def _refusals(
    swarmd_for: Callable[..., Swarmd], fleet: Fleet, tls: Certificate | None
) -> list[str]:
    """Why each engine is refused, as ``docker info`` tells it."""
    swarmd = swarmd_for(fleet, healthy=0, engine_tls=tls)

    def reports() -> list[str]:
        errors = [row.get("Error", "") for row in swarmd.nodes().values()]
        return errors if len(errors) == len(fleet.engines) and all(errors) else []

    return eventually(reports)


def test_engines_of_another_authority(
    host: Host, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    mine = Authority(tmp_path / "mine", "my-ca").issue("me")
    for error in _refusals(swarmd_for, host.fleet, mine):
        assert "certificate" in error.lower()


def test_engines_that_do_not_know_us(
    host: Host, swarmd_for: Callable[..., Swarmd], stranger: Certificate
) -> None:
    for error in _refusals(swarmd_for, host.fleet, stranger):
        assert "certificate" in error.lower() or "tls" in error.lower()


def test_plain_towards_tls_engines(host: Host, swarmd_for: Callable[..., Swarmd]) -> None:
    for error in _refusals(swarmd_for, host.fleet, None):
        assert "HTTPS" in error or "TLS" in error


def test_engine_whose_certificate_names_another(
    host: Host, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    """Its address is right, its certificate is of our authority, but for somebody else."""
    error = _refusal_of(host, swarmd_for, ("10.1.2.3", "elsewhere"))
    assert "certificate" in error.lower() and host.fleet.engines[0].machine.ip in error


def test_engine_whose_certificate_has_expired(
    host: Host, swarmd_for: Callable[..., Swarmd]
) -> None:
    ip = host.fleet.engines[0].machine.ip
    assert "expired" in _refusal_of(host, swarmd_for, (ip,), datetime.timedelta(days=-1))


def _refusal_of(
    host: Host,
    swarmd_for: Callable[..., Swarmd],
    names: tuple[str, ...],
    valid: datetime.timedelta = datetime.timedelta(days=1),
) -> str:
    """The first engine shows another certificate for a while."""
    engine, own = host.fleet.engines[0], host.fleet.engines[0].tls
    try:
        engine.stop()
        engine.tls = host.fleet.authority.issue("other", names, valid)
        engine.start()
        swarmd = swarmd_for([engine], healthy=0, engine_tls=host.fleet.client)
        rows = eventually(lambda: [r["Error"] for r in swarmd.nodes().values() if "Error" in r])
        return str(rows[0])
    finally:
        engine.stop()
        engine.tls = own
        engine.start()
