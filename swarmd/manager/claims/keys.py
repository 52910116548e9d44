"""The keys of claims in the store; what they may be is the store's format, which membership checks.

A register is no lock but the moment of the last word on something. One may stand for several
things: that costs those a second look who meet there in one moment, and nothing else. Registers
stay, so that none can change and be as before; there are a handful for each engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from urllib.parse import quote
from zlib import crc32

from swarmd.core.container.container_state import Demand

ROOT = "claims/"
HEADS = f"{ROOT}heads/"
REGISTERS = f"{ROOT}registers/"
# One commit has twenty keys at most in some stores; a container may have hundreds of ports.
PORT_REGISTERS = 4
USE_REGISTERS = 6
_LONGEST = 128


def name_key(name: str) -> str:
    """The head of a create or a rename."""
    return f"{HEADS}names/{_word(name)}"


def made_key(kind: str, name: str) -> str:
    """The head of a network or a volume that is being made; ``kind`` is "network" or "volume"."""
    return f"{HEADS}{kind}s/{_word(name)}"


def move_key(identity: str) -> str:
    """The head of a move of a network that no create takes along."""
    return f"{HEADS}moves/{_word(identity)}"


def sum_key(engine_id: str) -> str:
    """The register of an engine's memory, CPUs and slots."""
    return f"{REGISTERS}engines/{_word(engine_id)}"


def role_key(role: str) -> str:
    """The register of a role's quota."""
    return f"{REGISTERS}roles/{_word(role)}"


def demand_keys(engine_id: str, demand: Demand) -> Iterator[str]:
    """The registers of the ports and devices that a container gets on an engine."""
    engine = _word(engine_id)
    for port in demand.ports:
        yield f"{REGISTERS}ports/{engine}/{port.port % PORT_REGISTERS}"
    if demand.devices:
        yield f"{REGISTERS}devices/{engine}"


def use_keys(identities: Iterable[str]) -> Iterator[str]:
    """The registers of networks and volumes that go, or are made, where a container goes."""
    for identity in identities:
        yield f"{REGISTERS}uses/{crc32(identity.encode()) % USE_REGISTERS}"


def is_head(key: str) -> bool:
    return key.startswith(HEADS)


def _word(text: str) -> str:
    """As one word of a key; "." and ".." are none, and a store's keys have an end."""
    if len(text) > _LONGEST:
        text = sha256(text.encode(errors="surrogateescape")).hexdigest()
    return "=" + quote(text, safe="", errors="surrogateescape")
