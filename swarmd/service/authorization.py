"""Puts together what enforces a policy: its file, the guard, and a tree for each scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.web.resource import Resource

from swarmd.api.access.guard import Guard
from swarmd.api.routing.resource import Noun
from swarmd.authz.policy import Glob, Limits, Role
from swarmd.cluster.scoped.sight import Sight
from swarmd.config.policy_file import PolicyFile, read_policy
from swarmd.files.in_thread import Executor, at_once
from swarmd.front.request import DockerRequest
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.scoped_fleet import ScopedFleet
from swarmd.manager.interfaces import FleetView


class Authorization(PolicyFile):
    """The policy file in force: the guard of the API follows it.

    Attributes:
        guard: The resource that stands before ``root``.

    Args:
        tree: Makes a tree of its own for a part of the fleet.
    """

    def __init__(
        self,
        path: str,
        clock: Any,
        fleet: Fleet,
        root: Noun,
        tree: Callable[[FleetView], Noun],
        executor: Executor = at_once,
    ) -> None:
        super().__init__(path, clock, lambda policy: self.guard.replace(policy), executor)
        self.guard = Guard(root, fleet, read_policy(path), self._scoped)
        self._fleet = fleet
        self._tree = tree
        fleet.notices.add(self.notices)
        fleet.bad_files["policy"] = lambda: [self.problem] if self.problem else []

    def learned(self, request: DockerRequest) -> None:
        """``GET /swarmd/policy``: one that would allow what was asked for while learning."""
        text = self.guard.learner.policy().encode()
        request.reply(200, text, content_type=b"text/plain; charset=utf-8")

    def _scoped(self, role: Role, strict: bool) -> tuple[FleetView, Resource]:
        seen = ScopedFleet(self._fleet, sight(role, strict=strict))
        return seen, self._tree(seen)


def sight(role: Role, *, strict: bool = False) -> Sight:
    """What a role with a scope sees."""
    assert role.scope is not None
    limits = role.limits or Limits()
    return Sight(
        role.scope, strict=strict, networks=_any(limits.networks), volumes=_any(limits.volumes)
    )


def _any(globs: tuple[Glob, ...]) -> Callable[[str], bool]:
    return lambda name: any(glob.fits(name) for glob in globs)
