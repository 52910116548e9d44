"""``swarmd names``: what only a running swarmd knows, for somebody who waits behind a Tab key."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.errors import Misuse

PROSE = """\
For the completion of command lines (`swarmd completion`): a name a line, those that begin with
BEGIN, 1,000 at most. What has not been answered within 1.5 s is given up."""

LIMIT = 1.5  # seconds; whoever waits for longer has typed it
MOST = 1000
# What no shell reads as anything but itself: engines choose their own names.
_PLAIN = re.compile(r"[\w.:/@+-]+")


async def names(daemon: Daemon, arguments: Arguments) -> None:
    kind, begin, *more = [*arguments.words, "", ""]
    if kind not in _KINDS or any(more):
        raise Misuse(f"usage: swarmd names {'|'.join(_KINDS)} [BEGIN]")
    found = await daemon.within(LIMIT, _KINDS[kind](daemon, begin))
    shown = [name for name in found if name.startswith(begin) and _PLAIN.fullmatch(name)][:MOST]
    if arguments.json:
        print(orjson.dumps(shown).decode())
    else:
        print("".join(f"{name}\n" for name in shown), end="")


async def _nodes(daemon: Daemon, begin: str) -> list[str]:
    return [one["Name"] for one in await daemon.call("GET", "/swarmd/nodes")]


async def _containers(daemon: Daemon, begin: str) -> list[str]:
    """Only so many, and those that begin so, leave swarmd: of 50,000 nobody could choose."""
    filters = orjson.dumps({"name": [f"^/?{re.escape(begin)}"]}).decode()
    query = urlencode({"all": 1, "limit": MOST, "filters": filters})
    found = await daemon.call("GET", f"/containers/json?{query}")
    return sorted({one["Names"][0].lstrip("/") for one in found if one["Names"]})


_KINDS: Mapping[str, Callable[[Daemon, str], Coroutine[Any, Any, list[str]]]] = {
    "nodes": _nodes,
    "containers": _containers,
}
