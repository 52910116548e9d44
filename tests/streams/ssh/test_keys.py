import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.conch.ssh.keys import Key
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.streams.ssh.keys import algorithm_for, load_keys, read_key
from tests.lab.machine import OWNED
from tests.lab.sshd import make_key
from tests.streams.ssh.rig import needs_sshd, reactor

RSA = b"\0\0\0\x07ssh-rsa"
ED25519 = b"\0\0\0\x0bssh-ed25519"


def test_rsa_keys_never_sign_by_sha_1() -> None:
    assert algorithm_for(RSA, b"") == b"rsa-sha2-512"
    assert algorithm_for(RSA, b"ssh-rsa,rsa-sha2-512") == b"rsa-sha2-512"
    assert algorithm_for(RSA, b"ssh-rsa,rsa-sha2-256") == b"rsa-sha2-256"
    assert algorithm_for(ED25519, b"rsa-sha2-256") == b"ssh-ed25519"


def why_not(path: Path) -> str:
    with pytest.raises(ValueError) as refused:
        read_key(str(path))
    return str(refused.value).replace(str(path), "KEY")


@needs_sshd
def test_what_is_wrong_with_a_key_file_is_told(tmp_path: Path) -> None:
    key, locked = make_key(tmp_path / "key"), make_key(tmp_path / "locked", passphrase="hunter2")
    assert read_key(str(key)).sshType() == b"ssh-ed25519"
    assert why_not(locked) == "SSH key KEY has a passphrase: give it to an agent (SSH_AUTH_SOCK)"
    assert why_not(tmp_path / "gone") == "cannot read SSH key KEY: No such file or directory"
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert why_not(tmp_path / "pipe") == "cannot read SSH key KEY: it is no regular file"
    other = Path(f"{key}.pub")
    other.chmod(0o600)
    assert why_not(other) == "SSH key KEY is a public key: its other half is needed"
    secret = key.read_text()
    key.chmod(0o640)
    assert why_not(key) == "SSH key KEY can be read by others: chmod 600 KEY"
    for junk in (b"", b"junk", b"\xff\xfe", secret[:100].encode(), secret.encode()[:250]):
        other.write_bytes(junk)
        assert why_not(other) == "SSH key KEY is no private key in a form that is known"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[str]:
    socket = str(tmp_path / "agent")
    with subprocess.Popen(
        (*OWNED, "ssh-agent", "-D", "-a", socket), stdout=subprocess.DEVNULL
    ) as it:
        while not os.path.exists(socket):
            assert it.poll() is None
        yield socket
        it.send_signal(signal.SIGTERM)


@needs_sshd
class KeyringTest(TestCase):
    timeout = 30

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        self.home, self.agent, self.patch = tmp_path, agent, monkeypatch

    def load(self, key: Path) -> None:
        subprocess.run(("ssh-add", "-q", str(key)), check=True, capture_output=True)

    async def ring(self, file: str = "") -> Any:
        ring = await Deferred.fromCoroutine(load_keys(reactor, file))
        self.addCleanup(ring.close)
        return ring

    async def test_keys_of_an_agent_sign(self) -> None:
        for kind, algorithm in (("ed25519", b"ssh-ed25519"), ("rsa", b"rsa-sha2-256")):
            self.load(make_key(self.home / kind, kind))
            ring = await self.ring()
            (signer,) = [each for each in ring.signers if kind.encode() in each.blob[:20]]
            signature = await Deferred.fromCoroutine(signer.sign(b"data", algorithm))
            assert Key.fromString(signer.blob, "blob").verify(signature, b"data")
            assert algorithm in signature[:30]
            ring.close()
        assert ring.sources == [f"2 keys of the agent at {self.agent}"]

    async def test_without_a_file_the_usual_ones_count_as_well(self) -> None:
        make_key(self.home / ".ssh" / "id_ed25519")
        (self.home / ".ssh" / "id_rsa").write_text("not mine to judge")
        ring = await self.ring()
        assert ring.sources[1:] == [str(self.home / ".ssh" / "id_ed25519")]
        assert len(ring.signers) == 1

    async def test_a_file_that_is_named_is_the_only_one(self) -> None:
        self.load(make_key(self.home / "other"))
        key = make_key(self.home / "mine")
        ring = await self.ring(str(key))
        assert (ring.sources, len(ring.signers)) == ([str(key)], 1)

    async def test_without_any_key_it_says_where_they_may_come_from(self) -> None:
        with pytest.raises(ValueError, match=r"no key to log in by SSH: give --ssh-key.*0 keys of"):
            await self.ring()
        self.patch.setenv("SSH_AUTH_SOCK", str(self.home / "gone"))
        with pytest.raises(ValueError, match=r"gone \(not reached: "):
            await self.ring()
        self.patch.delenv("SSH_AUTH_SOCK")
        with pytest.raises(ValueError, match=r"an agent in SSH_AUTH_SOCK$"):
            await self.ring()
