"""What each node has of an image: a containerd store may keep several platforms of it, or some.

No list that is kept tells that, so holders are asked; others have it for the one platform that an
inspect names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from swarmd.cluster.images.holders import newest_holders
from swarmd.core.model import Engine
from swarmd.core.request.version import Version
from swarmd.manager.containers.create_order import CreateOrder
from swarmd.manager.fleet.answers import listed
from swarmd.manager.fleet.fanout import ask_engines
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.interfaces import FleetView
from swarmd.scheduler.filters.platform import fits, parse_platform, runs
from swarmd.scheduler.placement import ANY_PLATFORM

ASKING = 5.0  # seconds; who does not tell by then is taken to have nothing
_MANIFESTS_SINCE: Version = (1, 48)

# Platforms as ``linux/arm/v7``, and what is for none, say an attestation, by its digest.
Parts = frozenset[str]


async def parts(fleet: FleetView, ref: str, engines: Iterable[Engine]) -> dict[str, Parts]:
    """What is complete of ``ref`` on each of ``engines`` that tells, by the engine's key."""

    def target(engine: Engine) -> str:
        knows = fleet.version_for(engine, _MANIFESTS_SINCE) >= _MANIFESTS_SINCE
        query = [("manifests", "1")] if knows else []
        path = ("images", *ref.split("/"), "json")
        return fleet.target(engine, *path, query=query, asked=_MANIFESTS_SINCE)

    outcomes = await ask_engines(fleet, engines, "GET", target, timeout=ASKING, expect=dict)
    return {one.engine.key: parts_of(one.value) for one in outcomes if one.ok}


def parts_of(shown: Mapping[str, Any]) -> Parts:
    """Out of an inspect."""
    manifests = listed(shown.get("Manifests"), dict)
    if not manifests:
        return frozenset(filter(None, [platform_text(shown, "Os", "Architecture", "Variant")]))
    return frozenset(_part(one) for one in manifests if one.get("Available") is True)


def has_platform(held: Parts, platform: str) -> bool:
    """Whether one of ``held`` is for ``platform``, or runs on it."""
    wish = parse_platform(platform)
    return any(":" not in one and runs(wish, parse_platform(one)) for one in held)


def is_for(part: str, platform: str) -> bool:
    """Whether it is just the one; a variant counts where both name one."""
    if ":" in part or parse_platform(part) != parse_platform(platform):
        return False
    variants = {text.split("/")[2] for text in (part, platform) if text.count("/") == 2}
    return len(variants) < 2


async def holders_for(fleet: Fleet, ref: str, platform: str) -> frozenset[str]:
    """Keys of the engines that have ``ref`` for ``platform``, though they are of another one."""
    wish = parse_platform(platform)
    if wish == ANY_PLATFORM:
        return frozenset()
    others = [engine for engine in newest_holders(fleet.state, ref) if not fits(engine, wish)]
    if not others:
        return frozenset()
    parts_by_key = await parts(fleet, ref, others)
    return frozenset(key for key, held in parts_by_key.items() if has_platform(held, platform))


async def platform_known(fleet: Fleet, order: CreateOrder) -> CreateOrder:
    """The order with who has its image for the platform that it asks for."""
    holders = await holders_for(fleet, order.config.image, order.platform)
    return replace(order, platform_holders=holders) if holders else order


def platform_text(fields: Mapping[str, Any], *keys: str) -> str:
    return "/".join(one.lower() for key in keys if isinstance(one := fields.get(key), str) and one)


def asked_platforms(values: Iterable[str]) -> list[str]:
    """As save and push are given them, each as JSON; what is none is for an engine to refuse."""
    texts = []
    for value in values:
        try:
            fields = orjson.loads(value)
        except orjson.JSONDecodeError:
            continue
        if isinstance(fields, dict):
            texts.append(platform_text(fields, "os", "architecture", "variant"))
    return [text for text in texts if text]


def _part(manifest: Mapping[str, Any]) -> str:
    data = manifest.get("ImageData")
    platform = data.get("Platform") if isinstance(data, dict) else None
    text = platform_text(platform, "os", "architecture", "variant") if platform else ""
    return text or str(manifest.get("ID"))
