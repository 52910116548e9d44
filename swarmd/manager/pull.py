"""Pulls an image on many engines at once and tells the progress of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet.defer import DeferredList, DeferredSemaphore

from swarmd.core.errors import EngineUnreachable
from swarmd.core.model import Engine
from swarmd.manager.fanout import message_of
from swarmd.manager.fleet import Fleet
from swarmd.manager.progress import NodeProgress, closing_line

AT_ONCE = 20  # engines that pull at the same time: a registry is a shared thing

Headers = Sequence[tuple[bytes, bytes]]


async def pull_everywhere(
    fleet: Fleet,
    engines: Sequence[Engine],
    target: Callable[[Engine], str],
    headers: Headers,
    what: str,
    put: Callable[[bytes], None],
) -> None:
    """Writes every line to ``put``, the last one telling where it succeeded."""
    gate = DeferredSemaphore(AT_ONCE)

    async def one(engine: Engine) -> tuple[str, str]:
        progress = NodeProgress(engine, put)
        try:
            link = fleet.link(engine)
            answer = await link.stream("POST", target(engine), progress.receive, headers=headers)
        except EngineUnreachable as error:
            return engine.name, error.cause
        fleet.state.mark_stale(engine.key, "images")
        if answer.status >= 400:
            return engine.name, message_of(answer.body)
        return engine.name, progress.error

    started = [gate.run(one, engine) for engine in engines]
    try:
        results = await DeferredList(started, consumeErrors=True, fireOnOneErrback=False)
    except BaseException:
        for pull in started:
            pull.cancel()
        raise
    outcomes = [result for ok, result in results if ok]
    failed = {name: error for name, error in outcomes if error}
    done = [name for name, error in outcomes if not error]
    put(closing_line(done, failed, what))
