"""From an address to a store."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from swarmd.store.address import StoreAccess, parse_store_address
from swarmd.store.opening import check_store, open_store


@pytest.mark.parametrize("scheme", ["etcd", "consul", "zk"])
def test_a_store_of_each_kind(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "login").write_text("me:secret")
    address = parse_store_address(f"{scheme}://a:1/p")
    access = StoreAccess(login=str(tmp_path / "login"))
    check_store(address, access)
    store = open_store(Clock(), address, access)
    assert store.name == f"{scheme}://a:1/p"
    assert store.outage is None


def test_zookeeper_without_kazoo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kazoo.client", None)
    address = parse_store_address("zk://a")
    for refuse in (
        lambda: check_store(address, StoreAccess()),
        lambda: open_store(Clock(), address, StoreAccess()),
    ):
        with pytest.raises(
            ValueError, match=rf"{sys.prefix}/bin/pip install 'swarmd\[zookeeper\]'"
        ):
            refuse()
    check_store(parse_store_address("etcd://a"), StoreAccess())


def test_a_login_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="/none"):
        check_store(parse_store_address("etcd://a"), StoreAccess(login="/none"))


def test_a_token_is_no_user(tmp_path: Path) -> None:
    (tmp_path / "login").write_text("garbage")
    access = StoreAccess(login=str(tmp_path / "login"))
    check_store(parse_store_address("consul://a"), access)
    with pytest.raises(ValueError, match="etcd has users: it has to be USER:PASSWORD") as why:
        check_store(parse_store_address("etcd://a"), access)
    assert "garbage" not in str(why.value)
