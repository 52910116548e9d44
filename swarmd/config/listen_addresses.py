"""Which addresses to listen on are open to more than the user who runs swarmd.

The Docker API is root on every engine, so such an address needs client certificates. What cannot
be judged for sure counts as open.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence

from twisted.internet.endpoints import serverFromString

from swarmd.config.inherited_sockets import FIRST, inherited_sockets
from swarmd.core.addresses import parse_host_port

# First words of endpoint strings, which could also be read as ``host:port``.
_ENDPOINT_WORDS = ("tcp", "tcp6", "ssl", "tls", "unix", "haproxy", "systemd", "stdio")
_INTERFACE = re.compile(r"(?<!\\):interface=((?:\\.|[^:\\])*)")
# Twisted gives a socket mode 666 unless told otherwise; the last digit is everybody's.
_PRIVATE_MODE = re.compile(r":mode=0?[0-7]{2}[0145](?::|\Z)")


def parse_listen(text: str, environ: Mapping[str, str]) -> str:
    """One ``--host`` in the form that is listened on; ValueError if it is none.

    ``host:port`` and ``:port`` become ``tcp://…``; an endpoint string of Twisted stays as it is.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        return _tcp(text) if _is_host_port(text) else _endpoint(text)
    if scheme == "tcp":
        return _tcp(rest)
    if scheme == "unix" and not rest.startswith("/"):
        raise ValueError(f"{text!r}: the path of a socket must be absolute")
    if scheme == "fd" and not inherited_sockets(environ):
        raise ValueError(f"{text!r}: systemd has passed on no socket")
    if scheme not in ("unix", "fd"):
        raise ValueError(f"{text!r}: unsupported protocol {scheme!r}; use tcp, unix or fd")
    return text


def is_exposed(listen: str, environ: Mapping[str, str]) -> bool:
    """Whether others than this user, or root, can connect to what ``parse_listen`` gave."""
    scheme, mark, rest = listen.partition("://")
    if scheme == "tcp" and mark:
        return not _is_loopback(rest.rpartition(":")[0])
    if scheme == "unix" and mark:
        return False
    if scheme == "fd" or listen.startswith("systemd:"):
        return any(map(_is_open_socket, inherited_sockets(environ)))
    if listen.startswith("unix:"):
        return not _PRIVATE_MODE.search(listen)
    interfaces = [name.replace("\\", "") for name in _INTERFACE.findall(listen)]
    return not interfaces or not all(map(_is_loopback, interfaces))


def check_apart(host: Sequence[str], metrics: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raises ValueError if something is to be listened on twice."""
    if both := set(host) & set(metrics):
        raise ValueError(f"--metrics-listen {min(both)} is where --host listens; use another port")
    taken: dict[int, str] = {}
    for option, addresses in (("--host", host), ("--metrics-listen", metrics)):
        for address in addresses:
            for descriptor in _sockets(address, environ):
                if before := taken.get(descriptor):
                    raise ValueError(
                        f"{option} {address} has a socket that {before} has already; "
                        f"name each once, as --host fd://{FIRST}"
                    )
                taken[descriptor] = f"{option} {address}"


def _sockets(address: str, environ: Mapping[str, str]) -> list[int]:
    """Those of systemd's that it stands for."""
    scheme, mark, which = address.partition("://")
    if scheme != "fd" or not mark:
        return []
    given = inherited_sockets(environ)
    return [each for each in given if which in ("", "*", str(each))]


def _is_host_port(text: str) -> bool:
    words = text.split(":")
    return words[-1].isdigit() and words[0] not in _ENDPOINT_WORDS


def _tcp(text: str) -> str:
    everywhere = text.startswith(":")
    host, port = parse_host_port(f"0.0.0.0{text}" if everywhere else text, 0)
    if not port:
        raise ValueError(f"{text!r} has no port")
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def _endpoint(text: str) -> str:
    # Built, never listened on: only twistd may choose a reactor, and only after this.
    try:
        serverFromString(object(), text)
    except Exception as error:  # noqa: BLE001 - each kind of endpoint has errors of its own
        reason = str(error) or type(error).__name__
        raise ValueError(f"{text!r} is neither host:port nor an endpoint: {reason}") from None
    return text


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_open_socket(descriptor: int) -> bool:
    try:
        inherited = socket.socket(fileno=descriptor)
    except OSError:
        return True
    try:
        if inherited.family == socket.AF_UNIX:
            return False
        return not _is_loopback(inherited.getsockname()[0])
    finally:
        inherited.detach()
