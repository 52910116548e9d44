"""How each node stands towards the swarm that carries overlay networks, as values.

A swarm is known as ours by a label on it, which its managers keep: swarmd has nothing on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from swarmd.core.names import SWARM_LABELS

MARK = SWARM_LABELS + "overlay"
# On the swarm: which nodes are to be in it, a JSON list of expressions.
MARK_CONSTRAINTS = MARK + ".constraints"
# A node's label: the address at which other nodes reach it, if it is not where swarmd does.
ADDRESS_LABEL = "overlay-address"


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a swarm, as its managers tell.

    Attributes:
        up: Its managers hear of it.
        version: Counts its changes; who changes it has to name it.
    """

    id: str
    name: str = ""
    address: str = ""
    manager: bool = False
    up: bool = True
    version: int = 0


@dataclass(frozen=True, slots=True)
class Swarm:
    """A swarm, as one of its managers tells.

    Attributes:
        ours: swarmd made it.
        constraints: Expressions that its nodes have to fit.
    """

    id: str
    ours: bool
    services: int = 0
    members: Mapping[str, Member] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeStanding:
    """One engine of the fleet.

    Attributes:
        problem: Why it cannot be asked; all else is as it was known last then.
        state: The engine's word: inactive, pending, active, error or locked.
        error: Its words for what is wrong with its swarm mode.
        node_id: In its swarm.
        manager: It says that it is one.
        swarm: What it tells of its swarm; None of a worker, or without a leader.
        remotes: Hosts of its swarm's managers, as it knows them.
        served: Something may listen where those managers are.
        address: Where other nodes are to reach it; "" if that is not known.
        wanted: It fits the constraints.
        closed: Ports of it that cannot be reached, in words.
        silent: Ports of which nobody can tell.
    """

    key: str
    name: str
    problem: str = ""
    state: str = "inactive"
    error: str = ""
    node_id: str = ""
    manager: bool = False
    swarm: Swarm | None = None
    remotes: tuple[str, ...] = ()
    served: bool = False
    address: str = ""
    wanted: bool = True
    closed: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def outside(self) -> bool:
        """It is in no swarm."""
        return not self.problem and self.state == "inactive"
