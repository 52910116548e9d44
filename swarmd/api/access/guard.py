"""The guard of the API where there is a policy: every request passes it before any resource.

It sees what the tree sees, the decoded and cleaned path without its version, so no spelling of a
path means one thing here and another behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from twisted.logger import Logger
from twisted.web.resource import IResource, Resource, getChildForRequest
from twisted.web.server import NOT_DONE_YET

from swarmd.api.access.judge import Judge, Judgement
from swarmd.api.routing.resource import ErrorResource, own
from swarmd.authz.learning import Learner
from swarmd.authz.policy import Policy, Role, allowed, deciding, denial
from swarmd.authz.rights import PING, Right, classify
from swarmd.core.errors import ApiError
from swarmd.core.request import version
from swarmd.core.request.identity import Identity
from swarmd.front.client_identity import identity_of
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.host_access import HostAccess
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.interfaces import FleetView

# Nobody's rights change what these are removed from: within a scope only its own can go.
_STRICT = frozenset({("images", "remove"), ("networks", "remove"), ("volumes", "remove")})

# Where the paths begin that no engine has.
_OWN = "swarmd"

# Whose roles are kept, of those that have come since the policy did.
_CALLERS = 1024

MakeTree = Callable[[Role, bool], tuple[FleetView, Resource]]


class Denied(ApiError):
    """The answer 403 to a call that the role of its sender does not have."""

    status = 403


class Guard(Resource):
    """The root of the API behind a policy: stands before ``root``.

    Attributes:
        policy: The one in force; may be replaced at any time.

    Args:
        make_tree: For a role with a scope, strict or not: the fleet and the tree as it sees them.
    """

    _log = Logger()

    def __init__(self, root: Resource, fleet: Fleet, policy: Policy, make_tree: MakeTree) -> None:
        super().__init__()
        self.learner = Learner()
        self._root = root
        self._fleet = fleet
        self._make_tree = make_tree
        self._contents = HostAccess(fleet)
        self._trees: dict[tuple[Role, bool], tuple[FleetView, Resource]] = {}
        self.replace(policy)

    def replace(self, policy: Policy) -> None:
        """Who has which roles is looked up once (of 90 us a call, 5 are left)."""
        self.policy = policy
        self._roles_of = lru_cache(_CALLERS)(policy.roles_of)
        self._trees.clear()

    def getChildWithDefault(self, path: bytes, request: DockerRequest) -> IResource:
        request.postpath = [path, *(request.postpath or ())]
        request.prepath = (request.prepath or [])[:-1]
        identity = identity_of(request)
        segments = _segments(request)
        right = classify(request.method.decode("latin-1"), segments)
        try:
            return self._admitted(request, identity, right, segments)
        except ApiError as refusal:
            line = b" ".join((request.method, request.path)).decode("latin-1")
            why = refusal.message
            text, trace = "{who} {line}: {why}", request.trace_id
            self._log.info(text, who=identity.name, line=line, why=why, trace=trace)
            return ErrorResource(refusal)

    def _admitted(
        self, request: DockerRequest, identity: Identity, right: Right, segments: list[str]
    ) -> IResource:
        if right[:2] == PING[:2]:
            return _found(self._root, request)  # tells nothing, and balancers ask for it
        roles = self._roles_of(identity)
        if segments[0] == _OWN and not self.policy.learn:  # the page shows what may be done
            request.terms = replace(request.terms, allows=partial(allowed, roles))
        role = deciding(roles, right)
        if self.policy.learn:
            return self._learning(request, identity, right, role, segments)
        if role is None:
            raise Denied(denial(identity, right, roles))
        if request.record is not None:
            request.record.role = role.name
        fleet, tree = self._tree(role, (right.noun, right.verb) in _STRICT)
        judge = Judge(role, identity, self._fleet, fleet, self._contents)
        judgement = judge.of(request, right, segments)
        found = _found(tree, request)
        return found if judgement is None else Judged(found, judgement)

    def _learning(
        self,
        request: DockerRequest,
        identity: Identity,
        right: Right,
        role: Role | None,
        segments: list[str],
    ) -> IResource:
        """Everything passes as if there were no policy; what would not have is told."""
        if role is None:
            self._log_denial(identity, denial(identity, right, self._roles_of(identity)))
        self.learner.saw(identity, right)
        role = role or Role("learned", frozenset())
        learned = Judge(role, identity, self._fleet, self._fleet, self._contents)
        report = partial(self._learned, identity)
        judgement = learned.learn(request, right, segments, report)
        found = _found(self._root, request)
        return found if judgement is None else Judged(found, judgement)

    def _learned(self, identity: Identity, key: str, value: str | bool, words: str) -> None:
        self.learner.found(identity, key, value)
        self._log_denial(identity, words)

    def _log_denial(self, identity: Identity, words: str) -> None:
        self._log.warn("would be denied: {who}: {words}", who=identity.name, words=words)

    def _tree(self, role: Role, strict: bool) -> tuple[FleetView, Resource]:
        if role.scope is None:
            return self._fleet, self._root
        key = role, strict
        if key not in self._trees:
            self._trees[key] = self._make_tree(role, strict)
        return self._trees[key]


def _segments(request: DockerRequest) -> list[str]:
    """As the root of the tree reads them."""
    segments = [segment.decode("utf-8", "replace") for segment in request.postpath or ()]
    if len(segments) > 1 and version.parse_prefix(segments[0]) is not None:
        del segments[0]
    return segments


def _found(tree: Resource, request: DockerRequest) -> IResource:
    found: IResource = getChildForRequest(tree, request)
    return found


class Judged(Resource):
    """A resource whose request is judged before it is rendered.

    Acts once its judgement, which may change the request, has let it pass.
    """

    isLeaf = True

    def __init__(self, inner: IResource, judgement: Judgement) -> None:
        super().__init__()
        self._inner: Any = inner
        self._judgement = judgement
        self.takes_head = getattr(inner, "takes_head", False)
        if hasattr(inner, "body_limit"):
            self.body_limit = inner.body_limit

    def render(self, request: DockerRequest) -> int:
        own(request, self._then(request, partial(request.render, self._inner)))
        return NOT_DONE_YET

    def render_head(self, request: DockerRequest) -> int:
        own(request, self._then(request, partial(self._inner.render_head, request)))
        return NOT_DONE_YET

    async def _then(self, request: DockerRequest, act: Callable[[], object]) -> None:
        judging: Coroutine[Any, Any, None] | None = self._judgement(request)
        if judging is not None:
            await judging
        act()
