"""``swarmd list``: the engines of a DISCOVERY, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import DONE, CommandError, Misuse
from swarmd.cli.terminal.output import end
from swarmd.cli.usage import usage
from swarmd.core.addresses import PLAIN_PORT
from swarmd.core.units import parse_duration
from swarmd.discovery.entry import Entry
from swarmd.discovery.first_list import first_list
from swarmd.discovery.registered import registry
from swarmd.discovery.source import check, normalise

_TIMEOUT = 10.0  # seconds


def run(words: Sequence[str]) -> None:
    """Prints the list, and ends the process.

    Raises:
        SystemExit: Always; with one line on stderr if there is none.
    """
    outcome: list[CommandError | list[Entry]] = []
    try:
        arguments = Arguments.parse(words, "list")
        if arguments.help:
            print(usage("list"))
            raise SystemExit(DONE)
        _check(arguments)
    except CommandError as error:
        end(error)

    async def work(reactor: Any) -> None:
        try:
            outcome.append(await engines(reactor, arguments))
        except CommandError as error:
            outcome.append(error)

    try:
        react(lambda reactor: Deferred.fromCoroutine(work(reactor)))
    except SystemExit as ended:
        if ended.code:
            raise
    for result in outcome:
        if isinstance(result, CommandError):
            end(result)
        print(_shown(result, arguments.json), end="")
    raise SystemExit(DONE)


async def engines(reactor: Any, arguments: Arguments) -> list[Entry]:
    """CommandError if it is not known."""
    url, patience = _check(arguments)
    found = registry(arguments.values("discovery-opt"))
    entries, problems = await first_list(url, reactor, PLAIN_PORT, found, patience)
    if problems and not entries:
        raise CommandError("; ".join(problems))
    return entries


def _check(arguments: Arguments) -> tuple[str, float]:
    """The URL, and seconds to wait."""
    if len(arguments.words) != 1:
        raise Misuse("list takes one DISCOVERY, as the daemon does")
    text = arguments.value("timeout")
    try:
        patience = parse_duration(text) if text else _TIMEOUT
        found = registry(arguments.values("discovery-opt"))
        url = normalise(arguments.words[0])
        check(url, registry=found)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if patience <= 0:
        raise Misuse("--timeout should be longer than nothing")
    return url, patience


def _shown(entries: Sequence[Entry], as_json: bool) -> str:
    if not as_json:
        return "".join(f"{entry.address}\n" for entry in entries)
    listed = [
        {"Address": entry.address, "Name": entry.name, "Labels": dict(entry.labels)}
        for entry in entries
    ]
    return orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode() + "\n"
