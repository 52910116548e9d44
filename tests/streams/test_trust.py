"""Files that cannot be used are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.streams.trust import ClientTls, client_context, client_options, server_options
from tests.wire.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_good_files(authority: Authority) -> None:
    pair = authority.issue("node", "node")
    for verify in (True, False):
        assert client_context(authority.path, pair.cert, pair.key, verify)
        assert server_options(authority.path, pair.cert, pair.key, verify)
    assert client_context("", "", "", True), "the system's CAs"
    assert isinstance(client_options("node", authority.path, "", "", True), ClientTls)


def test_missing_files_are_named(authority: Authority) -> None:
    pair = authority.issue("node", "node")
    for ca, cert, key, culprit in (
        ("/no/ca.pem", pair.cert, pair.key, "/no/ca.pem"),
        (authority.path, "/no/cert.pem", pair.key, "/no/cert.pem"),
        (authority.path, pair.cert, "/no/key.pem", "/no/key.pem"),
    ):
        for make in (client_context, server_options):
            with pytest.raises(ValueError, match=culprit):
                make(ca, cert, key, True)


def test_garbage_is_named(authority: Authority, tmp_path: Path) -> None:
    pair = authority.issue("node", "node")
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("nothing")
    for files in (
        (str(garbage), pair.cert, pair.key),
        (authority.path, str(garbage), pair.key),
        (authority.path, pair.cert, str(garbage)),
    ):
        with pytest.raises(ValueError, match=r"cannot use TLS .* .*garbage\.pem"):
            server_options(*files, True)


def test_a_key_of_another_certificate_is_named(authority: Authority) -> None:
    one, two = authority.issue("one", "node"), authority.issue("two", "node")
    with pytest.raises(ValueError, match=r"cannot use TLS key .*two\.key"):
        server_options(authority.path, one.cert, two.key, True)
