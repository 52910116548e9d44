"""``swarmd rebalance``: what would be moved so that nodes are evenly used; then the moves."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.colour import coloured
from swarmd.cli.terminal.progress_bar import ProgressBar
from swarmd.cli.terminal.table import table
from swarmd.core.printable import printable
from swarmd.core.units import counted, show_size

PROSE = """\
Shows which containers would move where, by the strategy that places containers, and what each node
bears before and after. Then it asks; --yes answers. What a drain leaves where it is stays here,
too, and what shares a local network moves together or not at all. Nodes that are cordoned or do not
answer neither give nor take. ^C ends it behind the move under way.

With --json: the plan as one line, then a line for each step."""

Json = Mapping[str, Any]


async def rebalance(daemon: Daemon, arguments: Arguments) -> None:
    if arguments.words:
        raise Misuse(f"what is {arguments.words[0]!r}? swarmd rebalance takes options only")
    most = arguments.value("most")
    if arguments.flag("most") and not (most.isascii() and most.isdigit() and int(most)):
        raise Misuse(f"--most {most!r} is not a number of containers")
    query = f"?{urlencode({'most': most})}" if most else ""
    plan = await daemon.call("POST", f"/swarmd/rebalance/plan{query}")
    print(orjson.dumps(plan).decode() if arguments.json else shown(plan), flush=True)
    if arguments.flag("dry-run") or not plan["Moves"] or not await _agreed(daemon, arguments):
        return
    await _run(daemon, plan, as_json=arguments.json)


def shown(plan: Json) -> str:
    """The plan for people."""
    if not plan["Moves"]:
        return f"nothing to move: by strategy {plan['Strategy']} it would not get more even"
    moves = [("NAME", "FROM", "TO"), *((m["Name"], m["From"], m["To"]) for m in plan["Moves"])]
    nodes = [("NODE", "CONTAINERS", "CPUS", "MEMORY", *_used(plan, ("CPUS USED", "MEMORY USED")))]
    nodes += [_row(plan, one) for one in plan["Nodes"]]
    more = ["there is more to even out: run it again"] if plan["More"] else []
    return "\n".join([table(moves), "", table(nodes), *more])


def _used(plan: Json, columns: tuple[str, str]) -> tuple[str, ...]:
    return columns if plan["Strategy"].endswith(":usage") else ()


def _row(plan: Json, node: Json) -> tuple[str, ...]:
    before, after = node["Before"], node["After"]

    def change(key: str, show: Any) -> str:
        old, new = show(before[key]), show(after[key])
        return old if old == new else f"{old} -> {new}"

    def cpus(value: float) -> str:
        return f"{value:.4g}"

    used = change("UsedCPUs", cpus), change("UsedMemory", show_size)
    return (
        node["Name"],
        change("Containers", str),
        change("CPUs", cpus),
        change("Memory", show_size),
        *_used(plan, used),
    )


async def _agreed(daemon: Daemon, arguments: Arguments) -> bool:
    if arguments.flag("yes"):
        return True
    if arguments.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError("nobody can be asked here: give --yes to move, or --dry-run")
    answer = await daemon.ask_user("Move them? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


async def _run(daemon: Daemon, plan: Json, *, as_json: bool) -> None:
    last: dict[str, Any] = {}
    bar = ProgressBar.on_stdout(len(plan["Moves"]), quiet=as_json)

    def print_line(line: dict[str, Any]) -> None:
        last.clear()
        last.update(line)
        if as_json:
            print(orjson.dumps(line).decode(), flush=True)
        elif not line.get("Done"):
            bar.print(coloured(printable(_progress(line)), line["Status"]))
            bar.advance(line["Name"], done=line["Status"] != "moving")

    path = f"/swarmd/rebalance?{urlencode({'plan': plan['ID']})}"
    try:
        await daemon.lines("POST", path, print_line)
    finally:
        bar.close()
    if not last.get("Done"):
        raise CommandError("swarmd ended before the rebalance did; run it again")
    if not as_json:
        counts = f"{last['Moved']} moved, {last['Stays']} stay, {last['Failed']} failed"
        print(f"rebalanced: {counts}")
    if last.get("Stopped"):
        raise CommandError("swarmd was restarted meanwhile, and moves no more: run it again")
    if last["Failed"]:
        raise CommandError(f"{counted(last['Failed'], 'container')} could not be moved")


def _progress(line: Json) -> str:
    to = f" to {line['To']}" if "To" in line else ""
    why = f": {line['Reason']}" if "Reason" in line else ""
    return f"{line['Name']}: {line['Status']}{to}{why}"
