"""Which driver a new network gets, where its maker leaves that to swarmd. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from swarmd.core.errors import BadParameter
from swarmd.core.names import DRIVER_LABEL
from swarmd.streams.link import Answer

OVERLAY = "overlay"
_UNASKED = (None, "", "bridge")  # what clients send that were told of none


def with_driver(wanted: Mapping[str, Any], default: str) -> dict[str, Any]:
    """``wanted`` with the driver of its label, else of ``default`` where it names none.

    An overlay network that is made so is attachable: it is for containers, not for services.

    Raises:
        BadParameter: The label contradicts what was asked for, or has another driver.
    """
    asked, labels = wanted.get("Driver"), wanted.get("Labels")
    given = labels.get(DRIVER_LABEL) if isinstance(labels, dict) else None
    if given == OVERLAY and asked not in (*_UNASKED, OVERLAY):
        raise BadParameter(f"network driver {asked} is not {given}, which label {DRIVER_LABEL} has")
    if given not in (None, OVERLAY):
        raise BadParameter(f"label {DRIVER_LABEL} can only be {OVERLAY}, not {given}")
    driver = given or asked or default
    attachable = {"Attachable": True} if driver == OVERLAY and asked != OVERLAY else {}
    return {**wanted, "Driver": driver, **attachable}


def with_cure(answer: Answer) -> Answer:
    """An engine's answer to a create; what it advises itself is refused here."""
    if answer.status < 400 or b"This node is not a swarm manager." not in answer.body:
        return answer
    return replace(answer, body=orjson.dumps({"message": _CURE}))


_CURE = (
    "This node is not a swarm manager. Networks of driver overlay need engines in swarm mode: an "
    "operator joins them by `swarmd overlay up`."
)
