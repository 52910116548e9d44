"""Reads a policy. Every mistake is one ValueError that names the place and says what is wrong."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from ipaddress import ip_network
from typing import Any, TypeVar

from swarmd.authz.policy import AllowedPorts, Glob, Limits, Policy, Quota, Role, Who
from swarmd.authz.rights import NOUNS, VERBS
from swarmd.core.request.scope import Scope
from swarmd.core.toml.load import load_toml

T = TypeVar("T")
Table = Mapping[str, Any]

_SCOPE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._/-]*)=([A-Za-z0-9][A-Za-z0-9._-]*)\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(tcp|udp|sctp))?\Z")
_HOST = ("network", "pid", "ipc", "uts", "userns", "cgroup")
_SIZE = re.compile(r"(\d{1,15})([bkmgt]?)\Z")
_ONE_CPU = 1_000_000_000
UNBOUND = "anything"


def parse_policy(text: str) -> Policy:
    """Raises ValueError."""
    top = load_toml(text)
    _known("", top, ("mode", "identity", "role"))
    mode = top.get("mode", "enforce")
    if mode not in ("enforce", "learn"):
        raise ValueError(f'mode: {mode!r} is neither "enforce" nor "learn"')
    roles = {
        name: _role(name, table) for name, table in _table("role", top.get("role", {})).items()
    }
    entries = top.get("identity", [])
    if not isinstance(entries, list):
        raise ValueError("identity: write [[identity]], with two brackets")
    who = [_who(f"identity {n}", entry, roles) for n, entry in enumerate(entries, 1)]
    return Policy(tuple(who), roles, learn=mode == "learn")


def _known(place: str, table: Table, keys: Collection[str]) -> None:
    for key in table:
        if key not in keys:
            known = ", ".join(keys)
            raise ValueError(f"{place + '.' if place else ''}{key}: unknown key; known are {known}")


def _table(place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: a table is expected")
    return value


def _texts(place: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, str) and one for one in values):
        raise ValueError(f"{place}: a text or a list of texts is expected")
    return tuple(values)


def _list(place: str, value: Any) -> tuple[str, ...]:
    """Like ``_texts``, but it may be empty."""
    return () if value == [] else _texts(place, value)


def _globs(place: str, value: Any) -> tuple[Glob, ...]:
    return tuple(map(Glob, _list(place, value)))


def _flag(place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{place}: true or false is expected")
    return value


def _set(place: str, value: Any) -> frozenset[str]:
    return frozenset(_list(place, value))


# Identities


def _who(place: str, entry: Any, roles: Mapping[str, Role]) -> Who:
    table = _table(place, entry)
    readers: dict[str, Callable[[str, Any], Any]] = {
        "cn": _some_globs,
        "ou": _some_globs,
        "san": _some_globs,
        "uid": _ids,
        "gid": _ids,
        "network": _networks,
    }
    _known(place, table, (*readers, "roles"))
    if "roles" not in table:
        raise ValueError(f"{place}: roles are missing")
    given = _texts(f"{place}.roles", table["roles"])
    for role in given:
        if role not in roles:
            raise ValueError(f"{place}.roles: there is no role {role!r}")
    conditions = {
        key: read(f"{place}.{key}", table[key]) for key, read in readers.items() if key in table
    }
    if not conditions:
        raise ValueError(f"{place}: say who it is, by one of {', '.join(readers)}")
    return Who(given, **conditions)


def _some_globs(place: str, value: Any) -> tuple[Glob, ...]:
    return tuple(map(Glob, _texts(place, value)))


def _ids(place: str, value: Any) -> frozenset[int]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(type(one) is int and one >= 0 for one in values):
        raise ValueError(f"{place}: a number or a list of numbers is expected")
    return frozenset(values)


def _networks(place: str, value: Any) -> Any:
    return _ranges(place, _texts(place, value))


def _ranges(place: str, texts: tuple[str, ...]) -> Any:
    try:
        return tuple(map(ip_network, texts))
    except ValueError as error:
        raise ValueError(f"{place}: {error}".removeprefix(f"{place}: {place}: ")) from None


# Roles


def _role(name: str, value: Any) -> Role:
    place = f"role.{name}"
    if not _NAME.match(name):
        raise ValueError(f"{place}: a role's name has letters, digits, dots, dashes only")
    table = _table(place, value)
    _known(place, table, ("allow", "scope", "create", "quota", "quota_each"))
    return Role(
        name,
        _allow(f"{place}.allow", table.get("allow", [])),
        _scope(f"{place}.scope", table["scope"]) if "scope" in table else None,
        _limits(f"{place}.create", table.get("create", {})),
        _quota(f"{place}.quota", table.get("quota", {})),
        _quota(f"{place}.quota_each", table.get("quota_each", {})),
    )


def _allow(place: str, value: Any) -> frozenset[str]:
    for entry in _list(place, value):
        noun, colon, verb = entry.rpartition(":")
        fits = (noun in NOUNS and verb in VERBS | {"*"}) if colon else verb in VERBS | {"*"}
        if not fits:
            raise ValueError(
                f"{place}: {entry!r} is no right. Write VERB, NOUN:VERB, NOUN:* or *; nouns are "
                f"{', '.join(sorted(NOUNS))}; verbs are {', '.join(sorted(VERBS))}"
            )
    return _set(place, value)


def _scope(place: str, value: Any) -> Scope:
    found = _SCOPE.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{place}: a label is expected, as in team=ml")
    return Scope(found[1], found[2])


def _limits(place: str, value: Any) -> Limits | None:
    if value == UNBOUND:
        return None
    table = _table(place, value)
    readers: dict[str, Callable[[str, Any], Any]] = {
        **dict.fromkeys(("privileged", "gpus", "publish_all"), _flag),
        **dict.fromkeys(("devices", "sysctls", "images", "networks", "volumes"), _globs),
        **dict.fromkeys(("security_opt", "runtimes", "log_drivers"), _set),
        **dict.fromkeys(("volume_drivers", "network_drivers"), _set),
        **dict.fromkeys(("binds", "read_only"), _folders),
        "capabilities": _capabilities,
        "host": _host,
        "ports": _ports,
        "subnets": _subnets,
    }
    _known(place, table, readers)
    return Limits(**{key: readers[key](f"{place}.{key}", one) for key, one in table.items()})


def _folders(place: str, value: Any) -> tuple[str, ...]:
    for path in _list(place, value):
        if not path.startswith("/") or posixpath.normpath(path) != (path.rstrip("/") or "/"):
            raise ValueError(f"{place}: {path!r} is no absolute path without . and ..")
    return tuple(path.rstrip("/") or "/" for path in _list(place, value))


def _capabilities(place: str, value: Any) -> frozenset[str]:
    return frozenset(one.upper().removeprefix("CAP_") for one in _list(place, value))


def _host(place: str, value: Any) -> frozenset[str]:
    for one in _list(place, value):
        if one not in _HOST:
            raise ValueError(f"{place}: {one!r} is none of {', '.join(_HOST)}")
    return _set(place, value)


def _subnets(place: str, value: Any) -> Any:
    return _ranges(place, _list(place, value))


def _ports(place: str, value: Any) -> tuple[AllowedPorts, ...]:
    found = []
    for text in _list(place, value):
        match = _PORTS.match(text)
        if match is None or not 0 < int(match[1]) <= int(match[2] or match[1]) < 1 << 16:
            raise ValueError(f"{place}: {text!r} is no range of ports, as 8000-8999/tcp is")
        found.append(AllowedPorts(int(match[1]), int(match[2] or match[1]), match[3] or "tcp"))
    return tuple(found)


def _quota(place: str, value: Any) -> Quota:
    table = _table(place, value)
    _known(place, table, ("containers", "cpus", "memory", "gpus"))
    for key in ("containers", "gpus"):
        if key in table and (type(table[key]) is not int or table[key] < 0):
            raise ValueError(f"{place}.{key}: a whole number is expected")
    cpus = table.get("cpus")
    if cpus is not None and (type(cpus) not in (int, float) or not 0 <= cpus < 1e6):
        raise ValueError(f"{place}.cpus: a number is expected")
    return Quota(
        table.get("containers"),
        None if cpus is None else int(cpus * _ONE_CPU),
        _memory(f"{place}.memory", table["memory"]) if "memory" in table else None,
        table.get("gpus"),
    )


def _memory(place: str, value: Any) -> int:
    found = _SIZE.match(str(value))
    if found is None or not isinstance(value, (int, str)):
        raise ValueError(f'{place}: a size is expected, as "64g" is')
    return int(found[1]) << 10 * "bkmgt".index(found[2] or "b")
