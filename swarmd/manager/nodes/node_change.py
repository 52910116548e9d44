"""What happened to a node, as a value: an event for ``docker events``, a line for the log. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from swarmd.core.model import Engine

# Action -> the log's words; what is in braces is an attribute.
_WORDS = {
    "joined": "joined the list",
    "up": "is up",
    "down": "is down: {reason}",
    "replaced": "is another engine now: {node.id} in place of {was}",
    "left": "left the list; its containers run on",
    "cordon": "is cordoned",
    "uncordon": "is no longer cordoned",
    "drain": "is being drained",
    "drained": "is drained and stays cordoned: {moved} moved, {stays} stay, {failed} failed",
}
ACTIONS = frozenset(_WORDS)
_BRACED = re.compile(r"\{([a-z.]+)\}")
_FLAPS = frozenset({"up", "down", "replaced"})
_WORRYING = frozenset({"down", "replaced"})


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """Who a node was when something happened to it; it may be off the list a moment later."""

    key: str
    name: str
    id: str
    address: str
    ip: str

    @classmethod
    def of(cls, engine: Engine) -> NodeIdentity:
        return cls(engine.key, engine.name, engine.spec.id, engine.address, engine.ip)


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One change of one node.

    Attributes:
        action: One of ``ACTIONS``.
        about: Its further attributes, such as ``reason``.
    """

    action: str
    node: NodeIdentity
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def worrying(self) -> bool:
        return self.action in _WORRYING

    @property
    def flaps(self) -> bool:
        """Whether it can happen again and again, with nobody doing anything."""
        return self.action in _FLAPS

    def words(self) -> str:
        """Its line in the log."""
        node = self.node
        who = node.name if node.name == node.address else f"{node.name} ({node.address})"
        return f"node {who} {self.outcome()}"

    def outcome(self) -> str:
        """The last words of that line."""
        attributes = self.attributes()
        return _BRACED.sub(lambda found: attributes[found[1]], _WORDS[self.action])

    def attributes(self) -> dict[str, str]:
        """With those that events of containers have as well."""
        node = self.node
        return {
            "name": node.name,
            "node.name": node.name,
            "node.id": node.id,
            "node.addr": node.address,
            "node.ip": node.ip,
            **self.about,
        }

    def record(self, now: float) -> dict[str, Any]:
        """As engines write events; ``now`` is wall-clock seconds."""
        return {
            "Type": "node",
            "Action": self.action,
            "Actor": {"ID": self.node.id or self.node.key, "Attributes": self.attributes()},
            "scope": "swarm",
            "time": int(now),
            "timeNano": int(now * 1e9),
        }
