"""Certificates that change, end, or are revoked while swarmd runs; engines unlike the rest."""

from __future__ import annotations

import datetime
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmd.certificates.describe import authority
from swarmd.cli.keys.certs import run as run_certs
from tests.e2e.conftest import Host
from tests.lab.certificates import Authority, Certificate
from tests.lab.cli import Docker, Running
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Api, client_context
from tests.lab.waiting import PATIENCE, eventually

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.parametrize("host", ["tls"], indirect=True),
]
LOCAL = ("127.0.0.1", "localhost")
Start = Callable[..., Swarmd]


def copied(files: Certificate, folder: Path) -> Certificate:
    """The same, to be changed."""
    shutil.copytree(files.folder, folder)
    return Certificate(folder)


def docker_as(who: Certificate, swarmd: Swarmd, home: Path) -> Docker:
    return Docker("/usr/bin/docker", swarmd.url, who, home)


def shown(swarmd: Swarmd, client: Certificate) -> int:
    """The serial number of the certificate that a new connection sees."""
    context = client_context(client)
    with (
        socket.create_connection(("127.0.0.1", swarmd.port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        found = connection.getpeercert()
        assert found is not None
        return int(str(found["serialNumber"]), 16)


def refused(engine: Engine) -> int:
    """How many connections its clients have broken off over its certificate."""
    return engine.log.read_text().count("TLS handshake error")


def warnings(swarmd: Swarmd) -> str:
    return "\n".join(swarmd.info()["Warnings"] or ())


def echoes(stream: Running, text: str) -> None:
    stream.send(f"{text}\n".encode())
    stream.expect(text)


def test_a_renewed_certificate_is_shown_and_a_bad_one_is_not(
    host: Host, swarmd_for: Start, tmp_path: Path
) -> None:
    fleet, mine = host.fleet, host.fleet.client
    door = copied(fleet.authority.issue("door", LOCAL), tmp_path / "door")
    swarmd = swarmd_for(fleet, tls=door, engine_tls=door)
    swarmd.api = Api(swarmd.url, mine)
    docker = docker_as(mine, swarmd, tmp_path)
    with docker.running("run", "-i", "--rm", "busybox", "cat") as stream:
        echoes(stream, "before")
        renewed = fleet.authority.issue("renewed", LOCAL)
        door.replace_by(renewed)
        eventually(lambda: shown(swarmd, mine) == renewed.load().serial_number)
        echoes(stream, "after a change")
        door.key.write_text("no key")
        eventually(lambda: "key.pem: it holds no PEM private key" in warnings(swarmd))
        assert "what was read before is still used" in docker("info").error
        assert shown(swarmd, mine) == renewed.load().serial_number
        last = fleet.authority.issue("last", LOCAL)
        door.replace_by(last)
        swarmd.reread()
        eventually(lambda: shown(swarmd, mine) == last.load().serial_number)
        assert "still used" not in warnings(swarmd)
        echoes(stream, "after a signal")
        stream.end_input()
        assert stream.wait() == 0
    assert len(swarmd.healthy()) == len(fleet.engines)
    for line in (*renewed.key.read_text().splitlines()[1:-1], "no key\n"):
        assert line not in swarmd.log.read_text() + docker("info").out.decode()


def test_who_is_revoked_goes_and_nobody_else(host: Host, swarmd_for: Start, tmp_path: Path) -> None:
    fleet = host.fleet
    alice, eve = fleet.authority.issue("alice"), fleet.authority.issue("eve")
    crl = fleet.authority.revoke(fleet.authority.issue("nobody"))
    options = ("--tlscrl", str(crl))
    swarmd = swarmd_for(fleet, tls=fleet.client, engine_tls=fleet.client, options=options)
    hers, theirs = docker_as(alice, swarmd, tmp_path), docker_as(eve, swarmd, tmp_path)
    run = ("run", "-i", "--rm", "busybox", "cat")
    with hers.running(*run) as kept, theirs.running(*run) as cut:
        echoes(kept, "hello")
        echoes(cut, "hello")
        fleet.authority.revoke(eve)
        eventually(lambda: cut.process.poll() is not None)
        assert "certificate" in theirs.fails("ps")
        swarmd.wait_for_log('"CN=eve" was revoked by "CN=lab-ca"')
        echoes(kept, "still here")
        assert hers("ps", "-q").lines
    fleet.authority.revoke(valid=datetime.timedelta(seconds=-1))
    eventually(lambda: hers("ps", status=None).status == 1)
    swarmd.wait_for_log("list of revoked ones has expired")
    fleet.authority.revoke()
    eventually(lambda: hers("ps", status=None).status == 0)


def test_the_certificates_that_swarmd_makes(host: Host, swarmd_for: Start, tmp_path: Path) -> None:
    def certs(*words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            run_certs([str(tmp_path / "tls"), *words])
        assert not ended.value.code

    certs("swarmd=cloud,127.0.0.1", "client=alice", "client=eve")
    cloud, alice, eve = (Certificate(tmp_path / "tls" / who) for who in ("cloud", "alice", "eve"))
    swarmd = swarmd_for(host.fleet, tls=cloud, engine_tls=host.fleet.client)
    for who in (alice, eve):
        assert docker_as(who, swarmd, tmp_path)("ps", "-q").lines == []
    # Engines have a CA of their own here, so that users cannot go round swarmd.
    (alice.folder / "ca.pem").write_bytes(host.fleet.client.ca.read_bytes())
    past = Docker("/usr/bin/docker", f"tcp://{host.fleet.engines[0].address}", alice, tmp_path)
    assert "certificate" in past.fails("ps")
    certs("client=alice", "revoke=eve")
    eventually(lambda: docker_as(eve, swarmd, tmp_path)("ps", status=None).status == 1)
    assert docker_as(alice, swarmd, tmp_path)("ps", "-q").lines == []
    (cloud.folder / "crl.pem").unlink()
    swarmd.reread()
    eventually(lambda: "crl.pem: No such file" in docker_as(alice, swarmd, tmp_path)("info").error)
    assert "certificate" in docker_as(eve, swarmd, tmp_path).fails("ps")


def test_an_engine_that_is_revoked_is_not_lost(
    host: Host, swarmd_for: Start, tmp_path: Path
) -> None:
    """Its containers run on, so there must be no second copies of them."""
    fleet = host.fleet
    crl = fleet.authority.revoke()
    options = ("--engine-tlscrl", str(crl), "--reschedule-grace", "1s")
    swarmd = swarmd_for(fleet, engine_tls=fleet.client, options=options)
    engine, other = fleet.engines
    docker = Docker("/usr/bin/docker", swarmd.url, home=tmp_path)
    where = ("-e", f"constraint:node=={engine.name}", "-e", "reschedule:on-node-failure")
    old = docker("run", "-d", "--name", "web", *where, "busybox", "sleep", "600").text

    def node() -> dict[str, Any]:
        found: dict[str, Any] = swarmd.api.get(f"/swarmd/nodes/{engine.name}")
        return found

    eventually(lambda: node()["Reschedulable"] == ["web"])
    assert engine.tls is not None
    fleet.authority.revoke(engine.tls)
    row = eventually(
        lambda: (row := swarmd.nodes()[engine.name])["Status"] == "Unhealthy" and row, 20
    )
    assert 'was revoked by "CN=lab-ca"' in row["Error"]
    assert swarmd.healthy() == [other.name]
    # Each further attempt to connect is one more chance to take it for lost; the grace is 1 s.
    seen, began = refused(engine), time.monotonic()
    eventually(lambda: refused(engine) >= seen + 2 and time.monotonic() > began + 2)
    assert node()["Rescheduling"] == ["web"] and node()["RescheduleHeld"]
    assert (engine.containers(), other.containers()) == ([old], [])
    fleet.authority.revoke()
    eventually(lambda: len(swarmd.healthy()) == 2)
    assert node()["Rescheduling"] == [] and docker("ps", "-q", "--no-trunc").lines == [old]
    docker("rm", "-f", "web")


def test_engines_unlike_the_rest(
    host: Host, fleet: Fleet, swarmd_for: Start, tmp_path: Path
) -> None:
    """One with certificates of its own beside the hosts file, one without TLS, one by options."""
    own, common = (engine.address for engine in host.fleet.engines)
    plain = fleet.engines[0].address
    swarmd = swarmd_for([], healthy=0, engine_tls=Authority(tmp_path / "x", "x").issue("x"))
    copied(host.fleet.client, swarmd.hosts.parent / "own")
    files = "tlscacert=own/ca.pem tlscert=own/cert.pem tlskey=own/key.pem"
    swarmd.list_engines([f"{own} {files}", f"{common} zone=a", f"{plain} tls=off"])
    eventually(lambda: len(swarmd.healthy()) == 2)
    rows = {row["Address"]: row for row in swarmd.nodes().values()}
    assert (rows[own]["Status"], rows[plain]["Status"]) == ("Healthy", "Healthy")
    assert 'not our CA, "CN=x" (SHA-256 ' in rows[common]["Error"]
    assert "tls" not in rows[own]["Labels"]
    (swarmd.hosts.parent / "own" / "key.pem").write_text("")
    eventually(lambda: "own/key.pem: it holds no PEM private key" in warnings(swarmd))
    assert len(swarmd.healthy()) == 2


def test_what_ends_soon_is_told(host: Host, swarmd_for: Start) -> None:
    days = datetime.timedelta(days=1)
    mine = host.fleet.authority.issue("mine", LOCAL, 9.5 * days)
    swarmd = swarmd_for([], healthy=0, tls=mine)
    assert f'TLS certificate {mine.cert}: "CN=mine" expires on 20' in warnings(swarmd)
    assert "(in 9 days)" in warnings(swarmd)
    address = swarmd.url.removeprefix("tcp://")
    above = swarmd_for([address], healthy=0, engine_tls=host.fleet.client)
    warning = eventually(lambda: "the engine's TLS" in (text := warnings(above)) and text)
    assert f"(in 9 days) ({address})" in warning
    assert swarmd.log.read_text().count('"CN=mine" expires on') == 1
    above.wait_for_log(f'certificate of engine {address}: "CN=mine" expires on')


def test_the_cli_with_other_kinds_of_keys_and_an_intermediate_authority(
    host: Host, swarmd_for: Start, tmp_path: Path
) -> None:
    root = Authority(tmp_path, "root", "ed25519")
    below = Authority(tmp_path, "below", "rsa", above=root)
    door = below.issue("door", LOCAL, kind="ed25519")
    swarmd = swarmd_for(host.fleet, tls=door, engine_tls=host.fleet.client)
    for kind in ("rsa", "ed25519"):
        docker = docker_as(below.issue(kind, kind=kind), swarmd, tmp_path)
        assert docker("run", "--rm", "-i", "busybox", "cat", input=b"hello").out == b"hello"


def test_why_a_client_is_not_let_in_is_in_the_log(
    host: Host, swarmd_for: Start, tmp_path: Path
) -> None:
    mine = host.fleet.client
    swarmd = swarmd_for(host.fleet, tls=mine, engine_tls=mine)
    plain = swarmd_for([], healthy=0)
    other = Authority(tmp_path / "other", "other-ca").issue("eve")
    eve = Certificate(tmp_path / "eve")
    shutil.copytree(other.folder, eve.folder)
    eve.ca.write_bytes(mine.ca.read_bytes())
    issue = host.fleet.authority.issue
    old = issue("old", valid=datetime.timedelta(days=-1))
    young = issue("young", since=datetime.timedelta(days=1))
    for who in (eve, old, young, other):
        assert docker_as(who, swarmd, tmp_path).fails("version")
    assert docker_as(mine, plain, tmp_path).fails("version")
    Docker("/usr/bin/docker", swarmd.url, home=tmp_path).fails("version")
    ca = authority(host.fleet.authority.certificate)
    swarmd.wait_for_log(
        f'"CN=eve" is signed by "CN=other-ca", which is not our CA, {ca}',
        'its certificate "CN=old" has expired on ',
        'its certificate "CN=young" is not valid yet, but from ',
        'our certificate "CN=client", issued by "CN=lab-ca", for localhost, 127.0.0.1',
        "it speaks plain HTTP to a port with TLS",
    )
    assert swarmd.log.read_text().count("client 127.0.0.1:") >= 5
    plain.wait_for_log("it speaks TLS to a port without")
