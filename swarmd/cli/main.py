"""The words that ``swarmd`` itself understands, where anything else starts the daemon."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import CommandError, Daemon, DaemonHost
from swarmd.cli.docker_run import client_host
from swarmd.cli.explain import explain
from swarmd.cli.node import node
from swarmd.core.printable import printable

Command = Callable[[Daemon, Arguments], Coroutine[Any, Any, None]]

COMMANDS: Mapping[str, Command] = {"node": node, "explain": explain}


def run(words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Runs one command, ``words[0]`` being its name, and ends the process.

    Raises:
        SystemExit: Always; with 1 and one line on stderr if it failed.
    """
    failures: list[str] = []
    left: list[BrokenPipeError] = []
    try:
        arguments = Arguments.parse(words[1:])
        host = DaemonHost.of(environ, arguments.host or client_host(arguments.rest))
    except CommandError as error:
        sys.exit(f"swarmd: {error}")

    async def work(reactor: Any) -> None:
        try:
            await COMMANDS[words[0]](Daemon(reactor, host), arguments)
        except CommandError as error:
            failures.append(str(error))
        except BrokenPipeError as error:
            left.append(error)

    try:
        react(lambda reactor: Deferred.fromCoroutine(work(reactor)))
    except SystemExit as ended:
        if left:
            raise left[0] from None
        if failures:
            sys.exit(f"swarmd: {printable(failures[0])}")
        sys.exit(ended.code)
