"""What is to be done next so that the fleet's engines are one swarm. Pure: a table to a list.

The first that may be is made a swarm; the others join it. Three of them are managers where there
are three, else one: two would stop both when either is lost. A manager that is lost is replaced.
Engines that are in a swarm that is not ours are nobody's to touch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from swarmd.core.names import natural
from swarmd.manager.overlay.standing import ADDRESS_LABEL, Member, NodeStanding, Swarm

MANAGERS = 3


class Verb(StrEnum):
    """What is done with one node."""

    INIT = "init"
    LEAVE = "leave"
    JOIN = "join"
    JOIN_AS_MANAGER = "join as manager"
    PROMOTE = "promote"
    DEMOTE = "demote"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class SwarmStep:
    """One thing to do.

    Attributes:
        key: Of the engine; "" where only the swarm knows the node.
        member: Whom a promotion, a demotion, a removal is about.
    """

    verb: Verb
    key: str
    name: str
    member: Member | None = None


@dataclass(frozen=True, slots=True)
class SwarmPlan:
    """What is to be done next.

    Attributes:
        home: Our swarm, if there is one.
        left: Why engines are left alone, by key.
        problem: Why nothing can be done at all; "" if it can.
    """

    home: Swarm | None = None
    steps: tuple[SwarmStep, ...] = ()
    left: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def next_steps(standings: Sequence[NodeStanding], failed: Collection[str] = ()) -> SwarmPlan:
    """The steps that can be taken now; once they are, the next follow from a new table.

    Args:
        failed: Keys of engines with which something went wrong already.
    """
    table = sorted(standings, key=lambda one: natural(one.name))
    home = home_of(table)
    left = {one.key: why for one in table if (why := _left_alone(one, home, table))}
    if home is None and (problem := _headless(table)):
        return SwarmPlan(None, (), left, problem)
    free = [one for one in table if one.key not in left and one.key not in failed]
    joining = [one for one in free if not _is_in(one, home)]
    if home is None:
        first = next((one for one in joining if one.outside), None)
        return SwarmPlan(
            None, (SwarmStep(Verb.INIT, first.key, first.name),) if first else (), left
        )
    return SwarmPlan(home, tuple(_grow(home, table, joining)), left)


def home_of(table: Sequence[NodeStanding]) -> Swarm | None:
    """Our swarm; of several, made by several swarmds at one time, the largest."""
    ours = {one.swarm.id: one.swarm for one in table if one.swarm is not None and one.swarm.ours}
    return max(ours.values(), key=lambda one: (len(one.members), one.id), default=None)


def is_seen(step: SwarmStep, table: Sequence[NodeStanding]) -> bool:
    """Whether managers tell of what a step has done, as far as the next step hangs on it."""
    home = home_of(table)
    if step.verb in (Verb.LEAVE, Verb.REMOVE, Verb.DEMOTE) or home is None:
        return home is not None
    node_id = next((one.node_id for one in table if one.key == step.key), "")
    member = home.members.get(node_id)
    return member is not None and member.up and (member.manager or step.verb is Verb.JOIN)


def is_headless(one: NodeStanding) -> bool:
    """A manager whose swarm has no leader."""
    return not one.problem and one.state == "active" and one.manager and one.swarm is None


def is_orphan(one: NodeStanding, table: Sequence[NodeStanding]) -> bool:
    """A node whose managers all have been of this fleet, and are none any more."""
    if one.problem or one.state not in ("active", "pending"):
        return False
    if one.swarm is not None or one.served:
        return False
    by_address = {each.address: each for each in table if each.address and not each.problem}
    others = [host for host in one.remotes if host != one.address]
    gone = all(host in by_address and not by_address[host].manager for host in others)
    return bool(others) and gone


def _headless(table: Sequence[NodeStanding]) -> str:
    """Why no swarm may be made: there may be one, whose managers cannot tell."""
    if waiting := [one.name for one in table if _lost_managers(one, table)]:
        lost = ", ".join(_lost_managers(next(o for o in table if o.name == waiting[0]), table))
        return f"{lost} does not answer, and is a manager of the swarm of {', '.join(waiting)}"
    names = [one.name for one in table if is_headless(one) and not is_orphan(one, table)]
    if not names:
        return ""
    shown = ", ".join(names)
    return (
        f"the swarm of {shown} has no leader, since most of its managers do not answer: start "
        f"them, or give it up by `docker swarm leave --force` on {shown}"
    )


def _lost_managers(one: NodeStanding, table: Sequence[NodeStanding]) -> list[str]:
    """Names of the nodes that manage a worker's swarm and do not answer."""
    if one.problem or one.state == "inactive" or one.manager:
        return []
    return [each.name for each in table if each.problem and each.address in one.remotes]


def _is_in(one: NodeStanding, home: Swarm | None) -> bool:
    return home is not None and one.node_id in home.members and one.state != "inactive"


def _left_alone(one: NodeStanding, home: Swarm | None, table: Sequence[NodeStanding]) -> str:
    """Why nothing is done with it; "" if it may be."""
    if one.problem:
        return one.problem
    if one.state in ("error", "locked"):
        return f"its swarm mode is in state {one.state}: {one.error or 'no reason given'}"
    if _is_in(one, home):
        return ""
    if not one.outside and not is_orphan(one, table):
        return _foreign(one, table)
    return _unfit(one)


def _foreign(one: NodeStanding, table: Sequence[NodeStanding]) -> str:
    if one.swarm is not None and one.swarm.services:
        count = one.swarm.services
        return f"runs {count} service{'s' if count > 1 else ''} in a swarm of its own"
    if one.swarm is not None and one.swarm.ours:
        return "is in another swarm that a swarmd has made: `docker swarm leave --force` on it"
    if lost := _lost_managers(one, table):
        return f"is in a swarm whose manager {lost[0]} does not answer"
    if one.state == "pending":
        return "is just joining a swarm, or cannot reach it"
    return "is in a swarm that swarmd has not made"


def _unfit(one: NodeStanding) -> str:
    if not one.wanted:
        return "the constraints leave it out, or it is cordoned"
    if not one.address:
        return f"has no IP address that is known: give it the label {ADDRESS_LABEL}=ADDRESS"
    return f"cannot be reached: {', '.join(one.closed)}" if one.closed else ""


def _grow(
    home: Swarm, table: Sequence[NodeStanding], joining: Sequence[NodeStanding]
) -> Iterator[SwarmStep]:
    here = {one.node_id: one for one in table if _is_in(one, home)}
    managers = [one for one in home.members.values() if one.manager]
    up = [one for one in managers if one.up]
    serving = [one for one in here.values() if home.members[one.node_id].up]
    few = len(serving) + len(joining) < MANAGERS
    lacking = max(0, (1 if few else MANAGERS) - len(up))
    yield from _stale(home, table, here)
    yield from _joins(joining, lacking)
    workers = [one for one in serving if not home.members[one.node_id].manager]
    for one in workers[: max(0, lacking - len(joining))]:
        yield SwarmStep(Verb.PROMOTE, one.key, one.name, home.members[one.node_id])
    if len(up) >= MANAGERS:
        for member in managers:
            if not member.up:
                name = here[member.id].name if member.id in here else member.name
                yield SwarmStep(Verb.DEMOTE, "", name, member)


def _joins(joining: Sequence[NodeStanding], managers: int) -> Iterator[SwarmStep]:
    for rank, one in enumerate(joining):
        if not one.outside:
            yield SwarmStep(Verb.LEAVE, one.key, one.name)
        yield SwarmStep(Verb.JOIN_AS_MANAGER if rank < managers else Verb.JOIN, one.key, one.name)


def _stale(
    home: Swarm, table: Sequence[NodeStanding], here: Collection[str]
) -> Iterator[SwarmStep]:
    """Nodes that an engine was before it left by itself and came again; not lost managers."""
    addresses = {one.address for one in table if one.address and not one.problem}
    known = {one.node_id for one in table if one.problem}
    for member in home.members.values():
        gone = not (member.up or member.manager or member.id in here or member.id in known)
        if gone and member.address in addresses:
            yield SwarmStep(Verb.REMOVE, "", member.name, member)
