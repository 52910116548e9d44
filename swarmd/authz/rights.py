"""Every route of the API as a right: a noun and a verb.

What is not in this table is ``unknown:admin``: a route that a later API brings is denied to all
but administrators until somebody has thought about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Right(NamedTuple):
    """Attributes:
    scoped: It can be had within a label scope.
    ref: What the path names, "" if it names nothing.
    """

    noun: str
    verb: str
    scoped: bool = False
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.noun}:{self.verb}"


UNKNOWN = Right("unknown", "admin")
PING = Right("system", "ping", True)

# (method, path) -> (noun, verb, scoped). "*" is a name, which may contain slashes.
_TABLE: tuple[tuple[str, str, str, str, bool], ...] = (
    ("GET HEAD OPTIONS", "_ping", "system", "ping", True),
    ("GET", "version", "system", "read", True),
    ("GET", "info", "system", "read", True),
    ("GET", "events", "system", "events", True),
    ("GET", "system/df", "system", "read", True),
    ("POST", "auth", "registry", "login", True),
    ("GET", "distribution/*/json", "registry", "read", True),
    ("GET", "images/search", "registry", "read", True),
    ("GET", "containers/json", "containers", "read", True),
    ("GET", "containers/ps", "containers", "read", True),
    ("POST", "containers/create", "containers", "run", True),
    ("POST", "containers/prune", "containers", "prune", True),
    *(
        ("GET", f"containers/*/{action}", "containers", "read", True)
        for action in ("json", "top", "stats", "changes")
    ),
    ("GET", "containers/*/logs", "containers", "logs", True),
    ("GET", "containers/*/export", "containers", "copy", True),
    ("GET HEAD PUT", "containers/*/archive", "containers", "copy", True),
    ("POST", "containers/*/copy", "containers", "copy", True),
    ("GET", "containers/*/attach/ws", "containers", "attach", True),
    ("POST", "containers/*/attach", "containers", "attach", True),
    ("GET POST", "containers/*/resize", "containers", "run", True),
    *(
        ("POST", f"containers/*/{action}", "containers", "run", True)
        for action in ("start", "stop", "restart", "kill", "pause", "unpause", "update")
    ),
    ("POST", "containers/*/rename", "containers", "run", True),
    ("POST", "containers/*/wait", "containers", "run", True),
    ("GET POST", "containers/*/checkpoints", "containers", "checkpoint", False),
    ("DELETE", "containers/*/checkpoints/+", "containers", "checkpoint", False),
    ("DELETE", "containers/*", "containers", "remove", True),
    ("POST", "containers/*/exec", "containers", "exec", True),
    ("POST", "exec/+/start", "containers", "exec", True),
    ("POST", "exec/+/resize", "containers", "exec", True),
    ("GET", "exec/+/json", "containers", "exec", True),
    ("POST", "commit", "images", "commit", True),
    ("GET", "images/json", "images", "read", True),
    ("GET", "images/*/json", "images", "read", True),
    ("GET", "images/*/history", "images", "read", True),
    ("GET", "images/*/attestations", "images", "read", True),
    ("POST", "images/create", "images", "pull", True),
    ("POST", "images/load", "images", "load", False),
    ("GET", "images/get", "images", "save", True),
    ("GET", "images/*/get", "images", "save", True),
    ("POST", "images/*/tag", "images", "tag", True),
    ("POST", "images/*/push", "images", "push", True),
    ("POST", "images/prune", "images", "prune", True),
    ("DELETE", "images/*", "images", "remove", True),
    ("POST", "build", "images", "build", True),
    ("POST", "build/cancel", "images", "build", False),
    ("POST", "build/prune", "images", "buildcache", False),
    ("POST", "session", "images", "buildkit", False),
    ("POST", "grpc", "images", "buildkit", False),
    ("GET", "networks", "networks", "read", True),
    ("GET", "networks/", "networks", "read", True),
    ("POST", "networks/create", "networks", "create", True),
    ("POST", "networks/prune", "networks", "prune", True),
    ("POST", "networks/*/connect", "networks", "connect", True),
    ("POST", "networks/*/disconnect", "networks", "connect", True),
    ("GET", "networks/*", "networks", "read", True),
    ("DELETE", "networks/*", "networks", "remove", True),
    ("GET", "volumes", "volumes", "read", True),
    ("POST", "volumes/create", "volumes", "create", True),
    ("POST", "volumes/prune", "volumes", "prune", True),
    ("GET", "volumes/*", "volumes", "read", True),
    ("DELETE", "volumes/*", "volumes", "remove", True),
    ("GET", "plugins", "plugins", "read", True),
    ("GET", "plugins/*/json", "plugins", "read", True),
    *(
        ("GET", path, "swarm", "read", True)
        for noun in ("nodes", "services", "tasks", "secrets", "configs")
        for path in (noun, f"{noun}/*")
    ),
    ("GET", "swarm", "swarm", "read", True),
    ("GET", "swarmd/nodes", "fleet", "read", False),
    ("GET", "swarmd/nodes/*", "fleet", "read", False),
    ("GET", "swarmd/metrics", "fleet", "read", False),
    ("GET", "swarmd/policy", "fleet", "read", False),
    ("POST", "swarmd/explain", "fleet", "read", False),
    ("POST", "swarmd/nodes/*", "fleet", "admin", False),
)

NOUNS = frozenset(row[2] for row in _TABLE) | {UNKNOWN.noun}
VERBS = frozenset(row[3] for row in _TABLE) | {UNKNOWN.verb}
RIGHTS = (*tuple(dict.fromkeys(Right(*row[2:5]) for row in _TABLE)), UNKNOWN)
# Pairs of path and right, exact ones by their length, so that a name never hides a route.
_EXACT = {
    (method, path): Right(noun, verb, scoped)
    for methods, path, noun, verb, scoped in _TABLE
    for method in methods.split()
    if "*" not in path and "+" not in path
}
_NAMED = [
    (method, tuple(path.split("/")), Right(noun, verb, scoped))
    for methods, path, noun, verb, scoped in _TABLE
    for method in methods.split()
    if "*" in path or "+" in path
]
_BY_METHOD: dict[str, list[tuple[tuple[str, ...], Right]]] = {}
for _method, _path, _right in sorted(_NAMED, key=lambda row: -len(row[1])):
    _BY_METHOD.setdefault(_method, []).append((_path, _right))


def classify(method: str, segments: Sequence[str]) -> Right:
    """The right that a request needs; ``segments`` are its path without the version."""
    exact = _EXACT.get((method, "/".join(segments)))
    if exact is not None:
        return exact
    for path, right in _BY_METHOD.get(method, ()):
        ref = _match(path, segments)
        if ref:
            return right._replace(ref=ref)
    return UNKNOWN


def _match(path: tuple[str, ...], segments: Sequence[str]) -> str:
    """What the name in ``path`` stands for; "" if the path is another."""
    place = next(i for i, word in enumerate(path) if word in "*+")
    tail = path[place + 1 :]
    if len(segments) < len(path) or tuple(segments[:place]) != path[:place]:
        return ""
    end = len(segments) - len(tail)
    if path[place] == "+" and end != place + 1:
        return ""
    fits = all(w in ("+", s) for w, s in zip(tail, segments[end:], strict=True))
    return "/".join(segments[place:end]) if fits else ""
