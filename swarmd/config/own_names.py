"""The names of the machine that swarmd runs on, without asking a name server.

A page in a browser cannot make these point elsewhere, as it can with names of its own.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable, Iterator

HOSTS_FILE = "/etc/hosts"
LARGEST = 1 << 20  # bytes of it
# One name, or with a dot before it all names below it.
_NAME = re.compile(r"\.?[0-9a-z_](?:[0-9a-z_.-]*[0-9a-z_])?\.?", re.I)


def parse_allowed(name: str) -> str:
    """One ``--allow-host``; ValueError if it is no name."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name; give it without scheme and port")
    return name


def own_names(listen: Iterable[str], hosts_file: str = HOSTS_FILE) -> set[str]:
    """Names by which this machine is asked, given what it listens on."""
    machine = socket.gethostname().lower()
    names = {machine, machine.partition(".")[0], *_listened(listen)}
    names.update(_in_file(hosts_file, names))
    return names


def _listened(listen: Iterable[str]) -> Iterator[str]:
    for address in listen:
        scheme, mark, place = address.partition("://")
        if scheme == "tcp" and mark:
            yield place.rpartition(":")[0].lower()


def _in_file(path: str, machine: set[str]) -> Iterator[str]:
    """Names of lines that are about this machine: its own, and those of loopback addresses."""
    try:
        with open(path, encoding="latin-1") as file:
            lines = file.read(LARGEST).lower().splitlines()
    except OSError:
        return
    for line in lines:
        address, *names = line.partition("#")[0].split() or ("",)
        if _is_loopback(address) or not machine.isdisjoint(names):
            yield from names


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
