"""The store that a URL names."""

from __future__ import annotations

from typing import Any

from swarmd.store.commit_rules import check_key
from swarmd.store.etcd import EtcdStore
from swarmd.store.http_endpoints import HttpEndpoints
from swarmd.store.interfaces import Store
from swarmd.store.login import Login
from swarmd.tls.trust import Trust

PREFIX = "swarmd"
_PORTS = {"etcd": "2379"}


def check_url(url: str) -> None:
    """ValueError, with the reason, if it names no store."""
    _parts(url)


def make_store(url: str, reactor: Any, *, login: Login | None, tls: Trust | None) -> Store:
    """The store of a URL that ``check_url`` has accepted; nothing is asked of it yet."""
    scheme, places, prefix = _parts(url)
    name = f"{scheme}://{','.join(places)}/{prefix}"
    return EtcdStore(HttpEndpoints(reactor, name, places, tls), prefix, login)


def _parts(url: str) -> tuple[str, list[str], str]:
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in _PORTS:
        raise ValueError(f"{url} is none of {', '.join(_PORTS)}://HOST:PORT,.../PREFIX")
    hosts, _, prefix = rest.partition("/")
    places = [one if ":" in one else f"{one}:{_PORTS[scheme]}" for one in hosts.split(",") if one]
    if not places or "@" in hosts:
        raise ValueError(f"{scheme}:// names no hosts, or has a log-in, which belongs in a file")
    prefix = prefix.strip("/") or PREFIX
    check_key(prefix)
    return scheme, places, prefix
