"""``swarmd overlay …``: networks over nodes, by a swarm of the fleet's engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.colour import coloured
from swarmd.cli.terminal.table import table
from swarmd.cli.usage import usage
from swarmd.core.printable import printable
from swarmd.core.units import counted

PROSE = """\
Networks over nodes (driver overlay) need engines in swarm mode. `up` joins them, three of them as
managers where there are three, and can be repeated; nodes that come later are taken in. `down`
has them leave, unless such a network has a container."""

Json = Mapping[str, Any]
_HEAD = ("NAME", "ADDRESS", "STATUS", "ROLE", "NOTE")
_ACTIONS = ("up", "status", "down")


async def overlay(daemon: Daemon, arguments: Arguments) -> None:
    if not arguments.words:
        print(usage("overlay", PROSE))
        return
    if len(arguments.words) > 1 or arguments.words[0] not in _ACTIONS:
        raise Misuse(f"usage: swarmd overlay {'|'.join(_ACTIONS)}")
    if arguments.words[0] == "status":
        await _status(daemon, as_json=arguments.json)
        return
    constraints = arguments.given.get("constraint")
    body = {"Constraints": constraints} if constraints is not None else {}
    await _change(daemon, arguments.words[0], body, as_json=arguments.json)


async def _status(daemon: Daemon, *, as_json: bool) -> None:
    found = await daemon.call("GET", "/swarmd/overlay")
    if as_json:
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    print(table([_HEAD, *(_row(one) for one in found["Nodes"])]))
    for text in _notes(found):
        print(printable(text))


def _row(one: Json) -> tuple[str, ...]:
    note = one["Reason"] or ", ".join(one["Unsure"])
    return one["Name"], one["Address"], one["Status"], one["Role"], printable(note)


def _notes(found: Json) -> list[str]:
    notes = [found["Problem"]] if found["Problem"] else []
    if not found["Up"]:
        return notes or ["There is no overlay: `swarmd overlay up` makes one."]
    if found["Constraints"]:
        notes.append(f"Of nodes that fit {', '.join(found['Constraints'])}.")
    if found["Others"]:
        names = ", ".join(one["Name"] or one["ID"] for one in found["Others"])
        notes.append(f"Also in it, and none of this fleet: {names}.")
    networks = ", ".join(found["Networks"]) or "none"
    return [*notes, f"Networks: {networks}."]


async def _change(daemon: Daemon, action: str, body: Json, *, as_json: bool) -> None:
    last: dict[str, Any] = {}

    def print_line(line: dict[str, Any]) -> None:
        last.clear()
        last.update(line)
        if as_json:
            print(orjson.dumps(line).decode(), flush=True)
        elif not line.get("Done"):
            reason = f": {line['Reason']}" if "Reason" in line else ""
            text = f"{line['Node']}: {line['Status']}{reason}"
            print(coloured(printable(text), line["Status"]), flush=True)

    await daemon.lines("POST", f"/swarmd/overlay/{action}", print_line, body=body)
    if not last.get("Done"):
        raise CommandError(f"swarmd ended before it was done: run `swarmd overlay {action}` again")
    if "Error" in last:
        raise CommandError(last["Error"])
    if not as_json:
        print(_summary(last))
    if last["Failed"]:
        raise CommandError(f"{counted(last['Failed'], 'node')} failed: run it again when mended")


def _summary(last: Json) -> str:
    if "Left" in last:
        return f"{counted(last['Left'], 'node')} left the overlay"
    return (
        f"{counted(last['Nodes'], 'node')} in the overlay, {counted(last['Managers'], 'manager')}"
    )
