"""The check of Origin: a browser must not do with swarmd what any page asks it to (CSRF).

A browser says which page a request is from (``Origin``, ``Sec-Fetch-Site``); other clients say
nothing of the kind. And a page may have its own name point to this machine for a moment, so that
it is no other site to the browser: then the ``Host`` is that name, and none of ours.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from swarmd.codec.head import RequestHead
from swarmd.core.errors import ApiError

_HOST = re.compile(r"(\[[0-9a-f:.]+(?:%25[0-9a-z._~-]+)?\]|[^:]*)(?::\d*)?", re.I)
_ORIGIN = re.compile(r"(https?)://([^/]+)", re.I)
_PORTS = {"http": ":80", "https": ":443"}
# What clients call a socket: no browser can. They reach a port, too, where something relays one.
_SOCKETS = frozenset({"", "docker", "docker.example.com", "http+docker"})
_ENCODED_PATH = "%2f"
_OWN_PAGES = (b"same-origin", b"none")


class ForeignOrigin(ApiError):
    """Status 403: a request that a foreign web page may have sent."""

    status = 403


class OriginCheck:
    """The check that no web page is the sender, by what a browser would have said.

    Attributes:
        names: By which the machine is asked; None where the Host may be anything.
    """

    def __init__(self, names: Iterable[str] | None = None) -> None:
        self.names = None if names is None else frozenset(map(_plain, names))
        self._domains = tuple(name for name in self.names or () if name.startswith("."))

    def check(self, head: RequestHead) -> None:
        """Refuses what a foreign page may have sent.

        The same lines need no second look, so they remember this.
        """
        host = (head.get(b"host") or b"").decode("latin-1")
        if self.names is not None and not self._is_ours(host):
            name = _name(host)
            raise ForeignOrigin(
                f"swarmd does not know itself as {name!r}, by which it was asked. If that is a "
                f"name of it, start it with --allow-host {name}"
            )
        self._check_page(head, host)
        head.fields.passed = self

    def _is_ours(self, host: str) -> bool:
        assert self.names is not None
        name = _name(host)
        return (
            name in _SOCKETS
            or name.startswith(_ENCODED_PATH)
            or name in self.names
            or name == "localhost"
            or name.endswith((".localhost", *self._domains))
            or _is_address(name)
        )

    def _check_page(self, head: RequestHead, host: str) -> None:
        site = head.get(b"sec-fetch-site")
        if site is not None and site.lower() not in _OWN_PAGES:
            raise ForeignOrigin(
                "a page of another site may not use the Docker API (Sec-Fetch-Site)"
            )
        origin = head.get(b"origin")
        if origin is not None and not _same(origin.decode("latin-1"), host):
            raise ForeignOrigin("a page of another site may not use the Docker API (Origin)")


def _plain(name: str) -> str:
    return name.lower().removesuffix(".") or name


def _name(host: str) -> str:
    """Without the port; the whole of what is none."""
    found = _HOST.fullmatch(host)
    return _plain(found[1] if found else host)


def _is_address(name: str) -> bool:
    bare = name[1:-1].replace("%25", "%", 1) if name.startswith("[") else name
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return address.version == 4 or name != bare


def _same(origin: str, host: str) -> bool:
    """Whether a page of ``origin`` was had from ``host``, by name and port."""
    found = _ORIGIN.fullmatch(origin)
    if found is None or not host:
        return False
    port = _PORTS[found[1].lower()]
    return found[2].lower().removesuffix(port) == host.lower().removesuffix(port)
