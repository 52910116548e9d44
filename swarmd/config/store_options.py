"""The options of the store by which several swarmds agree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmd.certificates.shared_key import read_key
from swarmd.core.units import parse_duration
from swarmd.files.reader import BadFileError, load
from swarmd.manager.membership.sealing import Seal
from swarmd.store.address import OPEN, StoreAccess, StoreAddress, parse_store_address
from swarmd.store.opening import check_store
from swarmd.tls.trust import TlsFiles

_TTL = "10s"
SHORTEST_TTL, LONGEST_TTL = 5.0, 60.0  # seconds
_LARGEST_KEY = 4096  # bytes
_NEEDS_STORE = (
    *("store-login", "store-tlscacert", "store-tlscert", "store-tlskey"),
    *("store-key", "store-ttl"),
)


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How this swarmd agrees with others.

    Attributes:
        store: Where it is, with the prefix of the keys.
        ttl: Seconds that it counts as there after its last sign of life.
        advertise: How others and people are told of it; "" leaves that to where it listens.
        access: How it is entered.
        key: Absolute path of the key that swarmds share; "" for none.
    """

    store: StoreAddress
    ttl: float
    advertise: str = ""
    access: StoreAccess = OPEN
    key: str = ""

    def seal(self) -> Seal | None:
        """Raises ValueError, with the reason."""
        return read_seal(self.key) if self.key else None


def store_options(options: Mapping[str, Any]) -> StoreOptions | None:
    """None where there is no store; ValueError for the first thing that is wrong."""
    url = options["store"]
    if not url:
        _check_alone(options)
        return None
    access = StoreAccess(_tls(options), _path(options["store-login"]))
    try:
        store = parse_store_address(url)
        check_store(store, access)
    except ValueError as error:
        raise ValueError(f"--store: {error}") from None
    key = _path(options["store-key"])
    found = StoreOptions(store, _ttl(options), _advertise(options), access, key)
    found.seal()
    return found


def _check_alone(options: Mapping[str, Any]) -> None:
    if options["replication"]:
        raise ValueError(
            "--replication needs --store: swarmds that serve one fleet agree through etcd, Consul "
            "or ZooKeeper (docs/operating.rst)"
        )
    for name in _NEEDS_STORE:
        if options[name]:
            raise ValueError(f"--{name} needs --store")


def _advertise(options: Mapping[str, Any]) -> str:
    """What people read in terminals, so nothing that would act there."""
    name = "advertise" if options["advertise"] else "addr"
    given: str = options[name] or ""
    if not given.isprintable() or " " in given:
        raise ValueError(f"--{name}: {given!r} is not of the form HOST:PORT")
    return given


def _ttl(options: Mapping[str, Any]) -> float:
    name = "replication-ttl" if options["replication-ttl"] else "store-ttl"
    given = options[name] or _TTL
    try:
        seconds = parse_duration(given)
    except ValueError as error:
        raise ValueError(f"--{name}: {error}") from None
    if not SHORTEST_TTL <= seconds <= LONGEST_TTL:
        raise ValueError(f"--{name}: {given} is not from 5s to 60s")
    return seconds


def _path(given: str | None) -> str:
    return os.path.abspath(given) if given else ""


def _tls(options: Mapping[str, Any]) -> TlsFiles | None:
    names = ("store-tlscacert", "store-tlscert", "store-tlskey")
    ca, cert, key = (_path(options[one]) for one in names)
    if not (ca or cert or key):
        return None
    if not ca:
        raise ValueError("--store-tlscert and --store-tlskey need --store-tlscacert")
    if bool(cert) != bool(key):
        raise ValueError("--store-tlscert and --store-tlskey must be provided together")
    return TlsFiles(ca, cert, key, True)


def read_seal(path: str) -> Seal:
    """The seal by the key in a file; ValueError, which shows nothing of it."""
    try:
        return Seal(load(path, _LARGEST_KEY, read_key))
    except BadFileError as error:
        raise ValueError(f"--store-key {path}: {error}") from None
