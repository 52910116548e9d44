"""Takes a name from an image and leaves the image, as on one host where the name has moved.

An engine that takes an image's last name away deletes the image, or refuses since it is used. But
an image whose name is given to another one stays. So the name is given to an empty image that is
made for it, and that is removed. swarmd never lists it: what its label says nobody else knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import orjson

from swarmd.core.errors import ApiError, EngineRefused
from swarmd.core.image.image_reference import parse_reference
from swarmd.core.model import Engine
from swarmd.core.names import PLACEHOLDER
from swarmd.manager.fleet.answers import accepted
from swarmd.manager.fleet.fanout import AT_ONCE, Outcome, gather
from swarmd.manager.images.unread_progress import UnreadProgress
from swarmd.manager.interfaces import FleetView

LIMIT = 30.0  # seconds for each of the two calls


async def untag(fleet: FleetView, engine: Engine, tag: str) -> None:
    """``tag``, as engines list it, is no image's on ``engine`` any more.

    Raises:
        ApiError: The engine refused, or is gone.
    """
    placeholder = await _import(fleet, engine, tag)
    gone = await fleet.call(engine, "DELETE", "images", placeholder, timeout=LIMIT)
    accepted(engine.name, gone)
    fleet.state.images_gone(engine.key, [tag])
    fleet.state.mark_stale(engine.key, "images")


async def untagged(fleet: FleetView, tags: Iterable[tuple[Engine, str]]) -> list[Outcome]:
    """The same of several; each outcome's value is what an engine would say of it."""

    async def one(item: tuple[Engine, str]) -> Outcome:
        engine, tag = item
        try:
            await untag(fleet, engine, tag)
        except ApiError as error:
            return Outcome(engine, error=error)
        return Outcome(engine, value=[{"Untagged": tag}])

    return await gather(tags, AT_ONCE, one)


async def _import(fleet: FleetView, engine: Engine, tag: str) -> str:
    """The ID of the empty image that has the name now, which somebody may take from it again."""
    named = parse_reference(tag)
    query = [("fromSrc", "-"), ("repo", named.repository), ("tag", named.tag)]
    code = secrets.token_hex(16)
    fleet.state.placeholders.expect(code)
    changes = [("changes", f"LABEL {PLACEHOLDER}={code}")]
    answer = await fleet.call(
        engine, "POST", "images", "create", query=[*query, *changes], timeout=LIMIT
    )
    accepted(engine.name, answer)
    said = UnreadProgress()
    said.receive(answer.body + b"\n")
    made = _status(answer.body)
    if said.error or not made.startswith("sha256:"):
        why = said.error or "it does not tell the ID of what it has imported"
        raise EngineRefused(engine.name, 500, why)
    fleet.state.placeholders.expect(code, made)
    return made


def _status(body: bytes) -> str:
    try:
        return str(orjson.loads(body.split(b"\n")[0])["status"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
