"""The chapter "Changing the CA" of docs/tls.rst: both CAs have one name, and nothing is cut."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from swarmd.certificates.describe import authority
from tests.e2e.conftest import Host
from tests.e2e.test_certificates import echoes, shown
from tests.lab.certificates import Authority, Certificate
from tests.lab.cli import Docker
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.waiting import eventually

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.parametrize("host", ["tls"], indirect=True),
]
LOCAL = ("127.0.0.1", "localhost")


class Change:
    """Two CAs, and what is put where.

    Attributes:
        door: swarmd's own files, with the list beside the CA.
    """

    def __init__(self, host: Host, folder: Path) -> None:
        self.old, self.new = host.fleet.authority, Authority(folder / "new", "lab-ca")
        self.folder = folder
        own = self.old.issue("door", LOCAL)
        self.door = Certificate(shutil.copytree(own.folder, folder / "door"))
        self.eves = [ca.issue("eve") for ca in (self.old, self.new)]
        self.put("crl.pem", self.old.revoke(self.eves[0]))
        self.new.revoke(self.eves[1])

    def put(self, name: str, *parts: Path) -> None:
        draft = self.door.folder / "draft"
        draft.write_bytes(b"".join(part.read_bytes() for part in parts))
        draft.replace(self.door.folder / name)

    def trusting_both(self, who: Certificate) -> Certificate:
        folder = self.folder / f"both-{len(list(self.folder.glob('both-*')))}"
        both = Certificate(shutil.copytree(who.folder, folder))
        both.ca.write_bytes(b"".join(eve.ca.read_bytes() for eve in self.eves))
        return both


@pytest.fixture
def restarted(host: Host) -> Iterator[Callable[[Engine, Certificate], None]]:
    """Gives an engine other files; all have their own again in the end."""
    before = [(engine, engine.tls) for engine in host.fleet.engines]

    def restart(engine: Engine, tls: Certificate | None) -> None:
        engine.stop()
        engine.tls = tls
        engine.start()

    yield restart
    for engine, own in before:
        if engine.tls is not own:
            restart(engine, own)
    host.fleet.authority.revoke()


def test_the_whole_change(
    host: Host,
    swarmd_for: Callable[..., Swarmd],
    restarted: Callable[[Engine, Certificate], None],
    tmp_path: Path,
) -> None:
    change = Change(host, tmp_path)
    old, new = change.old, change.new
    swarmd = swarmd_for(host.fleet, tls=change.door, engine_tls=change.door)

    def docker_of(who: Certificate) -> Docker:
        return Docker("/usr/bin/docker", swarmd.url, change.trusting_both(who), tmp_path)

    def all_healthy() -> None:
        eventually(lambda: len(swarmd.healthy()) == len(host.fleet.engines))

    alices = [docker_of(ca.issue("alice")) for ca in (old, new)]
    assert alices[0]("ps", "-q").lines == []
    assert "certificate" in alices[1].fails("ps")

    # Both count; engines one after the other, and each is asked on meanwhile.
    change.put("crl.pem", old.crl, new.crl)
    change.put("ca.pem", change.eves[0].ca, change.eves[1].ca)
    eventually(lambda: alices[1]("ps", "-q", status=None).status == 0)
    first, *rest = host.fleet.engines
    restarted(first, change.trusting_both(new.issue("engine", (first.machine.ip,))))
    all_healthy()
    run = ("run", "-i", "--rm", "-e", f"constraint:node=={first.name}", "busybox", "cat")
    with ExitStack() as stack:
        streams = [stack.enter_context(alice.running(*run)) for alice in alices]

        def all_echo(text: str) -> None:
            for stream in streams:
                echoes(stream, text)

        all_echo("side by side")
        for eve, ca in zip(change.eves, (old, new), strict=True):
            assert "certificate" in docker_of(eve).fails("ps")
            said = f'"CN=eve" was revoked by {authority(ca.certificate)}'
            swarmd.wait_for_log(said)
        for engine in rest:
            restarted(engine, change.trusting_both(new.issue("engine", (engine.machine.ip,))))
        all_healthy()
        mine = new.issue("door", LOCAL)
        change.put("cert.pem", mine.cert)
        change.put("key.pem", mine.key)
        eventually(lambda: shown(swarmd, change.door) == mine.load().serial_number)
        all_healthy()
        all_echo("shown anew")
        assert all(alice("ps", "-q").lines for alice in alices)

        # The old one is gone.
        change.put("ca.pem", mine.ca)
        eventually(lambda: alices[0]("ps", status=None).status == 1)
        swarmd.wait_for_log('but by another that is called "CN=lab-ca"')
        change.put("crl.pem", new.crl)
        eventually(lambda: swarmd.info()["Warnings"] is None)
        all_healthy()
        assert alices[1]("ps", "-q").lines
        all_echo("alone")
        for stream in streams:
            stream.end_input()
            assert stream.wait() == 0
