"""Puts together the page at ``/swarmd/``."""

from __future__ import annotations

import secrets
from typing import Any

from swarmd.cluster.views.info import FleetIdentity
from swarmd.doctor.advice import advice
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.nodes.node_history import NodeHistory
from swarmd.service.operations import Operations
from swarmd.ui.interface import UserInterface
from swarmd.ui.visit import Backing


def make_page(
    reactor: Any, fleet: Fleet, identity: FleetIdentity, operations: Operations
) -> UserInterface:
    """The page, and what it remembers of nodes."""
    history = NodeHistory(fleet)
    history.setServiceParent(fleet)
    backing = Backing(
        fleet,
        identity,
        operations.operator,
        operations.explain,
        history,
        advice,
        reactor,
        secrets.token_hex(8),
    )
    return UserInterface(backing)
