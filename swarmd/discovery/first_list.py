"""The list of engines, once: for commands that end when they have it."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred

from swarmd.discovery.entry import Entry
from swarmd.discovery.registered import EngineRegistry
from swarmd.discovery.source import make_source


async def first_list(
    url: str, reactor: Any, default_port: int, registry: EngineRegistry, patience: float
) -> tuple[list[Entry], list[str]]:
    """The engines, and what is wrong with the list; none, and why, if there is no answer."""
    problems: list[str] = []
    answer: Deferred[list[Entry]] = Deferred()

    def listed(entries: list[Entry]) -> None:
        if not answer.called:
            answer.callback(entries)

    def wrong(problem: str) -> None:
        problems.append(problem)
        listed([])

    source = make_source(url, reactor, listed, wrong, default_port, registry=registry)
    source.startService()
    try:
        return await answer.addTimeout(patience, reactor), problems
    except TimeoutError:
        return [], [f"{url}: no answer within {patience:g} s"]
    finally:
        await maybeDeferred(source.stopService)
