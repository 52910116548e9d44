"""``swarmd doctor`` in front of real engines: a good fleet, and one with each fault."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.certificates import Authority
from tests.lab.engines import Fleet
from tests.lab.sshd import EngineSshd, make_key

pytestmark = pytest.mark.fleet


def doctor(hosts: Path, lines: list[str], *options: str) -> tuple[int, list[str]]:
    """Its status, and what it says, each advice after what it is about."""
    hosts.write_text("\n".join(lines))
    command = [sys.executable, "-m", "swarmd", "doctor", "--hosts", str(hosts), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.replace("\n           -> ", " -> ").splitlines()


def test_a_fleet_that_is_well(host: Host, tmp_path: Path) -> None:
    addresses = [engine.address for engine in host.fleet.engines]
    status, lines = doctor(tmp_path / "hosts", addresses)
    assert status == 0
    for engine in host.fleet.engines:
        about = [line for line in lines if engine.address in line]
        assert about[0].startswith(f"ok       {engine.address}: {engine.name}: Docker ")
        assert any("its Docker API is open to the network" in line for line in about)
    assert lines[-1].startswith("no errors, ")


def test_an_engine_behind_ssh(fleet: Fleet, tmp_path: Path) -> None:
    sshd = EngineSshd(fleet.engines[0], tmp_path / "sshd")
    try:
        sshd.start()
        known = ("--ssh-known-hosts", str(sshd.known_hosts), "--ssh-key")
        status, lines = doctor(tmp_path / "hosts", [sshd.url], *known, str(sshd.key))
        assert status == 0
        assert f"ok       {sshd.url}: {fleet.engines[0].name}: Docker " in "".join(lines)
        assert f"open to the network at {fleet.engines[0].address} as well" in "".join(lines)
        stranger = make_key(tmp_path / "stranger")
        status, lines = doctor(tmp_path / "hosts", [sshd.url], *known, str(stranger))
        assert status == 1
        (line,) = [line for line in lines if "sshd takes no key of ours" in line]
        assert "-> add swarmd's public key" in line
    finally:
        sshd.kill()


@pytest.mark.parametrize("host", ["tls"], indirect=True)
def test_each_fault_by_its_name(host: Host, fleet: Fleet, tmp_path: Path) -> None:
    good, other = host.fleet.engines
    plain = fleet.engines[0]
    files = host.fleet.client
    eve = Authority(tmp_path / "eve", "eve-ca").issue("eve")
    assert host.swarmd is not None
    loop = host.swarmd.url.removeprefix("tcp://")
    options = ["--engine-tlsverify", "--engine-tlscacert", str(files.ca)]
    options += ["--engine-tlscert", str(files.cert), "--engine-tlskey", str(files.key)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = f"127.0.0.1:{silent.getsockname()[1]}"
        status, lines = doctor(
            tmp_path / "hosts",
            [
                good.address,
                f"unix://{good.socket}",
                f"{other.address} tlsname=elsewhere",
                f"{plain.address}",
                f"{other.machine.ip}:2377",
                "no-such-host.invalid",
                loop,
                f"{mute} tls=off",
                "10.0.0.1 zone",
            ],
            *options,
        )
    assert status == 1
    said = "\n".join(lines)
    for expected in (
        f"ok       {good.address}: {good.name}: Docker ",
        f"error    unix://{good.socket}: it is the same engine as {good.address} (ID ",
        f'error    {other.address}: its certificate "CN={other.name}-',
        f"its SAN has {other.name}, {other.machine.ip} -> make its certificate anew",
        f"error    {plain.address}: it does not speak TLS",
        f"warning  {plain.address}: its Docker API is open to the network, without TLS",
        f"error    {other.machine.ip}:2377: connection refused -> is dockerd running there",
        "error    no-such-host.invalid:2376: the host name is not known -> check its spelling",
        f"error    {loop}: it is a swarmd, or a classic Swarm, and no engine",
        f"error    {mute}: no answer within 5 s -> is its dockerd stuck?",
        f"error    {tmp_path / 'hosts'}:9: 'zone' is not key=value",
    ):
        assert expected in said, said
    wrong = f"tlscacert={eve.ca} tlscert={eve.cert} tlskey={eve.key}"
    lines = [good.address, f"{other.address} {wrong}"]
    status, lines = doctor(tmp_path / "hosts", lines)
    said = "\n".join(lines)
    assert f"error    {good.address}: HTTP 400: Client sent an HTTP request to an HTTPS" in said
    words = 'which is not our CA, "CN=eve-ca" (SHA-256 '
    assert words in said and ") -> name the CA that signed it" in said.partition(words)[2]
