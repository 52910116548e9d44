"""The event ``reschedule``, which ``docker events`` shows among those of the engines."""

from __future__ import annotations

from collections.abc import Mapping

from swarmd.manager.fleet.fleet import Fleet


def publish(fleet: Fleet, key: str, container_id: str, attributes: Mapping[str, str]) -> None:
    """On behalf of engine ``key``; with an attribute ``error`` it tells why nothing was done."""
    now = fleet.now()
    record = {
        "Type": "container",
        "Action": "reschedule",
        "Actor": {"ID": container_id, "Attributes": dict(attributes)},
        "scope": "local",
        "time": int(now),
        "timeNano": int(now * 1e9),
    }
    fleet.hub.publish(key, record)
