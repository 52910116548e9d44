"""Engines that are registered in a store of keys, where classic Swarm's ``join`` put them.

The keys are ``PREFIX/docker/swarm/nodes/HOST:PORT``. The value is the address; behind it may stand
a name and labels, as in a hosts file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os.path import abspath

from swarmd.discovery.polled_list import ListUnknown
from swarmd.store.address import OPEN, StoreAccess
from swarmd.store.commit_rules import check_key
from swarmd.store.interfaces import Store, StoreLost, StoreUnsure
from swarmd.tls.trust import TlsFiles

PATH = "docker/swarm/nodes"
_FILES = {"kv.cacertfile": "ca", "kv.certfile": "cert", "kv.keyfile": "key"}
_KEYS = ("kv.path", *_FILES, "kv.loginfile")


@dataclass(frozen=True, slots=True)
class EngineRegistry:
    """Where in a store engines are registered, and how it is entered.

    Attributes:
        path: Below the prefix of the URL.
    """

    path: str = PATH
    access: StoreAccess = OPEN

    def key(self, address: str) -> str:
        return f"{self.path}/{address}"


USUAL = EngineRegistry()


def registry(pairs: Iterable[str]) -> EngineRegistry:
    """From the values of ``--discovery-opt``; ValueError, which names that, if they are wrong."""
    try:
        return _registry(pairs)
    except ValueError as error:
        raise ValueError(f"--discovery-opt: {error}") from None


def _registry(pairs: Iterable[str]) -> EngineRegistry:
    given: dict[str, str] = {}
    for pair in pairs:
        key, mark, value = pair.partition("=")
        if not mark or not value:
            raise ValueError(f"{pair!r} is not KEY=VALUE")
        if key not in _KEYS:
            raise ValueError(f"{key!r} not supported; there are {', '.join(_KEYS)}")
        given[key] = value
    path = given.get("kv.path", PATH).strip("/")
    check_key(path)
    login = given.get("kv.loginfile", "")
    return EngineRegistry(path, StoreAccess(_tls(given), abspath(login) if login else ""))


def _tls(given: Mapping[str, str]) -> TlsFiles | None:
    files = {name: abspath(given[key]) for key, name in _FILES.items() if key in given}
    if not files:
        return None
    if "ca" not in files:
        raise ValueError("kv.certfile and kv.keyfile need kv.cacertfile")
    if ("cert" in files) != ("key" in files):
        raise ValueError("kv.certfile and kv.keyfile belong together")
    return TlsFiles(**files, verify=True)


async def registered(store: Store, path: str) -> dict[str, str]:
    """A line for each engine that is registered, by its key.

    Raises:
        ListUnknown: The store does not say.
    """
    try:
        snapshot = await store.read(f"{path}/")
    except (StoreLost, StoreUnsure) as error:
        raise ListUnknown(str(error)) from None
    lines = {
        entry.key.removeprefix(f"{path}/"): entry.value.decode("utf-8", "replace")
        for entry in snapshot.entries
    }
    return {key: line for key, line in lines.items() if line.strip()}
