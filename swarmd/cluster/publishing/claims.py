"""What a container's published ports ask of swarmd's own address, and where its node has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from swarmd.cluster.publishing.mapping import maps_ports
from swarmd.core.addresses import parse_address
from swarmd.core.container.container_state import Container, Published
from swarmd.core.container.personal_labels import ASKED_PORTS
from swarmd.core.model import Engine
from swarmd.core.names import IDENTITY, SWARM_LABELS
from swarmd.core.ports.port_wish import PortWish

# "balance": several containers may publish one port.
PUBLISH_LABEL = SWARM_LABELS + "publish"
BALANCE = "balance"
# "v1" or "v2": what connects is told as HAProxy does it.
PROXY_LABEL = SWARM_LABELS + "publish.proxy-protocol"
RELAYED = ("tcp", "udp")


class ClaimKey(NamedTuple):
    """One published port of one container, the same over its restarts.

    Attributes:
        nth: Of those that are asked for alike.
    """

    container: str
    private: int
    proto: str
    first: int
    last: int
    nth: int


class PortClaim(NamedTuple):
    """A published port: what clients want to reach it by, and where it is.

    Attributes:
        host, port: Of its node; ``port`` is 0 while the engine has not told.
        public: The node's number as the engine tells it; 0 likewise.
    """

    key: ClaimKey
    host: str
    port: int
    public: int


def claims(engine: Engine, container: Container) -> Iterator[PortClaim]:
    """Those of a container that runs, or is just being started; none of a node that is lost.

    Of one whose wishes are not known yet there are none, since another could get its port.
    """
    wishes = wishes_of(container)
    if wishes is None or not (engine.healthy and container.up):
        return
    bound = [one for one in dict.fromkeys(container.published) if one.public]
    if container.running and bound:
        yield from _bound(engine, container, wishes, bound)
        return
    for key in asked_claims(engine, container):
        known = key.first == key.last and not is_balanced(container)
        port = key.first if known else 0
        yield PortClaim(key, dial_host(engine), port, port)


def _bound(
    engine: Engine, container: Container, wishes: tuple[PortWish, ...], bound: list[Published]
) -> Iterator[PortClaim]:
    alike: Counter[ClaimKey] = Counter()
    balanced, seen = is_balanced(container), set()
    for private, public, proto, ip in bound:
        assert public is not None
        known = (private, public, proto) in seen or proto not in RELAYED
        if known or not is_reachable(engine, ip):
            continue
        seen.add((private, public, proto))
        first, last = _span(wishes, private, proto, None if balanced else public)
        key = ClaimKey(container.id, private, proto, first, last, 0)
        alike[key] += 1
        yield PortClaim(key._replace(nth=alike[key] - 1), dial_host(engine), public, public)


def _span(
    wishes: tuple[PortWish, ...], private: int, proto: str, public: int | None
) -> tuple[int, int]:
    """The ports that were asked for; (0, 0) where any would do.

    Args:
        public: None where the engine was not told of the wish.
    """
    for wish in wishes:
        if public is None and (wish.private, wish.proto) == (private, proto):
            return wish.first, wish.last
        if public is not None and wish.allows(private, proto, public):
            return wish.first, wish.last
    return 0, 0


def is_balanced(container: Container) -> bool:
    return container.labels.get(PUBLISH_LABEL) == BALANCE


def asked_label(wishes: tuple[PortWish, ...], identity: str) -> dict[str, str]:
    """What tells of wishes that the engine is not told of; only for the container ``identity``.

    An image may have labels, too, so that the value says whose it is.
    """
    texts = [f"{one.first}-{one.last}:{one.private}/{one.proto}" for one in wishes]
    return {ASKED_PORTS: ",".join(texts) + f"@{identity}"} if texts else {}


def wishes_of(container: Container) -> tuple[PortWish, ...] | None:
    """None as long as they are not known."""
    labels = container.labels
    if ASKED_PORTS in labels and is_balanced(container):
        text, _, identity = labels[ASKED_PORTS].rpartition("@")
        if identity and identity == labels.get(IDENTITY):
            return tuple(_asked(text))
    return container.wishes


def _asked(text: str) -> Iterator[PortWish]:
    for one in text.split(","):
        public, _, private = one.partition(":")
        numbers = (*public.split("-"), private.partition("/")[0])
        if len(numbers) == 3 and all(number.isdecimal() for number in numbers):
            first, last, number = map(int, numbers)
            yield PortWish(number, private.partition("/")[2], first, last)


def asked_claims(engine: Engine, container: Container) -> list[ClaimKey]:
    """Claims to the ports of swarmd's address without which it cannot start; ranges come last.

    None where its engine will not map any.
    """
    if not maps_ports(engine, container):
        return []
    found = [
        ClaimKey(container.id, wish.private, wish.proto, wish.first, wish.last, 0)
        for wish in wishes_of(container) or ()
        if wish.proto in RELAYED and is_reachable(engine, wish.ip)
    ]
    return sorted(found, key=lambda key: key.last - key.first)


def is_reachable(engine: Engine, ip: str) -> bool:
    """Whether what is bound to ``ip`` there is connected to from here.

    "" is every address, "::" every IPv6 address and no other.

    Another address than the one that the engine is reached by never is: an engine that lies would
    have swarmd relay to whatever swarmd can reach.
    """
    if engine.address.startswith("unix:"):
        return ip in ("", "127.0.0.1")
    if ip == "::":
        return ":" in engine.ip
    return ip in ("", engine.ip)


def dial_host(engine: Engine) -> str:
    """Where ports of a node are dialled."""
    if engine.address.startswith("unix:"):
        return "127.0.0.1"
    return engine.ip or parse_address(engine.address).host


def proxy_protocol(labels: Mapping[str, str]) -> str:
    """The version that a container asks for; "" for none."""
    wanted = labels.get(PROXY_LABEL, "")
    return wanted if wanted in ("v1", "v2") else ""
