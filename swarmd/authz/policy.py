"""A policy as values: who has which roles, what a role allows, and who is denied what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from swarmd.authz.rights import BUILDKIT, RIGHTS, Right
from swarmd.core.request.identity import Identity
from swarmd.core.request.scope import Scope


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern of a policy. ``*`` stands for anything but a slash, ``**`` for anything."""

    text: str

    def fits(self, value: str) -> bool:
        return _pattern(self.text).fullmatch(value) is not None


@lru_cache
def _pattern(glob: str) -> re.Pattern[str]:
    parts = (
        ".*" if part == "**" else "[^/]*" if part == "*" else re.escape(part)
        for part in re.split(r"(\*\*|\*)", glob)
    )
    return re.compile("".join(parts), re.DOTALL)


@dataclass(frozen=True, slots=True)
class AllowedPorts:
    """Host ports of one protocol that may be published, both ends included."""

    first: int
    last: int
    proto: str = "tcp"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be created; what is not listed may not. Images without patterns are free.

    Attributes:
        host: Which of network, pid, ipc, uts, userns, cgroup may be the host's own.
        binds: Folders below which anything may be mounted; those in ``read_only`` only so.
        images: Globs of names as engines list them: ``busybox:*``, ``registry/ml/**``.
        networks, volumes: Globs of names of things that are shared with other scopes.
        subnets: From which a network's addresses may be chosen by whoever makes it.
    """

    privileged: bool = False
    host: frozenset[str] = frozenset()
    devices: tuple[Glob, ...] = ()
    gpus: bool = False
    capabilities: frozenset[str] = frozenset()
    security_opt: frozenset[str] = frozenset()
    sysctls: tuple[Glob, ...] = ()
    runtimes: frozenset[str] = frozenset()
    binds: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    ports: tuple[AllowedPorts, ...] = ()
    publish_all: bool = False
    images: tuple[Glob, ...] | None = None
    networks: tuple[Glob, ...] = ()
    volumes: tuple[Glob, ...] = ()
    subnets: tuple[IPv4Network | IPv6Network, ...] = ()
    volume_drivers: frozenset[str] = frozenset({"local"})
    network_drivers: frozenset[str] = frozenset({"bridge"})
    log_drivers: frozenset[str] = frozenset({"json-file", "local", "none", "journald"})


@dataclass(frozen=True, slots=True)
class Quota:
    """What all containers together may be given; None is no bound.

    Attributes:
        cpus: Nano-CPUs.
        memory: Bytes.
    """

    containers: int | None = None
    cpus: int | None = None
    memory: int | None = None
    gpus: int | None = None


NO_QUOTA = Quota()


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the policy: rights, limits, scope and quota.

    Attributes:
        allow: "verb", "noun:verb", "noun:*" or "*".
        limits: None bounds nothing.
        quota: For all who have the role, together.
        quota_each: For each of them.
    """

    name: str
    allow: frozenset[str]
    scope: Scope | None = None
    limits: Limits | None = field(default_factory=Limits)
    quota: Quota = NO_QUOTA
    quota_each: Quota = NO_QUOTA

    def allows(self, right: Right) -> bool:
        if self.scope is not None and not right.scoped:
            return False
        words = [right.verb, f"{right.noun}:{right.verb}"]
        if not self.must_name(right):
            words += ["*", f"{right.noun}:*"]
        return not self.allow.isdisjoint(words)

    def must_name(self, right: Right) -> bool:
        """A wildcard does not mean it, since it reaches beyond what the role may create."""
        return self.limits is not None and right[:2] == BUILDKIT[:2]


@dataclass(frozen=True, slots=True)
class Who:
    """One ``[[identity]]``: every condition that is given must hold, by one of its values."""

    roles: tuple[str, ...]
    cn: tuple[Glob, ...] = ()
    ou: tuple[Glob, ...] = ()
    san: tuple[Glob, ...] = ()
    uid: frozenset[int] = frozenset()
    gid: frozenset[int] = frozenset()
    network: tuple[IPv4Network | IPv6Network, ...] = ()

    def fits(self, identity: Identity) -> bool:
        return (
            (not self.cn or (bool(identity.common_name) and _any(self.cn, identity.common_name)))
            and (not self.ou or any(_any(self.ou, unit) for unit in identity.units))
            and (not self.san or any(_any(self.san, name) for name in identity.names))
            and (not self.uid or identity.uid in self.uid)
            and (not self.gid or not self.gid.isdisjoint(identity.gids))
            and (not self.network or self._is_near(identity.address))
        )

    def _is_near(self, address: str) -> bool:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None) or found
        return any(mapped in network for network in self.network)


def _any(globs: tuple[Glob, ...], value: str) -> bool:
    return any(glob.fits(value) for glob in globs)


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy file.

    Attributes:
        learn: Nothing is denied, but what would be is told.
    """

    who: tuple[Who, ...]
    roles: Mapping[str, Role]
    learn: bool = False

    def roles_of(self, identity: Identity) -> tuple[Role, ...]:
        """Of all entries that fit, in the order of the file, each once."""
        names = (name for who in self.who if who.fits(identity) for name in who.roles)
        return tuple(self.roles[name] for name in dict.fromkeys(names))

    def role_for(self, identity: Identity, right: Right) -> Role | None:
        return deciding(self.roles_of(identity), right)


def deciding(roles: tuple[Role, ...], right: Right) -> Role | None:
    """The first role that allows it: its scope and its limits hold."""
    return next((role for role in roles if role.allows(right)), None)


def allowed(roles: tuple[Role, ...], noun: str, verb: str) -> bool:
    """Whether one of the roles has a right, within its scope or beyond."""
    rights = [right for right in RIGHTS if right[:2] == (noun, verb)]
    return any(deciding(roles, right) is not None for right in rights)


def denial(identity: Identity, right: Right, roles: tuple[Role, ...]) -> str:
    """Why nobody lets ``identity`` have ``right``, and what is missing."""
    if not roles:
        return f"denied by policy: {identity.name} has no role; {right} is needed"
    names = ", ".join(role.name for role in roles)
    word = "role" if len(roles) == 1 else "roles"
    bound = [role.name for role in roles if role.scope is not None and not right.scoped]
    why = f"{right} is not allowed"
    if len(bound) == len(roles):
        why = f"{right} reaches beyond a scope"
    elif any(role.must_name(right) for role in roles):
        why = f"{right} reaches beyond what the role may create: allow has to name it"
    return f"denied by policy: {identity.name} has the {word} {names}, and {why}"
