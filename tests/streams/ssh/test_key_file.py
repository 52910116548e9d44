"""A key is looked at before ssh is asked to use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.streams.ssh.key_file import check_key
from tests.lab.sshd import make_key


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_key_that_can_be_used(kind: str, tmp_path: Path) -> None:
    check_key(str(make_key(tmp_path / "key", kind)))


def test_one_with_a_passphrase_needs_an_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = str(make_key(tmp_path / "key", passphrase="secret"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(ValueError, match="has a passphrase: give it to an agent"):
        check_key(key)
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    check_key(key)


def test_one_that_others_can_read(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    key.chmod(0o640)
    with pytest.raises(ValueError, match=f"can be read by others: chmod 600 {key}"):
        check_key(str(key))


def test_the_public_half(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key")
    public = Path(f"{key}.pub")
    public.chmod(0o600)
    with pytest.raises(ValueError, match="is a public key: its other half is needed"):
        check_key(str(public))


@pytest.mark.parametrize("text", ["", "PuTTY-User-Key-File-3: x", "-----BEGIN PRIVATE KEY-----\nx"])
def test_what_is_none(text: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(text)
    key.chmod(0o600)
    with pytest.raises(ValueError, match="is no private key in a form that is known"):
        check_key(str(key))


def test_none_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot read SSH key .*: No such file"):
        check_key(str(tmp_path / "gone"))
