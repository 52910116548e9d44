"""``swarmd managers``: the swarmds that serve this fleet, and which of them leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.table import table
from swarmd.core.printable import printable
from swarmd.core.units import rfc3339

PROSE = """\
The one that leads reschedules, drains and rebalances; all do everything else. CLAIMS are creates
and renames under way. DELAY is how long a change took to come back to that swarmd from the
store. A swarmd that has lost the store says so, and the command fails."""

Json = Mapping[str, Any]


async def managers(daemon: Daemon, arguments: Arguments) -> None:
    if arguments.words:
        raise Misuse(f"what is {arguments.words[0]!r}? swarmd managers takes options only")
    found = await daemon.call("GET", "/swarmd/managers")
    if arguments.json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(found)
    problems = [one["Problem"] for one in found if one.get("Problem")]
    if problems:
        raise CommandError(f"{printable(problems[0])}; what is shown may be out of date")


def _show(found: Sequence[Json]) -> None:
    head = ("ADDRESS", "MACHINE", "VERSION", "SINCE", "ROLE", "CLAIMS", "DELAY")
    print(table([head, *(_row(one) for one in found)]))


def _row(one: Json) -> tuple[str, ...]:
    role = ("leads" if one["Leader"] else "") + (" (this one)" if one["Self"] else "")
    delay = one["WatchDelay"]
    return (
        printable(one["Address"]),
        printable(one["Host"]),
        printable(one["Version"]),
        rfc3339(one["Since"]),
        role.strip() or "-",
        str(one["Claims"]),
        "-" if delay is None else f"{delay * 1000:.0f} ms",
    )
