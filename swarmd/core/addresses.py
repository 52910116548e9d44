"""Addresses of engines: what may be written, and the one form in which they are compared.

Two spellings of one address must meet in one key, or an engine would be managed twice. Wrong text
raises ValueError with a reason that can be shown as it is.
"""

from __future__ import annotations

import ipaddress
import itertools
import math
import re
from dataclasses import dataclass, replace

PLAIN_PORT = 2375
TLS_PORT = 2376
SSH_PORT = 22

# One typing error must not become a million engines.
MOST_ADDRESSES = 10_000

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
# Of the engine on an SSH host, where a shell reads it.
_SOCKET = re.compile(r"[A-Za-z0-9._/-]{1,100}")
_HOST_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([^:]*))?")
_PORT = re.compile(r"[0-9]{1,5}")
# An IPv4 address has four parts to vary, a name hardly more.
_MOST_RANGES = 16
# No IPv6 address looks like [1:20]: it has eight groups or a double colon.
_RANGE = re.compile(r"\[([0-9]{1,9}):([0-9]{1,9})\]")


@dataclass(frozen=True, slots=True)
class Address:
    """The address on which an engine listens.

    Attributes:
        scheme: "tcp", "unix" or "ssh".
        host: Without brackets; "" for unix.
        port: 0 for unix.
        path: Of a socket, absolute; "" for tcp, and for ssh unless the engine's is elsewhere.
        user: Only for ssh; may be "".
    """

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    user: str = ""

    def __str__(self) -> str:
        """``10.0.0.1:2375``, ``[fd00::1]:2375``, ``unix:///path`` or ``ssh://user@host:22/path``."""
        if self.scheme == "unix":
            return f"unix://{self.path}"
        place = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        if self.scheme == "tcp":
            return place
        user = f"{self.user}@" if self.user else ""
        return f"ssh://{user}{place}{self.path}"

    @property
    def key(self) -> str:
        """The same for all spellings: host names do not distinguish capitals."""
        if self.scheme == "unix":
            return str(self)
        return str(replace(self, host=self.host.lower()))


def parse_address(text: str, default_port: int = PLAIN_PORT) -> Address:
    """The address in ``host``, ``host:port``, ``tcp://…``, ``unix:///path`` or ``ssh://…``."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "tcp", text
    if scheme == "tcp":
        return Address("tcp", *parse_host_port(rest, default_port))
    if scheme == "unix":
        return _unix(rest)
    if scheme == "ssh":
        return _ssh(rest)
    raise ValueError(f"{text!r}: unsupported protocol {scheme!r}; use tcp, unix or ssh")


def parse_host_port(text: str, default_port: int) -> tuple[str, int]:
    """The pair in ``host``, ``host:port``, ``[v6]`` or ``[v6]:port``."""
    found = _HOST_PORT.fullmatch(text)
    if not found:
        hint = "; put an IPv6 address in brackets" if text.count(":") > 1 else ""
        raise ValueError(f"{text!r} is not host or host:port{hint}")
    host, port = found.groups()
    if port is None:
        return parse_host(host), default_port
    if not (_PORT.fullmatch(port) and 1 <= int(port) <= 65535):
        raise ValueError(f"{text!r}: {port!r} is not a port (1 to 65535)")
    return parse_host(host), int(port)


def parse_host(text: str) -> str:
    """A host name, an IPv4 address or an IPv6 address in brackets, which are taken off."""
    if text.startswith("["):
        return _ip(ipaddress.IPv6Address, text[1:-1], "IPv6")
    if text and not text.strip("0123456789."):
        return _ip(ipaddress.IPv4Address, text, "IPv4")
    if not _HOST.fullmatch(text):
        raise ValueError(f"{text!r} is not a host name")
    return text


def expand_ranges(text: str) -> list[str]:
    """Every text that ``10.0.[1:2].[01:20]`` stands for; leading zeros are kept."""
    fixed = _RANGE.sub("{}", text.replace("{", "{{").replace("}", "}}"))
    bounds: list[tuple[str, str]] = _RANGE.findall(text)
    if len(bounds) > _MOST_RANGES:
        raise ValueError(f"it has {len(bounds)} ranges, and {_MOST_RANGES} are the most")
    spans = [_span(*pair) for pair in bounds]
    if math.prod(map(len, spans)) > MOST_ADDRESSES:
        raise ValueError(f"{text!r} stands for more than {MOST_ADDRESSES} addresses")
    columns = [
        [str(number).zfill(len(first)) for number in span]
        for (first, _), span in zip(bounds, spans, strict=True)
    ]
    return [fixed.format(*row) for row in itertools.product(*columns)]


def _span(first: str, last: str) -> range:
    if int(first) > int(last):
        raise ValueError(f"range [{first}:{last}] runs backwards")
    return range(int(first), int(last) + 1)


def _ip(
    kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address], text: str, name: str
) -> str:
    try:
        return str(kind(text))
    except ValueError:
        raise ValueError(f"{text!r} is not an {name} address") from None


def _unix(path: str) -> Address:
    if not path.startswith("/") or not path.isprintable():
        raise ValueError(f"unix://{path}: the path of a socket must be absolute")
    return Address("unix", path=path)


def _ssh(rest: str) -> Address:
    rest, slash, path = rest.partition("/")
    user, mark, place = rest.rpartition("@")
    if mark and not _USER.fullmatch(user):
        raise ValueError(f"{user!r} is not a user name")
    if path and not _SOCKET.fullmatch(path):
        raise ValueError(f"/{path}: a socket's path has letters, digits and . _ / - only")
    host, port = parse_host_port(place, SSH_PORT)
    return Address("ssh", host, port, user=user, path=slash + path if path else "")
