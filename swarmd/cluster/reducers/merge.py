"""What is known of a container after an answer or an event, from what was known before.

A list tells times and exit codes only as text, and little of demand; an inspect tells all but the
entry. So what an inspect or an event told exactly stays while a list does not contradict it.
"""

from __future__ import annotations

from collections.abc import Mapping

from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.list_item import renamed
from swarmd.core.container.status import read_status

_UP = ("running", "paused")
_HEALTH = ("starting", "healthy", "unhealthy")
_LAST_OF_SECOND = 0.999999

# Verbs that change nothing in a list; health checks emit three of them a second.
IGNORED = frozenset(
    {
        *("exec_create", "exec_start", "exec_die", "exec_detach"),
        *("top", "resize", "attach", "detach", "checkpoint"),
        *("archive-path", "extract-to-dir", "copy", "export"),
    }
)


def after_list(old: Container, new: Container, text: str, now: float) -> Container:
    """``new`` as listed with Status ``text`` at ``now``, and what ``old`` knew better."""
    kept = new._replace(
        created=_in_second(old.created, new.created),
        demand=_demand(old, new),
        started_at=old.started_at,
        finished_at=old.finished_at,
        exit_code=old.exit_code,
        health=new.health if new.state == "running" or new.health != "none" else old.health,
        wishes=old.wishes,
        tied=old.tied,
        tty=old.tty,
        detailed=old.detailed,
        sized=old.sized,
    )
    return kept if _fits(kept, text, now) else _estimated(kept, new)


def _fits(known: Container, text: str, now: float) -> bool:
    """Whether the known times would make the text that the engine shows."""
    seen = read_status(text)
    if not seen.has_age:
        return True
    if known.state in _UP:
        return bool(known.started_at) and seen.allows(now - known.started_at)
    same_end = bool(known.finished_at) and seen.allows(now - known.finished_at)
    return same_end and seen.exit_code == known.exit_code


def shows(known: Container, state: str | None, text: str, now: float) -> bool:
    """Whether an engine would list ``known`` with this State and Status at ``now``."""
    health = read_status(text).health or "none"
    same = known.state == state and (state != "running" or known.health == health)
    return same and _fits(known, text, now)


def _estimated(kept: Container, new: Container) -> Container:
    if new.state in _UP:
        return kept._replace(started_at=new.started_at, detailed=False)
    return kept._replace(
        started_at=kept.started_at or new.started_at,
        finished_at=new.finished_at,
        exit_code=new.exit_code,
        detailed=False,
    )


def _in_second(exact: float, listed: float) -> float:
    """The exact time of creation, as far as the whole second that is listed allows it."""
    if not exact:
        return listed
    second = float(int(listed))
    return min(max(exact, second), second + _LAST_OF_SECOND)


def _demand(old: Container, new: Container) -> Demand:
    """A running container's list item has all its ports; else only an inspect or create has."""
    ports = new.demand.ports if new.running else old.demand.ports
    return old.demand if ports == old.demand.ports else old.demand._replace(ports=ports)


def after_inspect(old: Container, new: Container) -> Container:
    """``new`` as inspected, and what only the list tells: entry, aliases, image as shown."""
    return new._replace(
        names=renamed(old.names, new.name),
        image=old.image or new.image,
        entry=old.entry,
    )


def after_event(
    old: Container, verb: str, detail: str, attributes: Mapping[str, str], when: float
) -> Container:
    """``old`` after an event at ``when``, in seconds since the epoch on the engine's clock.

    Engines differ in what they emit in which order (20.10 has ``die`` before ``stop``, later ones
    after it), so only events that mean one thing by themselves change anything, and one that is
    older than what is known (replayed after a reconnect) changes nothing.
    """
    if verb == "start" and when >= old.finished_at:
        health = "none" if old.health == "none" else "starting"
        return old._replace(state="running", started_at=when, exit_code=0, health=health, failing=0)
    if verb == "die" and when >= old.started_at:
        code = attributes.get("exitCode", "")
        known = int(code) if code.isdecimal() else 0
        return old._replace(state="exited", finished_at=when, exit_code=known)
    if verb == "pause" and old.state == "running":
        return old._replace(state="paused")
    if verb == "unpause" and old.state == "paused":
        return old._replace(state="running")
    if verb == "health_status" and detail in _HEALTH:
        return old._replace(health=detail, failing=0 if detail == "healthy" else old.failing)
    if verb == "rename" and attributes.get("name"):
        return old._replace(names=renamed(old.names, attributes["name"]))
    if verb == "update":
        return old._replace(detailed=False, sized=False)
    return old
