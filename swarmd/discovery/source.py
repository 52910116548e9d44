"""From a discovery URL to the source that it names.

The forms are classic Swarm's: ``scheme://rest``, and a bare comma list for ``nodes://``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from swarmd.core.addresses import PLAIN_PORT
from swarmd.discovery.entry import Entry as Entry
from swarmd.discovery.entry import TlsOverride as TlsOverride
from swarmd.discovery.hosts_watch import HostsFile, read_hosts
from swarmd.discovery.node_list import NodeList, parse_nodes
from swarmd.discovery.polled_list import PolledList
from swarmd.discovery.registered import USUAL, EngineRegistry, registered
from swarmd.discovery.service_records import SCHEME, ServiceRecords, parse_service
from swarmd.files.in_thread import Executor, at_once
from swarmd.store.address import is_store, parse_store_address
from swarmd.store.opening import check_store, open_store

# A service; ``reread()`` is for SIGHUP.
Source = HostsFile | NodeList | PolledList

_ADDRESS_SCHEMES = ("tcp", "unix", "ssh")
_STORES = ("consul", "etcd", "zk")


def make_source(
    url: str,
    reactor: Any,
    on_entries: Callable[[list[Entry]], None],
    on_problem: Callable[[str], None],
    default_port: int = PLAIN_PORT,
    executor: Executor = at_once,
    registry: EngineRegistry = USUAL,
) -> Source:
    """The source for a URL that ``check`` has accepted.

    Args:
        on_entries: Gets the whole list of engines, at start and whenever it changes.
        on_problem: Gets one line on what discovery cannot read; the engines known so far stay.
        default_port: Of addresses without a port.
        executor: Where a file is read again.
        registry: Where in a store engines are.
    """
    scheme, rest = _split(url)
    if scheme == "file":
        return HostsFile(rest, default_port, reactor, on_entries, on_problem, executor)
    given = default_port, on_entries, on_problem
    if is_store(url):
        store = open_store(reactor, parse_store_address(url), registry.access)
        ask = partial(registered, store, registry.path)
        return PolledList(reactor, store.name, ask, store.close, *given)
    if scheme == SCHEME:
        records = ServiceRecords(reactor, rest)
        return PolledList(reactor, url, records.lines, records.close, *given)
    return NodeList(parse_nodes(rest, default_port), on_entries)


def is_polled(url: str) -> bool:
    """Somebody has to be asked for the list."""
    return _split(url)[0] in (*_STORES, SCHEME)


def normalise(url: str) -> str:
    """The URL with its scheme, and with an absolute path, so that a daemon may change folder."""
    scheme, rest = _split(url)
    return f"{scheme}://{os.path.abspath(rest) if scheme == 'file' else rest}"


def check(url: str, default_port: int = PLAIN_PORT, registry: EngineRegistry = USUAL) -> None:
    """ValueError, with the reason, if nothing can be discovered by ``url`` at present.

    Stores and DNS are not asked: they may come later.
    """
    scheme, rest = _split(url)
    if scheme == "file":
        read_hosts(rest, default_port)
    elif is_store(url):
        check_store(parse_store_address(url), registry.access)
    elif scheme == SCHEME:
        parse_service(rest)
    else:
        parse_nodes(rest, default_port)


def _split(url: str) -> tuple[str, str]:
    scheme, mark, rest = url.partition("://")
    if (scheme != SCHEME and not scheme.isalpha()) or not mark or scheme in _ADDRESS_SCHEMES:
        return "nodes", url
    if scheme == "token":
        raise ValueError(f"{url}: the token service was shut down in 2019; use a hosts file")
    if scheme not in ("file", "nodes", SCHEME, *_STORES):
        raise ValueError(f"{url}: discovery service {scheme!r} not supported")
    if not rest:
        raise ValueError(f"{url} names nothing")
    return scheme, rest
