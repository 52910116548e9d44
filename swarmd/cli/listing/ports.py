"""``swarmd ports``: which published port answers where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.errors import Misuse
from swarmd.cli.terminal.table import table
from swarmd.core.printable import printable
from swarmd.core.units import show_size

PROSE = """\
Ports answer at swarmd's own address where it runs with --publish. One that another container, or
another program, has there is told below the table: it answers at its node alone."""

Json = Mapping[str, Any]
_HEAD = ("PORT", "CONTAINER", "NODE", "LEADS TO", "READY", "OPEN", "IN ALL", "IN", "OUT")


async def ports(daemon: Daemon, arguments: Arguments) -> None:
    if arguments.words:
        raise Misuse("usage: swarmd ports")
    found = await daemon.call("GET", "/swarmd/ports")
    if arguments.json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    if not found["Addresses"]:
        print("Ports answer at their nodes alone: swarmd runs without --publish.")
        return
    print(f"At {', '.join(found['Addresses'])}:")
    print(table([_HEAD, *(row for one in found["Ports"] for row in _rows(one))]))
    for one in found["Unmet"]:
        print(printable(f"{one['Name']} on {one['Node']}: not {_port(one)}: {one['Reason']}"))


def _rows(one: Json) -> Iterator[tuple[str, ...]]:
    """The sums of a port stand with its first container."""
    sums = (
        str(one["Connections"]),
        show_size(one["ReceivedBytes"]),
        show_size(one["SentBytes"]),
    )
    for place, container in enumerate(one["Containers"]):
        yield (
            _port(one),
            container["Name"],
            container["Node"],
            f"{container['NodeAddress']}:{container['NodePort']}",
            "yes" if container["Ready"] else "no",
            str(container["Connections"]),
            *(("", "", "") if place else sums),
        )


def _port(one: Json) -> str:
    return f"{one['Port']}/{one['Protocol']}"
