"""``swarmd node …``: what runs where, and what operators want of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.terminal.colour import coloured
from swarmd.cli.terminal.progress_bar import ProgressBar
from swarmd.cli.terminal.table import table
from swarmd.cli.usage import usage
from swarmd.core.printable import printable
from swarmd.core.units import counted, show_size

PROSE = """\
Without --host, the environment's DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH count, as
for docker."""

Json = Mapping[str, Any]
_MOST_NAMES = 10  # of what a drain has left


async def node(daemon: Daemon, arguments: Arguments) -> None:
    words = arguments.words
    if not words:
        print(usage("node", PROSE))
        return
    command = _COMMANDS.get(words[0])
    if command is None:
        raise Misuse(f"unknown command: node {words[0]}; there are {', '.join(_COMMANDS)}")
    await command(daemon, words[1:], arguments.json)


async def _ls(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 0, 0, "ls")
    nodes = await daemon.call("GET", "/swarmd/nodes")
    if as_json:
        _show(nodes)
        return
    head = ("NAME", "ADDRESS", "STATUS", "AVAILABILITY", "CONTAINERS", "CPUS", "MEMORY", "VERSION")
    print(table([head, *(_row(one) for one in nodes)]))
    for one in nodes:
        for note in _notes(one):
            print(printable(f"{one['Name']}: {note}"))


def _row(one: Json) -> tuple[str, ...]:
    return (
        one["Name"],
        one["Address"],
        one["Status"],
        one["Availability"],
        f"{one['Running']} of {one['Containers']} up",
        f"{one['ReservedCPUs']:g} / {one['ReservableCPUs']}",
        f"{show_size(one['ReservedMemory'])} / {show_size(one['ReservableMemory'])}",
        one["EngineVersion"],
    )


async def _usage(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 0, 0, "usage")
    nodes = await daemon.call("GET", "/swarmd/usage")
    if as_json:
        _show(nodes)
        return
    head = ("NAME", "STATUS", "RUNNING", "CPUS USED", "RESERVED", "MEMORY USED", "RESERVED")
    print(table([head, *(_usage_row(one) for one in nodes)]))
    missing = sum(one["Running"] - one["Measured"] for one in nodes)
    if missing:
        counts = "counts" if missing == 1 else "count"
        print(f"{counted(missing, 'container')} not measured yet {counts} by reservations")


def _usage_row(one: Json) -> tuple[str, ...]:
    return (
        one["Name"],
        one["Status"],
        str(one["Running"]),
        f"{one['UsedCPUs']:.3g} / {one['CPUs']}",
        f"{one['ReservedCPUs']:g}",
        f"{show_size(one['UsedMemory'])} / {show_size(one['Memory'])}",
        show_size(one["ReservedMemory"]),
    )


def _notes(one: Json) -> list[str]:
    notes = [one["Error"]] if one["Error"] else []
    names = ", ".join(one["Rescheduling"])
    if names and one.get("RescheduleHeld"):
        lost = f"`swarmd node lost {one['Name']}`"
        notes.append(f"it answers, so only {lost} would reschedule: {names}")
    elif names:
        notes.append(f"to be rescheduled: {names}")
    return notes


async def _inspect(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 1, 1, "inspect NODE")
    _show(await daemon.call("GET", _path(words[0])))


async def _cordon(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 1, None, "cordon NODE...")
    await _each(daemon, words, "cordon", as_json)


async def _uncordon(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 1, None, "uncordon NODE...")
    await _each(daemon, words, "uncordon", as_json)


async def _each(daemon: Daemon, words: list[str], action: str, as_json: bool) -> None:
    for word in words:
        changed = await daemon.call("POST", f"{_path(word)}/{action}")
        fleeting = _fleeting(changed) if action == "cordon" else ""
        _done(changed, f"{changed['Name']} {action}ed{fleeting}", as_json)


async def _label(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 2, None, "label NODE KEY=VALUE... KEY-...")
    add: dict[str, str] = {}
    remove: list[str] = []
    for word in words[1:]:
        key, mark, value = word.partition("=")
        if mark:
            add[key] = value
        elif word.endswith("-"):
            remove.append(word[:-1])
        else:
            raise Misuse(f"{word!r} is neither KEY=VALUE nor KEY-")
    body = {"Add": add, "Remove": remove}
    changed = await daemon.call("POST", f"{_path(words[0])}/labels", body)
    labels = " ".join(f"{key}={value}" for key, value in changed["OperatorLabels"].items())
    said = labels + _fleeting(changed) if labels else "no labels of its operator"
    _done(changed, f"{changed['Name']}: {said}", as_json)


async def _lost(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 1, 1, "lost NODE")
    changed = await daemon.call("POST", f"{_path(words[0])}/lost")
    names = ", ".join(changed["Rescheduled"]) or "nothing"
    _done(changed, f"{changed['Name']} is lost; rescheduling {names}", as_json)


async def _forget(daemon: Daemon, words: list[str], as_json: bool) -> None:
    _expect(words, 2, None, "forget NODE CONTAINER...")
    for container in words[1:]:
        query = urlencode({"container": container})
        changed = await daemon.call("POST", f"{_path(words[0])}/forget?{query}")
        _done(changed, f"{container} is forgotten; it goes when its node is back", as_json)


async def _drain(daemon: Daemon, words: list[str], as_json: bool) -> None:
    """Fails if something that was to move did not."""
    _expect(words, 1, 1, "drain NODE")
    last: dict[str, Any] = {}
    left: list[str] = []
    began = time.monotonic()
    bar = ProgressBar.on_stdout(0, quiet=as_json)

    def print_line(line: dict[str, Any]) -> None:
        last.clear()
        last.update(line)
        text = _progress(line, time.monotonic() - began)
        if as_json:
            print(orjson.dumps(line).decode(), flush=True)
        else:
            _draw(bar, line, coloured(printable(text), line.get("Status")))
        if line.get("Status") in ("stays", "failed"):
            left.append(line["Name"])

    try:
        await daemon.lines("POST", f"{_path(words[0])}/drain", print_line)
    finally:
        bar.close()
    if not last.get("Done"):
        raise CommandError("swarmd ended before the drain did; it goes on when swarmd is back")
    if not as_json:
        view = await daemon.call("GET", _path(words[0]))
        for text in _afterwards(last, left, _fleeting(view)):
            print(printable(text))
    if last["Failed"]:
        raise CommandError(
            f"{counted(last['Failed'], 'container')} could not be moved off {last['Node']}"
        )


def _draw(bar: ProgressBar, line: Json, text: str) -> None:
    """How many there are, the first line says."""
    if "Containers" in line:
        bar.expect(line["Containers"])
        return
    bar.print(text)
    if "Name" in line:
        bar.advance(line["Name"], done=line["Status"] != "moving")


def _progress(line: Json, seconds: float) -> str:
    if "Containers" in line:
        return f"{line['Node']}: {counted(line['Containers'], 'container')}"
    if line.get("Done"):
        counts = f"{line['Moved']} moved, {line['Stays']} stay, {line['Failed']} failed"
        return f"{line['Node']} is drained: {counts} ({seconds:.0f} s)"
    status = line["Status"]
    detail = f" to {line['To']}" if status == "moved" else f": {line.get('Reason', '')}"
    return f"{line['Name']}: {status}{'' if status == 'moving' else detail}"


def _fleeting(view: Json) -> str:
    """How long what an operator decided counts, where that is not for good."""
    return "" if view["Lasting"] else " (until swarmd restarts: it has no --state-dir)"


def _afterwards(last: Json, left: list[str], fleeting: str) -> list[str]:
    """What is to be known of a node when its drain is over."""
    node, shown = last["Node"], ", ".join(left[:_MOST_NAMES])
    if last.get("Stopped"):
        return [f"{node} takes containers again"]
    more = f" and {len(left) - _MOST_NAMES} more" if len(left) > _MOST_NAMES else ""
    there = [f"still there: {shown}{more} (why: see above)"] if left else []
    stays = f"{node} stays cordoned{fleeting}; `swarmd node uncordon {node}` ends that"
    return [*there, stays]


_COMMANDS: Mapping[str, Callable[[Daemon, list[str], bool], Coroutine[Any, Any, None]]] = {
    "ls": _ls,
    "inspect": _inspect,
    "usage": _usage,
    "cordon": _cordon,
    "uncordon": _uncordon,
    "drain": _drain,
    "label": _label,
    "lost": _lost,
    "forget": _forget,
}


def _path(name: str) -> str:
    return f"/swarmd/nodes/{quote(name, safe=':')}"


def _expect(words: list[str], least: int, most: int | None, form: str) -> None:
    if len(words) < least or (most is not None and len(words) > most):
        raise Misuse(f"usage: swarmd node {form}")


def _show(found: object) -> None:
    print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


def _done(changed: object, text: str, as_json: bool) -> None:
    if as_json:
        _show(changed)
    else:
        print(text)
