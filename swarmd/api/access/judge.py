"""Judges one request by its role: what it asks for, and, within a scope, whom it is about."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from swarmd.api.access.reach import USES, Reach
from swarmd.api.access.scoping import Scoping, is_host, name_images
from swarmd.authz import other_calls
from swarmd.authz import strict_json as shapes
from swarmd.authz.create_rules import (
    Violation,
    judge_create,
    judge_image,
    judge_network,
    networks_of,
)
from swarmd.authz.policy import Limits, Role
from swarmd.authz.quota import (
    FIXED,
    counts_gpus,
    excess,
    excess_of_start,
    has_quota,
    made_by,
    unbounded,
)
from swarmd.authz.rights import BUILDKIT, Right
from swarmd.authz.strict_json import read_strictly, render
from swarmd.cluster.images.image_lookup import known_as
from swarmd.codec.query import parse_query, render_query
from swarmd.core.container.container_state import Container, Demand
from swarmd.core.container.personal_labels import OWNER, ROLE
from swarmd.core.errors import ApiError
from swarmd.core.model import Engine
from swarmd.core.request.identity import Identity
from swarmd.core.request.json_keys import Shape
from swarmd.front.request import DockerRequest
from swarmd.manager.containers.host_access import HostAccess
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import (
    settle_containers,
    settle_details,
    settle_lists,
    unsettled,
)
from swarmd.manager.interfaces import FleetView

Judgement = Callable[[DockerRequest], Coroutine[Any, Any, None] | None]
# Of one finding: the key that would allow it, its value, and the words of the refusal.
Report = Callable[[str, str | bool, str], None]

_FORBIDDEN = 403
_BODIES: dict[tuple[str, str], Shape] = {
    ("containers", "create"): shapes.CREATE,
    ("containers", "update"): shapes.UPDATE,
    ("containers", "exec"): shapes.EXEC,
    ("containers", "checkpoints"): shapes.CHECKPOINT,
    ("networks", "create"): shapes.NETWORK,
    ("networks", "connect"): shapes.CONNECT,
    ("networks", "disconnect"): shapes.CONNECT,
    ("volumes", "create"): shapes.VOLUME,
    ("images", "commit"): shapes.COMMIT,
}
_STARTS = ("start", "restart")
_WITHOUT_BODY = ("start", "stop", "restart", "kill", "pause", "unpause", "wait", "rename", "copy")


class Judge:
    """The judgement of one request of ``identity``, which came in with ``role``.

    Args:
        whole: All of the fleet.
        seen: As much of it as the role sees.
    """

    def __init__(
        self, role: Role, identity: Identity, whole: Fleet, seen: FleetView, contents: HostAccess
    ) -> None:
        self._role = role
        self._identity = identity
        self._whole = whole
        self._scoping = Scoping(role, whole, seen) if role.scope is not None else None
        self._reach: Reach | None = None
        if role.limits is not None:
            self._reach = Reach(role.limits, whole, seen, contents, self._has_free_image)
        self._report: Report = self._deny

    def of(self, request: DockerRequest, right: Right, segments: list[str]) -> Judgement | None:
        """None if nothing in the request needs to be looked at."""
        action = segments[-1] if request.method != b"DELETE" else ""
        bounded = self._role.limits is not None or self._scoping is not None
        if not bounded and not has_quota(self._role):
            return None
        if request.method in (b"GET", b"HEAD") and not self._reads_of(right):
            return None
        return partial(self._judge, right, action)

    def _reads_of(self, right: Right) -> bool:
        """Whether also a GET has to be looked at."""
        if self._scoping is not None and right.noun == "images":
            return True
        return self._reach is not None and right.verb in USES

    def learn(
        self, request: DockerRequest, right: Right, segments: list[str], report: Report
    ) -> Judgement | None:
        """Reports what would be refused, and lets it pass as it came."""
        self._report = report
        if request.method in (b"GET", b"HEAD") and right.verb not in USES:
            return None
        action = segments[-1] if request.method != b"DELETE" else ""
        return partial(self._look, right, action)

    async def _look(self, right: Right, action: str, request: DockerRequest) -> None:
        try:
            body = self._content(right, action, request)
        except ApiError as error:
            self._report("", "", error.message)
            return
        try:
            await self._existing(right, action, parse_query(request.raw_query), body)
        except ApiError as error:  # what is not there is nobody's to deny
            if error.status == _FORBIDDEN:
                self._report("", "", error.message)

    async def _judge(self, right: Right, action: str, request: DockerRequest) -> None:
        if self._scoping is not None:
            await self._settle()
        elif self._names_images(right, action):
            await settle_lists(self._whole, "images")
        body = self._content(right, action, request)
        query = parse_query(request.raw_query)
        await request.yield_to_others()
        if self._scoping is not None:
            self._scoping.apply(right, action, query, body)
        if self._reach is not None:
            await self._reach.pin(right, action, query, body)
            await self._existing(right, action, query, body)
            request.terms = replace(request.terms, vet=self._vet)
        pairs = ((key, one) for key, all_ in query.items() for one in all_)
        request.raw_query, request._query = render_query(pairs).encode(), None
        if right.noun == "containers" and action == "create" and body is not None:
            await self._count(body, request)
        if right.noun == "containers" and action in _STARTS and has_quota(self._role):
            await self._count_starts(request)
        if body is not None:
            request.body = render(body)
            await request.yield_to_others()

    async def _existing(
        self, right: Right, action: str, query: dict[str, list[str]], body: dict[str, Any] | None
    ) -> None:
        """What is taken of things that are there."""
        if self._reach is None:
            return
        self._check(await self._reach.of(right, action, query, body or {}))

    async def _vet(self, engine: Engine, volumes: Sequence[str]) -> None:
        """What only their node can tell of volumes."""
        assert self._reach is not None
        self._check(await self._reach.volumes_on(engine, volumes))

    def _has_free_image(self, container: Container) -> bool:
        return self._is_free(container.image_id)

    def _is_free(self, image: str) -> bool:
        """The scope's own, whatever it is called; or what has, by its content, an allowed name."""
        if self._scoping is not None and self._scoping.is_own(image):
            return True
        limits, names = self._role.limits, known_as(self._whole.state, image)
        return limits is not None and any(not list(judge_image(one, limits)) for one in names)

    async def _settle(self) -> None:
        """What belongs to whom is judged by what is, not by what was."""
        await settle_containers(self._whole, unsettled(self._whole))
        for what in ("images", "networks", "volumes"):
            await settle_lists(self._whole, what)

    def _content(self, right: Right, action: str, request: DockerRequest) -> dict[str, Any] | None:
        """The body, read so that it has one meaning; raises or reports what is not allowed."""
        limits = self._role.limits
        body = self._body(right, action, request)
        if body is not None and self._names_images(right, action):
            name_images(self._whole.state, body)
        if has_quota(self._role) and (right.noun, action) == ("containers", "update"):
            self._check(_counted(body or {}))
        if limits is not None:
            self._check(self._findings(right, action, request, body, limits))
        return body

    def _names_images(self, right: Right, action: str) -> bool:
        """Whether it matters which image a create means."""
        limits = self._role.limits
        bounded = self._scoping is not None or (limits is not None and limits.images is not None)
        return bounded and (right.noun, action) == ("containers", "create")

    def _body(self, right: Right, action: str, request: DockerRequest) -> dict[str, Any] | None:
        if request.method in (b"GET", b"HEAD"):
            return None
        place = (right.noun, "commit" if right.verb == "commit" else action)
        shape = _BODIES.get(place)
        if (shape is not None and right.verb != "exec") or place == ("containers", "exec"):
            return read_strictly(request.body, shape or {}, closed=self._role.limits is not None)
        if right.verb == "run" and action in _WITHOUT_BODY and request.body.strip():
            if read_strictly(request.body, {}, closed=False):
                raise ApiError(f"denied by policy: {action} takes no body", 403)
            request.body = b""
        return None

    def _findings(
        self,
        right: Right,
        action: str,
        request: DockerRequest,
        body: dict[str, Any] | None,
        limits: Limits,
    ) -> Iterable[Violation]:
        given = body or {}
        match right.noun, right.verb, action:
            case "containers", "run", "create":
                return self._new_container(given, limits)
            case "containers", "run", "start":
                return other_calls.judge_start(parse_query(request.raw_query))
            case "containers", "run", "update":
                return other_calls.judge_update(given, limits)
            case "containers", "checkpoint", _:
                return other_calls.judge_checkpoint(parse_query(request.raw_query), given)
            case "containers", "exec", "exec":
                return other_calls.judge_exec(given, limits)
            case "networks", "create", _:
                default = self._whole.network_driver
                return other_calls.judge_network_create(given, limits, default)
            case "networks", "connect", _:
                named = "host" if is_host(self._whole.state, right.ref) else right.ref
                return other_calls.judge_connect(named, given, limits)
            case "volumes", "create", _:
                return other_calls.judge_volume(given, limits)
            case "images", "build", "build":
                return self._build(request, limits)
            case "images", "pull", _:
                return other_calls.judge_pull(parse_query(request.raw_query), limits)
        return ()

    def _new_container(self, body: dict[str, Any], limits: Limits) -> Iterable[Violation]:
        free = self._is_free(str(body.get("Image") or ""))
        yield from (one for one in judge_create(body, limits) if one.key != "images" or not free)
        for ref in networks_of(body):
            if is_host(self._whole.state, ref):
                yield from judge_network("host", limits)

    def _build(self, request: DockerRequest, limits: Limits) -> Iterable[Violation]:
        query = parse_query(request.raw_query)
        yield from other_calls.judge_build(query, limits)
        if query.get("version", [""])[0] == other_calls.BUILDKIT and not self._role.allows(
            BUILDKIT
        ):
            yield Violation(
                "a build by BuildKit, whose calls nobody can look into (images:buildkit)"
            )

    def _check(self, findings: Iterable[Violation]) -> None:
        for found in findings:
            place = f"role.{self._role.name}"
            why = f"{place}.create.{found.key} does not allow it" if found.key else "nothing does"
            words = f"denied by policy: role {self._role.name} may not have {found.what}: {why}"
            self._report(found.key, found.value, words)

    def _deny(self, key: str, value: str | bool, words: str) -> None:
        raise ApiError(words, 403)

    # Quotas

    async def _count(self, body: dict[str, Any], request: DockerRequest) -> None:
        """Its labels say who made it, also where an image's labels say other."""
        given = body.get("Labels")
        made = {ROLE: self._role.name, OWNER: self._identity.name}
        body["Labels"] = {**(given if isinstance(given, dict) else {}), **made}
        limits = self._role.limits
        if counts_gpus(self._role) or (limits is not None and not limits.gpus):
            request.terms = replace(request.terms, devices_by_environment=False)
        if not has_quota(self._role):
            return
        if missing := unbounded(body, self._role):
            raise ApiError(
                f"denied by policy: the quota of role {self._role.name} needs {missing}", 403
            )
        request.terms = replace(request.terms, admit=self._admit)
        await self._know_sizes()

    async def _count_starts(self, request: DockerRequest) -> None:
        """By what is, not by what was: what an engine starts again has ended for a moment only."""
        await settle_containers(self._whole, unsettled(self._whole))
        request.terms = replace(request.terms, admit_start=self._admit_start)
        await self._know_sizes()

    async def _know_sizes(self) -> None:
        held = made_by(self._role, self._whole.state.containers.values())
        await settle_details(self._whole, held)

    def _admit(self, wanted: Demand, replaced: Sequence[Container]) -> None:
        name = self._identity.name
        _check_quota(excess(self._all(), self._role, name, wanted, replaced))

    def _admit_start(self, container: Container) -> None:
        if made_by(self._role, [container]):
            _check_quota(excess_of_start(self._all(), self._role, container))

    def _all(self) -> list[Container]:
        state = self._whole.state
        pending = (one.container for one in state.reservations.pending.values())
        return [*state.containers.values(), *pending]


def _check_quota(excess: tuple[str, str]) -> None:
    key, amount = excess
    if key:
        raise ApiError(f"denied by policy: {key} would be exceeded, {amount}", 403)


def _counted(update: Mapping[str, Any]) -> Iterable[Violation]:
    for key in FIXED:
        if update.get(key):
            yield Violation(f"update of {key}, which a quota counts")
