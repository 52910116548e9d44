"""The words that ``swarmd`` itself understands, where anything else starts the daemon."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NoReturn

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from swarmd.cli.arguments import Arguments
from swarmd.cli.client import Daemon, DaemonHost
from swarmd.cli.docker_run import client_host
from swarmd.cli.errors import DONE, INTERRUPTED, CommandError
from swarmd.cli.events import PROSE as OF_EVENTS
from swarmd.cli.events import events
from swarmd.cli.explain import PROSE as OF_EXPLAIN
from swarmd.cli.explain import explain
from swarmd.cli.listing.managers import PROSE as OF_MANAGERS
from swarmd.cli.listing.managers import managers
from swarmd.cli.listing.overlay import PROSE as OF_OVERLAY
from swarmd.cli.listing.overlay import overlay
from swarmd.cli.listing.ports import PROSE as OF_PORTS
from swarmd.cli.listing.ports import ports
from swarmd.cli.names import PROSE as OF_NAMES
from swarmd.cli.names import names
from swarmd.cli.node import PROSE as OF_NODE
from swarmd.cli.node import node
from swarmd.cli.rebalance import PROSE as OF_REBALANCE
from swarmd.cli.rebalance import rebalance
from swarmd.cli.terminal.output import end
from swarmd.cli.usage import usage

Command = Callable[[Daemon, Arguments], Coroutine[Any, Any, None]]

RUN: Mapping[str, tuple[Command, str]] = {
    "node": (node, OF_NODE),
    "events": (events, OF_EVENTS),
    "managers": (managers, OF_MANAGERS),
    "rebalance": (rebalance, OF_REBALANCE),
    "overlay": (overlay, OF_OVERLAY),
    "ports": (ports, OF_PORTS),
    "explain": (explain, OF_EXPLAIN),
    "names": (names, OF_NAMES),
}
"""The first word of a command -> what it does, and what its help says beside the table."""


def run(first: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Runs the command that begins with ``first``, and ends the process.

    Raises:
        SystemExit: Always; with one line on stderr if it failed.
    """
    command, prose = RUN[first]
    try:
        arguments = Arguments.parse(words, first)
        if arguments.help:
            print(usage(first, prose))
            raise SystemExit(DONE)
        host = DaemonHost.of(environ, arguments.host or client_host(arguments.rest))
    except CommandError as error:
        end(error)
    outcomes: list[Exception | None] = []
    interrupted: list[bool] = []

    async def work(reactor: Any) -> None:
        reactor.addSystemEventTrigger("before", "shutdown", interrupted.append, True)
        outcome: Exception | None = None
        try:
            await command(Daemon(reactor, host), arguments)
        except (CommandError, BrokenPipeError) as error:
            outcome = error
        if not interrupted:
            outcomes.append(outcome)

    try:
        react(lambda reactor: Deferred.fromCoroutine(work(reactor)))
    except SystemExit as ended:
        _end(outcomes, ended)


def _end(outcomes: Sequence[Exception | None], ended: SystemExit) -> NoReturn:
    """Without any outcome, a signal has stopped the reactor: ^C."""
    if not outcomes and not ended.code:
        raise SystemExit(INTERRUPTED) from None
    for error in outcomes:
        if isinstance(error, CommandError):
            end(error)
        if error is not None:
            raise error from None
    raise ended
