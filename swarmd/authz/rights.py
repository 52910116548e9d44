"""Every route of the API as a right: a noun and a verb.

What is not in ``core.request.routes`` is ``unknown:admin``: a route that a later API brings is
denied to all but administrators until somebody has thought about it.
"""

from __future__ import annotations

from typing import NamedTuple

from swarmd.core.request.routes import ROUTES, ApiRoute


class Right(NamedTuple):
    """A right that a route needs.

    Attributes:
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


def _right(route: ApiRoute) -> Right:
    return Right(route.noun, route.verb, route.scoped)


NOUNS = frozenset(route.noun for route in ROUTES) | {UNKNOWN.noun}
VERBS = frozenset(route.verb for route in ROUTES) | {UNKNOWN.verb}
RIGHTS = (*dict.fromkeys(map(_right, ROUTES)), UNKNOWN)
# Pairs of path and right, exact ones by their length, so that a name never hides a route.
_EXACT = {
    (method, route.path): _right(route)
    for route in ROUTES
    for method in route.methods.split()
    if "*" not in route.path and "+" not in route.path
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
for _route in sorted(ROUTES, key=lambda route: -route.path.count("/")):
    if "*" in _route.path or "+" in _route.path:
        for _method in _route.methods.split():
            _row = _named(_route.path, _right(_route))
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
