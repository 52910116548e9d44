from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from swarmd.files.watch import INTERVAL
from swarmd.tls.reload import DAY, EXPIRY_INTERVAL, TlsReload
from swarmd.tls.trust import TlsFiles, Trust
from tests.lab.certificates import Authority, Certificate


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def node(authority: Authority) -> Certificate:
    return authority.issue("node", ["node"])


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []

    def observe(event: dict[str, Any]) -> None:
        if "log_format" in event:
            lines.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(observe)
    yield lines
    globalLogPublisher.removeObserver(observe)


class Rig:
    """A keyring that runs; ``changes`` are the sets that it read anew."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.offset = time.time()
        self.notes: list[tuple[str, list[str]]] = []
        self.tls_reload = TlsReload(
            self.clock, self.now, note=lambda key, texts: self.notes.append((key, list(texts)))
        )
        self.changes: list[Trust] = []
        self.tls_reload.on_change.append(self.changes.append)
        self.tls_reload.startService()

    def now(self) -> float:
        return self.offset + self.clock.seconds()

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.advance(INTERVAL)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.tls_reload.stopService()
    assert rig.clock.getDelayedCalls() == []


def files(of: Certificate, **other: Any) -> TlsFiles:
    paths = {"ca": str(of.ca), "cert": str(of.cert), "key": str(of.key)}
    return TlsFiles(**{**paths, "verify": True, **other})


def test_a_change_is_read_once_it_has_settled(
    rig: Rig, authority: Authority, node: Certificate, log: list[str]
) -> None:
    server = rig.tls_reload.server(files(node))
    first = server.trust.current
    rig.look(3)
    assert server.trust.current is first
    renewed = authority.issue("renewed", ["node"])
    node.cert.write_bytes(renewed.cert.read_bytes())
    rig.look()  # the key is written a moment later, as renewals do
    node.key.write_bytes(renewed.key.read_bytes())
    rig.look()
    assert server.trust.current is first
    rig.look()
    assert server.trust.current.chain == (renewed.load(),)
    assert rig.changes == [server.trust]
    assert any("were read anew" in line for line in log)
    rig.look(5)
    assert len(rig.changes) == 1


def test_a_file_of_listener_and_engines_is_told_once_and_alone(
    rig: Rig, node: Certificate, log: list[str]
) -> None:
    server = rig.tls_reload.server(files(node))
    client = rig.tls_reload.client(files(node), "node", "10.0.0.1:2376")
    node.cert.write_bytes(node.cert.read_bytes() + b"\n")
    rig.look(3)
    assert set(rig.changes) == {server.trust, client.trust}
    assert [line for line in log if "read anew" in line] == [
        f"TLS files were read anew: {node.cert}"
    ]
    rig.tls_reload.reread()
    assert sum("read anew" in line for line in log) == 1


def test_what_could_not_be_used_at_first_is_told_when_it_can(
    rig: Rig, node: Certificate, log: list[str]
) -> None:
    server = rig.tls_reload.server(files(node))
    good = node.key.read_bytes()
    node.key.write_text("half")
    rig.look(3)
    node.key.write_bytes(good + b"\n")
    rig.look(3)
    assert rig.changes == [server.trust]
    assert [line for line in log if "read anew" in line] == [
        f"TLS files were read anew: {node.key}"
    ]


def test_bad_files_change_nothing_and_are_told_until_they_are_good(
    rig: Rig, node: Certificate, log: list[str]
) -> None:
    server = rig.tls_reload.server(files(node))
    first, key = server.trust.current, node.key.read_bytes()
    node.key.write_text("half")
    rig.look(5)
    assert server.trust.current is first and rig.changes == []
    (notice,) = rig.tls_reload.notices()
    assert notice.startswith(f"cannot use TLS key {node.key}: ")
    assert notice.endswith("; what was read before is still used")
    assert log.count(notice) == 1
    rig.tls_reload.reread()
    assert log.count(notice) == 1
    node.key.write_bytes(key)
    rig.look(2)
    assert rig.tls_reload.notices() == [] and rig.changes == [server.trust]


def test_a_signal_reads_everything_at_once(rig: Rig, node: Certificate) -> None:
    server, client = (
        rig.tls_reload.server(files(node)),
        rig.tls_reload.client(files(node), "node", "10.0.0.1:2376"),
    )
    rig.tls_reload.reread()
    assert set(rig.changes) == {server.trust, client.trust}


def test_engines_with_the_same_files_share_them(rig: Rig, node: Certificate) -> None:
    one = rig.tls_reload.client(files(node), "a", "a:1")
    two = rig.tls_reload.client(files(node, name="b.internal"), "b.internal", "b:1")
    assert one.trust is two.trust


def test_files_of_an_engine_that_come_later(rig: Rig, node: Certificate, log: list[str]) -> None:
    key = node.key.read_bytes()
    node.key.unlink()
    tls = rig.tls_reload.client(files(node), "node", "node:2376")
    with pytest.raises(ValueError, match="No such file"):
        tls.check()
    assert [line for line in log if "key.pem" in line] == rig.tls_reload.notices()
    node.key.write_bytes(key)
    rig.look(2)
    tls.check()


def test_what_nobody_uses_is_not_looked_at(rig: Rig, node: Certificate) -> None:
    tls = rig.tls_reload.client(files(node, ca="/no"), "node", "node:2376")
    assert rig.tls_reload.notices()
    del tls
    assert rig.tls_reload.notices() == []


def test_it_is_said_once_a_day_that_ours_ends(
    rig: Rig, authority: Authority, log: list[str]
) -> None:
    soon = authority.issue("soon", valid=timedelta(days=9, hours=1))
    rig.tls_reload.server(files(soon))
    kept = rig.tls_reload.server(files(soon))
    rig.clock.advance(EXPIRY_INTERVAL)
    said = f'TLS certificate {soon.cert}: "CN=soon" expires on '
    (notice,) = rig.tls_reload.notices()
    assert notice.startswith(said) and notice.endswith("(in 9 days)")
    rig.look(30)
    assert len([line for line in log if line.startswith(said)]) == 1
    rig.clock.advance(DAY)
    assert len([line for line in log if line.startswith(said)]) == 2
    soon.replace_by(authority.issue("renewed"))
    rig.look(2)
    assert rig.tls_reload.notices() == []
    assert kept.trust.current.expiries in [trust.current.expiries for trust in rig.changes]


def test_engines_whose_certificate_ends(rig: Rig, authority: Authority, node: Certificate) -> None:
    tls = rig.tls_reload.client(files(node), "node", "node:2376")
    assert "certificate of engine" not in str(rig.tls_reload.expiring())
    tls.saw(authority.issue("soon", valid=timedelta(days=2, hours=1)).load())
    rig.clock.advance(EXPIRY_INTERVAL)
    ((key, (text,)),) = rig.notes
    assert key == "node:2376"
    assert text.startswith("WARNING: the engine's TLS certificate expires on ")
    assert 'certificate of engine node:2376: "CN=soon"' in str(rig.tls_reload.expiring())
    assert rig.tls_reload.notices() == []
    tls.saw(node.load())
    rig.clock.advance(EXPIRY_INTERVAL)
    assert rig.notes[-1] == ("node:2376", [])
    rig.clock.advance(EXPIRY_INTERVAL)
    assert len(rig.notes) == 2


def test_a_mistake_does_not_end_the_watch(rig: Rig, node: Certificate, log: list[str]) -> None:
    server = rig.tls_reload.server(files(node))
    rig.tls_reload.on_change.append(lambda trust: 1 / 0)  # type: ignore[arg-type, return-value]
    node.cert.write_bytes(node.cert.read_bytes() + b"\n")
    rig.look(2)
    assert log[-1].endswith("could not be followed")
    rig.tls_reload.on_change.pop()
    node.cert.write_bytes(node.cert.read_bytes() + b"\n")
    rig.look(2)
    assert rig.changes[-1] is server.trust


def test_a_list_beside_the_ca_that_comes_and_goes(
    rig: Rig, authority: Authority, node: Certificate, log: list[str]
) -> None:
    """From the moment it is there nobody can get in by taking it away."""
    server = rig.tls_reload.server(files(node))
    engine = rig.tls_reload.client(files(node), "node", "node:2376")
    eve = authority.issue("eve")
    beside = node.folder / "crl.pem"
    rig.look(2)
    beside.write_text("half")
    rig.look(3)
    (notice,) = rig.tls_reload.notices()
    assert f"cannot use TLS CRL {beside}: it holds a damaged list" in notice
    whole = authority.revoke(eve).read_bytes()
    beside.write_bytes(whole)
    rig.look(2)
    assert rig.tls_reload.notices() == []
    assert log.count(f"whoever is revoked in {beside} is refused") == 1
    current = [tls.trust.current.authorities for tls in (server, engine)]
    assert all(each.revokes([eve.load()]) for each in current)
    beside.unlink()
    rig.look(3)
    rig.tls_reload.reread()
    renewed = authority.issue("renewed", ["node"])
    node.replace_by(renewed)
    rig.look(3)
    assert [tls.trust.current.authorities for tls in (server, engine)] == current
    (notice,) = rig.tls_reload.notices()
    assert notice.startswith(f"cannot use TLS CRL {beside}: No such file")
    assert notice.endswith("; what was read before is still used")
    beside.write_bytes(whole)
    rig.look(2)
    assert rig.tls_reload.notices() == [] and server.trust.current.chain == (renewed.load(),)


def test_a_ca_whose_list_is_missing_is_told_once(
    rig: Rig, authority: Authority, node: Certificate, log: list[str], tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other").issue("other")
    both = tmp_path / "both.pem"
    both.write_bytes(node.ca.read_bytes() + other.ca.read_bytes())
    given = files(node, ca=str(both), crl=str(authority.revoke()))
    held = rig.tls_reload.server(given), rig.tls_reload.client(given, "node", "node:2376")
    (notice,) = rig.tls_reload.notices()
    assert "it has no list of" in notice and log.count(notice) == 1
    rig.tls_reload.reread()
    assert log.count(notice) == 1
    both.write_bytes(node.ca.read_bytes())
    rig.look(2)
    assert rig.tls_reload.notices() == [] and held[0].trust in rig.changes
