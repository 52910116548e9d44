"""One engine as discovery names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from swarmd.core.addresses import parse_address


@dataclass(frozen=True, slots=True)
class TlsOverride:
    """TLS options of one engine that differ from the rest; "" means as the rest.

    Attributes:
        ca, cert, key, crl: Paths of PEM files.
        name: The name that its certificate must show, in place of its address.
        mode: "off" (speak plainly), "on" (encrypt only) or "verify".
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    name: str = ""
    mode: str = ""
    crl: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the hosts file: one line, or one of the addresses of a line with ranges.

    Attributes:
        key: The address in the one form in which addresses are compared.
        address: ``host:port``, ``unix:///path`` or ``ssh://user@host:port/socket``, to connect to
            and to show.
        labels: Added to the labels that the engine has of its own.
        name: Replaces the engine's own host name; "" if none is given.
        ssh_key: Path of the key to log in with; "" means as the rest.
    """

    key: str
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    tls: TlsOverride = TlsOverride()
    ssh_key: str = ""

    @property
    def is_local_or_ssh(self) -> bool:
        """The way to it is private without TLS."""
        return self.address.startswith(("unix:", "ssh:"))

    def same_connection(self, other: Entry) -> bool:
        """Whether connections made for ``other`` may be kept."""
        mine, others = (
            (self.address, self.tls, self.ssh_key),
            (other.address, other.tls, other.ssh_key),
        )
        return mine == others


def bare_entry(address: str, default_port: int) -> Entry:
    """An engine of which only the address is told; ValueError if that is none."""
    parsed = parse_address(address, default_port)
    return Entry(parsed.key, str(parsed))
