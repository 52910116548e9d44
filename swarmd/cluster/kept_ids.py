"""Networks that clients know by another ID than their engine does.

One that was moved keeps the ID that clients were given, and the predefined ones, which each engine
has, are one to them. What an engine says of such a network has the engine's own ID in it. Its 64
digits stand for nothing else, so the other ID is put in their place without reading the JSON around
them.
"""

from __future__ import annotations

from collections.abc import Iterable

from swarmd.core.model import Engine, Network
from swarmd.core.names import KEPT_ID, is_full_id, is_hex
from swarmd.core.predefined import IDS

Pairs = tuple[tuple[bytes, bytes], ...]


def network_id(network: Network) -> str:
    """The ID that clients know it by."""
    if network.name in IDS:
        return IDS[network.name]
    kept = network.labels.get(KEPT_ID)
    return kept if kept and is_hex(kept) else network.id


def kept_ids(networks: Iterable[Network]) -> Pairs:
    """Of those that were moved: the engine's own ID and the one that clients know."""
    return _pairs(network for network in networks if network.name not in IDS)


def predefined_ids(networks: Iterable[Network]) -> Pairs:
    """The same of the predefined ones, if their IDs are such that nothing else can be meant."""
    return _pairs(one for one in networks if one.name in IDS and is_full_id(one.id))


def _pairs(networks: Iterable[Network]) -> Pairs:
    known = ((network.id, network_id(network)) for network in networks)
    return tuple((own.encode(), kept.encode()) for own, kept in known if own != kept)


def with_kept_ids(body: bytes, engine: Engine) -> bytes:
    """What ``engine`` says, in the terms of clients; the label itself stays as it is."""
    for own, kept in (*engine.predefined_ids, *engine.kept_ids):
        body = body.replace(own, kept)
    return body


def moved_ids(entry: bytes, engine: Engine) -> bytes:
    """The same for an entry of the container list, which has the predefined ones right already."""
    for own, kept in engine.kept_ids:
        entry = entry.replace(own, kept)
    return entry


def own_ids(value: str, engines: Iterable[Engine]) -> tuple[str, ...]:
    """IDs on engines of the moved networks whose known ID begins with ``value``."""
    pairs = (pair for engine in engines for pair in engine.kept_ids)
    return tuple(own.decode() for own, kept in pairs if kept.startswith(value.encode()))
