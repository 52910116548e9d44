"""A claim: what one swarmd is about to do, in the words that all read, and what it must not cross.

Labels of containers may hold secrets, and whoever can read the store would see them: only those go
there that count for what is shared out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from swarmd.core.container.container_state import Container
from swarmd.core.container.personal_labels import ROLE
from swarmd.core.container.reservation_document import described, reserved
from swarmd.core.model import Engine
from swarmd.core.names import SWARM_LABELS
from swarmd.manager.claims import keys
from swarmd.manager.projects.compose_labels import NUMBER, ONE_OFF, PROJECT, SERVICE
from swarmd.scheduler import node_labels

CREATE, RENAME, NETWORK, VOLUME, MOVE = "create", "rename", "network", "volume", "move"
LISTED = (NETWORK, VOLUME, MOVE)  # lists of engines tell of it
_KINDS = (CREATE, RENAME, NETWORK, VOLUME, MOVE)
_COUNTED_LABELS = (PROJECT, SERVICE, NUMBER, ONE_OFF)


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim.

    Attributes:
        id: Who claims, and which of his it is: see ``owner_of``.
        head: The key that bears it.
        engine: The engine's own ID; "" where it does not matter.
        subject: The ID of the container that gets the name, of a rename.
        name: Of what is made or renamed.
        container: What is created, with the engine's own ID for its key.
        uses: Identities of networks and volumes that are, or go, where this goes.
        over: It has ended, and what it held is free, but for what engines show.
        registers: What it was judged by; known to its owner alone.
    """

    id: str
    head: str
    kind: str
    engine: str = ""
    subject: str = ""
    name: str = ""
    container: Container | None = None
    uses: tuple[str, ...] = ()
    over: bool = False
    registers: frozenset[str] = frozenset()

    @property
    def owner(self) -> str:
        return owner_of(self.id)

    @property
    def keys(self) -> frozenset[str]:
        """All that it must not cross another at."""
        return self.registers | {self.head}


def owner_of(claim_id: str) -> str:
    """``OWNER/17`` -> ``OWNER``"""
    return claim_id.rpartition("/")[0]


def create_claim(
    claim_id: str, container: Container, engine: Engine, uses: Iterable[str], *, quota: bool
) -> Claim:
    """Of a container that is reserved on ``engine``.

    Args:
        uses: Identities of the networks and volumes that could go elsewhere.
        quota: One bounds what its role has.
    """
    uses, here = tuple(uses), engine.spec.id
    registers = {*keys.demand_keys(here, container.demand), *keys.use_keys(uses)}
    if container.demand.cpus or container.demand.memory or node_labels.slots(engine) is not None:
        registers.add(keys.sum_key(here))
    if quota and (role := container.labels.get(ROLE)):
        registers.add(keys.role_key(role))
    head = keys.name_key(container.name)
    shown = container._replace(engine=here, labels=_counted(container))
    return Claim(
        claim_id,
        head,
        CREATE,
        here,
        name=container.name,
        container=shown,
        uses=uses,
        registers=frozenset(registers),
    )


def rename_claim(claim_id: str, container_id: str, name: str) -> Claim:
    return Claim(claim_id, keys.name_key(name), RENAME, subject=container_id, name=name)


def making_claim(claim_id: str, kind: str, name: str, engine: Engine, uses: Iterable[str]) -> Claim:
    """Of a network or volume that is to be made on ``engine``; ``uses`` is its identity."""
    uses = tuple(uses)
    head, registers = keys.made_key(kind, name), frozenset(keys.use_keys(uses))
    return Claim(claim_id, head, kind, engine.spec.id, name=name, uses=uses, registers=registers)


def move_claim(claim_id: str, identity: str, engine: Engine) -> Claim:
    """Of a network that is to move to ``engine``."""
    head, registers = keys.move_key(identity), frozenset(keys.use_keys([identity]))
    return Claim(claim_id, head, MOVE, engine.spec.id, uses=(identity,), registers=registers)


def _counted(container: Container) -> dict[str, str]:
    return {
        key: value
        for key, value in container.labels.items()
        if key.startswith(SWARM_LABELS) or key in _COUNTED_LABELS
    }


def encoded(claim: Claim) -> bytes:
    """What stands at its head."""
    document: dict[str, Any] = {"id": claim.id, "kind": claim.kind, "over": claim.over}
    if claim.over and claim.kind in LISTED:
        document["engine"] = claim.engine
    if not claim.over:
        texts = {"engine": claim.engine, "subject": claim.subject, "name": claim.name}
        document |= {key: text for key, text in texts.items() if text}
        if claim.uses:
            document["uses"] = claim.uses
        if claim.container is not None:
            document["container"] = described(claim.container)
    return orjson.dumps(document)


def read_claim(head: str, value: bytes) -> Claim:
    """ValueError if it is none."""
    document: Any = orjson.loads(value)
    if not isinstance(document, dict) or document.get("kind") not in _KINDS:
        raise ValueError("a claim of no known kind")
    texts = {key: document.get(key, "") for key in ("id", "engine", "subject", "name")}
    uses = document.get("uses", [])
    if not isinstance(uses, list) or not all(isinstance(t, str) for t in (*uses, *texts.values())):
        raise ValueError("a claim with values of other types")
    container = document.get("container")
    return Claim(
        head=head,
        kind=document["kind"],
        container=reserved(container) if container is not None else None,
        uses=tuple(uses),
        over=document.get("over") is True,
        **texts,
    )
