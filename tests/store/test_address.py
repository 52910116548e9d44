"""Where a store is."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.store.address import StoreAccess, StoreAddress, is_store, parse_store_address
from swarmd.tls.trust import TlsFiles


@pytest.mark.parametrize(
    ("url", "address", "shown"),
    [
        ("etcd://a", StoreAddress("etcd", ("a:2379",), ""), "etcd://a:2379"),
        ("etcd://a/", StoreAddress("etcd", ("a:2379",), ""), "etcd://a:2379"),
        (
            "etcd://a:1,b,[::1]:3,a:1/x/y/",
            StoreAddress("etcd", ("a:1", "b:2379", "[::1]:3"), "x/y"),
            "etcd://a:1,b:2379,[::1]:3/x/y",
        ),
        ("consul://c/p", StoreAddress("consul", ("c:8500",), "p"), "consul://c:8500/p"),
        ("zk://c,d/p", StoreAddress("zk", ("c:2181", "d:2181"), "p"), "zk://c:2181,d:2181/p"),
    ],
)
def test_an_address(url: str, address: StoreAddress, shown: str) -> None:
    assert parse_store_address(url) == address
    assert str(address) == shown
    assert is_store(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("a:2379", "none of etcd://, consul://, zk://"),
        ("redis://a", "none of etcd://"),
        ("etcd:///p", "an endpoint without a host"),
        ("etcd://a,,b", "an endpoint without a host"),
        ("etcd://a:0", "etcd://a:0: "),
        ("etcd://a/b//c", "no key"),
        ("etcd://a/../b", "no key"),
        ("etcd://unix:x", "an endpoint is HOST:PORT"),
        (f"etcd://{','.join(f'h{n}' for n in range(33))}", "33 endpoints; 32 are possible"),
    ],
)
def test_no_address(url: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_store_address(url)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["etcd://me:s3cret@a/p", "x://me:s3cret@a", "me:s3cret@a"])
def test_a_password_is_never_repeated(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_store_address(url)
    assert "s3cret" not in str(caught.value)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    StoreAccess().check()
    for access in (
        StoreAccess(TlsFiles(str(tmp_path / "none"), verify=True)),
        StoreAccess(login=str(tmp_path / "none")),
    ):
        with pytest.raises(ValueError, match="none"):
            access.check()
