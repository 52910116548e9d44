"""Networks that were moved: clients go on with the ID that they were given.

What an engine says of such a network has the engine's own ID in it. Its 64 digits stand for
nothing else, so the other ID is put in their place without reading the JSON around them.
"""

from __future__ import annotations

from collections.abc import Iterable

from swarmd.core.model import Engine, Network
from swarmd.core.names import KEPT_ID, may_be_id


def network_id(network: Network) -> str:
    """The ID that clients know it by."""
    kept = network.labels.get(KEPT_ID, "")
    return kept if may_be_id(kept) else network.id


def kept_ids(networks: Iterable[Network]) -> tuple[tuple[bytes, bytes], ...]:
    """Pairs of an engine's own ID and the one that clients know, where these differ."""
    known = ((network.id, network_id(network)) for network in networks)
    return tuple((own.encode(), kept.encode()) for own, kept in known if own != kept)


def with_kept_ids(body: bytes, engine: Engine) -> bytes:
    """What ``engine`` says, in the terms of clients; the label itself stays as it is."""
    for own, kept in engine.kept_ids:
        body = body.replace(own, kept)
    return body


def own_ids(value: str, engines: Iterable[Engine]) -> tuple[str, ...]:
    """IDs on engines of the networks whose known ID begins with ``value``."""
    pairs = (pair for engine in engines for pair in engine.kept_ids)
    return tuple(own.decode() for own, kept in pairs if kept.startswith(value.encode()))
