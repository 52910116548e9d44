"""A container's item of the list, rewritten once for the fleet when an engine sends it.

Kept is the encoded item without ``State``, ``Status`` and ``Health``, which depend on the moment of
reading, and without the closing brace, so that a list is made by joining bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from swarmd.core.container.container_state import Container
from swarmd.core.predefined import with_shown_ids

EVERY_ADDRESS = ("", "0.0.0.0", "::")
_PLACE = ("PrivatePort", "PublicPort", "Type")
_AT_READING = ("State", "Status", "Health")
_STATUS = b',"State":"%b","Status":"%b"},'
_NAMES, _BETWEEN = b'"Names":["', b'","'
_IMAGE = b'"Image":"'
_HEALTH = b',"Health":{"Status":"%b","FailingStreak":%d}},'


def own_first(names: Iterable[str]) -> tuple[str, ...]:
    """``Names`` of an engine without slashes; a container's own name is the one not in a path."""
    bare = dict.fromkeys(name.removeprefix("/") for name in names)
    return tuple(sorted(bare, key=_is_alias))


def renamed(names: Iterable[str], name: str) -> tuple[str, ...]:
    """``names`` with ``name`` as the container's own, in place of what it was called before.

    That may be two: an engine that is just renaming it lists both.
    """
    return own_first([name, *filter(_is_alias, names)])


def _is_alias(name: str) -> bool:
    """What a link of another container calls it."""
    return "/" in name


def both_forms(names: Iterable[str], node: str) -> list[str]:
    """Each name plain and with its node: CLI 29 prints only names without an inner slash."""
    return [form for name in names for form in (f"/{name}", f"/{node}/{name}")]


def plain_names(entry: bytes) -> bytes:
    """``entry`` with each name only plain; what has both forms has them side by side."""
    head, key, rest = entry.partition(_NAMES)
    names, end, tail = rest.partition(b'"]')
    if not end or b"\\" in names:
        return entry  # a node's name may be anything
    return b"".join((head, key, _BETWEEN.join(names.split(_BETWEEN)[::2]), end, tail))


def with_image(entry: bytes, image: str) -> bytes:
    """``entry`` with an image's ID in place of the name, which means another one by now.

    Within a JSON text a quotation mark has a backslash before it, so the first key is the key.
    """
    head, key, rest = entry.partition(_IMAGE)
    _, end, tail = rest.partition(b'"')
    return b"".join((head, key, image.encode(), end, tail)) if end else entry


def is_ipv6_alone(port: Mapping[str, Any], ports: Iterable[Mapping[str, Any]]) -> bool:
    """Whether ``port``, one of ``ports``, is bound to every IPv6 address and not to IPv4's."""
    return port.get("IP") == "::" and not any(
        other.get("IP", "") in ("", "0.0.0.0") and all(other.get(k) == port.get(k) for k in _PLACE)
        for other in ports
    )


def shown_ports(ports: Collection[Mapping[str, Any]], ip: str) -> list[dict[str, Any]]:
    """The node's address, once, where an engine says "every address" for IPv4 and IPv6."""
    shown: list[dict[str, Any]] = []
    for port in ports:
        item = dict(port)
        every = item.get("PublicPort") and item.get("IP", "") in EVERY_ADDRESS
        if ip and every and (":" in ip or not is_ipv6_alone(port, ports)):
            item["IP"] = ip
        if item not in shown:
            shown.append(item)
    return shown


def encode_entry(item: Mapping[str, Any], names: Sequence[str], node: str, ip: str) -> bytes:
    """The entry of an engine's list item."""
    kept = {key: value for key, value in item.items() if key not in _AT_READING}
    kept["Names"] = both_forms(names, node)
    kept["Ports"] = shown_ports(item.get("Ports") or (), ip)
    if settings := item.get("NetworkSettings"):
        kept["NetworkSettings"] = with_shown_ids(settings)
    return orjson.dumps(kept)[:-1]


def moved_entry(entry: bytes, names: Sequence[str], node: str, ip: str, old_ip: str) -> bytes:
    """``entry`` after its container, its engine, or the engine's address was renamed."""
    item = orjson.loads(entry + b"}")
    for port in item["Ports"]:
        if old_ip and port.get("IP") == old_ip:
            port["IP"] = ip or "0.0.0.0"
    return encode_entry(item, names, node, ip)


def new_entry(container: Container, node: str) -> bytes:
    """The entry of a container that its engine has made but not listed yet."""
    item = {
        "Id": container.id,
        "Image": container.image,
        "ImageID": container.image_id,
        "Command": "",
        "Created": int(container.created),
        "Labels": dict(container.labels),
        "HostConfig": {"NetworkMode": container.network_mode},
        "NetworkSettings": {"Networks": {name: None for name, _ in container.networks}},
        "Mounts": [],
    }
    return encode_entry(item, container.names, node, "")


@lru_cache(maxsize=4096)
def ending(state: str, status: str) -> bytes:
    """What follows an entry in a list, the comma included."""
    return _STATUS % (state.encode(), status.encode())


@lru_cache(maxsize=4096)
def with_health(end: bytes, health: str, failing: int) -> bytes:
    """``end``, as ``ending`` has it, of an API since 1.52."""
    return end[:-2] + _HEALTH % (health.encode(), failing)


def separated(rows: Iterable[bytes]) -> Iterator[bytes]:
    """``rows`` with the commas of a JSON list between; never joined, for each may be megabytes."""
    for place, row in enumerate(rows):
        if place:
            yield b","
        yield row
