"""The log-in to a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.store.login import Login, read_login


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("me:secret\n", Login("me", "secret")),
        ("me:se:cr et", Login("me", "se:cr et")),
        ("b1e2-token", Login("", "b1e2-token")),
    ],
)
def test_a_login(tmp_path: Path, text: str, login: Login) -> None:
    (tmp_path / "login").write_text(text)
    assert read_login(str(tmp_path / "login")) == login


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"a:s3cr3t\nb:s3cr3t", b":s3cr3t", b"me:", b"\xffs3cr3t"]
)
def test_no_login(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "login").write_bytes(data)
    with pytest.raises(ValueError, match="cannot use the store's log-in") as error:
        read_login(str(tmp_path / "login"))
    assert "s3cr3t" not in str(error.value).replace(str(tmp_path), "")


def test_a_login_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        read_login(str(tmp_path / "none"))


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Login("me", "secret"))
