"""Every route of the API as a right: a noun and a verb.

What is not in this table is ``unknown:admin``: a route that a later API brings is denied to all
but administrators until somebody has thought about it.
"""

from __future__ import annotations

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
BUILDKIT = Right("images", "buildkit")

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
    ("POST", "build/prune", "images", "prune", True),
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
ROUTES = tuple(row[:2] for row in _TABLE)
RIGHTS = (*tuple(dict.fromkeys(Right(*row[2:5]) for row in _TABLE)), UNKNOWN)
# Pairs of path and right, exact ones by their length, so that a name never hides a route.
_EXACT = {
    (method, path): Right(noun, verb, scoped)
    for methods, path, noun, verb, scoped in _TABLE
    for method in methods.split()
    if "*" not in path and "+" not in path
}


class _Named(NamedTuple):
    """A path with a name between ``start`` and ``tail``; ``many`` if it may have slashes."""

    start: list[str]
    tail: list[str]
    many: bool
    right: Right

    def ref(self, segments: list[str]) -> str:
        """The name; "" if the path is another."""
        first, end = len(self.start), len(segments) - len(self.tail)
        if end <= first or (end > first + 1 and not self.many):
            return ""
        fits = all(map(_same, self.tail, segments[end:])) and segments[:first] == self.start
        return "/".join(segments[first:end]) if fits else ""


def _same(word: str, segment: str) -> bool:
    return word in (segment, "+")


def _named(path: str, right: Right) -> _Named:
    words = path.split("/")
    place = words.index("*") if "*" in words else words.index("+")
    return _Named(words[:place], words[place + 1 :], words[place] == "*", right)


_BY_START: dict[tuple[str, str], list[_Named]] = {}
for _methods, _path, _noun, _verb, _scoped in sorted(_TABLE, key=lambda row: -row[1].count("/")):
    if "*" in _path or "+" in _path:
        for _method in _methods.split():
            _row = _named(_path, Right(_noun, _verb, _scoped))
            _BY_START.setdefault((_method, _row.start[0]), []).append(_row)


def classify(method: str, segments: list[str]) -> Right:
    """The right that a request needs; ``segments`` are its path without the version."""
    exact = _EXACT.get((method, "/".join(segments)))
    if exact is not None:
        return exact
    for named in _BY_START.get((method, segments[0] if segments else ""), ()):
        if ref := named.ref(segments):
            return named.right._replace(ref=ref)
    return UNKNOWN
