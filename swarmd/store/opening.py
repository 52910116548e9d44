"""From a store's address to the store."""

from __future__ import annotations

import sys
from typing import Any

from swarmd.store.address import StoreAccess, StoreAddress
from swarmd.store.consul import ConsulStore
from swarmd.store.etcd import EtcdStore
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.interfaces import Store
from swarmd.store.login import Login, read_login
from swarmd.tls.trust import TlsFiles, Trust, client_trust

_NO_KAZOO = "zk:// needs kazoo, which is not installed: {}/bin/pip install 'swarmd[zookeeper]'"


def check_store(address: StoreAddress, access: StoreAccess) -> None:
    """ValueError, in one line, if it cannot be opened with these files and libraries."""
    access.check()
    _login(address, access)
    if address.scheme == "zk":
        _check_kazoo()


def open_store(reactor: Any, address: StoreAddress, access: StoreAccess) -> Store:
    """A store of which nothing is asked yet; ValueError as ``check_store``."""
    login = _login(address, access)
    if address.scheme == "zk":
        return _zookeeper(reactor, address, access.tls, login)
    name, places = str(address), address.places
    http = HttpEndpoints(reactor, name, places, _trust(access.tls))
    if address.scheme == "consul":
        return ConsulStore(http, address.prefix, login)
    return EtcdStore(http, address.prefix, login)


def _login(address: StoreAddress, access: StoreAccess) -> Login | None:
    login = read_login(access.login) if access.login else None
    if login is not None and not login.user and address.scheme != "consul":
        raise ValueError(
            f"cannot use the store's log-in in {access.login}: {address.scheme} has users: it has "
            "to be USER:PASSWORD"
        )
    return login


def _trust(files: TlsFiles | None) -> Trust | None:
    if files is None:
        return None
    trust = client_trust(files)
    trust.read()
    return trust


def _check_kazoo() -> None:
    try:
        import kazoo.client  # noqa: F401
    except ImportError:
        raise ValueError(_NO_KAZOO.format(sys.prefix)) from None


def _zookeeper(
    reactor: Any, address: StoreAddress, tls: TlsFiles | None, login: Login | None
) -> Store:
    _check_kazoo()
    from swarmd.store.zookeeper.ensemble import ZooKeeperStore

    return ZooKeeperStore(reactor, str(address), address.places, address.prefix, tls, login)
