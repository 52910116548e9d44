"""Where a store is: ``etcd://a:2379,b:2379/PREFIX``, ``consul://…``, ``zk://…``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from swarmd.core.addresses import parse_address
from swarmd.store.commit_rules import check_key
from swarmd.store.login import read_login
from swarmd.tls.trust import TlsFiles, client_trust

_PORTS: Mapping[str, int] = {"etcd": 2379, "consul": 8500, "zk": 2181}
_MOST_PLACES = 32


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A store's kind, endpoints and prefix.

    Attributes:
        scheme: etcd, consul or zk.
        places: ``HOST:PORT`` of each endpoint.
        prefix: Before each key, without slashes at its ends; may be "".
    """

    scheme: str
    places: tuple[str, ...]
    prefix: str

    def __str__(self) -> str:
        path = f"/{self.prefix}" if self.prefix else ""
        return f"{self.scheme}://{','.join(self.places)}{path}"


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """How a store is entered.

    Attributes:
        tls: None speaks plainly.
        login: Path of the file with user and password, or a token; "" for none.
    """

    tls: TlsFiles | None = None
    login: str = ""

    def check(self) -> None:
        """ValueError, in one line, if a file cannot be used."""
        if self.tls is not None:
            client_trust(self.tls).read()
        if self.login:
            read_login(self.login)


OPEN = StoreAccess()


def is_store(url: str) -> bool:
    return url.partition("://")[0] in _PORTS


def parse_store_address(url: str) -> StoreAddress:
    """ValueError, in one line that does not repeat a password, if it is no store's URL."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in _PORTS:
        raise ValueError(f"{_shown(url)} is none of {', '.join(f'{one}://' for one in _PORTS)}")
    hosts, _, path = rest.partition("/")
    if "@" in hosts:
        raise ValueError(f"{_shown(url)}: a log-in is given by a file, not in the URL")
    prefix = path.strip("/")
    try:
        if prefix:
            check_key(prefix)
        places = tuple(_place(part.strip(), _PORTS[scheme]) for part in hosts.split(","))
    except ValueError as error:
        raise ValueError(f"{_shown(url)}: {error}") from None
    if len(places) > _MOST_PLACES:
        raise ValueError(f"{scheme}:// with {len(places)} endpoints; {_MOST_PLACES} are possible")
    return StoreAddress(scheme, tuple(dict.fromkeys(places)), prefix)


def _place(text: str, port: int) -> str:
    if not text:
        raise ValueError("an endpoint without a host")
    if text.startswith(("unix:", "ssh:", "tcp:")):
        raise ValueError(f"an endpoint is HOST:PORT, not {text}")
    return str(parse_address(text, port))


def _shown(url: str) -> str:
    """Without what may be a password."""
    head, at, tail = url.rpartition("@")
    scheme, mark, _ = head.partition("://")
    return (scheme + mark if mark else "") + tail if at else url
