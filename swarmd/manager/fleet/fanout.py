"""Fan-out of one question: bounded parallelism, a time limit each, every failure kept."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from twisted.internet.defer import DeferredList, DeferredSemaphore

from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import message_of, read_answer
from swarmd.manager.interfaces import FleetView
from swarmd.streams.link import Answer

K = TypeVar("K")
T = TypeVar("T")

AT_ONCE = 100  # engines asked at the same time
METADATA = 10.0  # seconds that one engine may take


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one engine answered: ``answer``, or ``error`` where it did not or refused.

    Attributes:
        value: The answer decoded, if a kind of value was expected.
    """

    engine: Engine
    answer: Answer | None = None
    error: ApiError | None = None
    value: Any = None

    @property
    def ok(self) -> bool:
        return self.error is None


async def ask_engines(
    fleet: FleetView,
    engines: Iterable[Engine],
    method: str,
    target: Callable[[Engine], str],
    *,
    body: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    timeout: float = METADATA,
    expect: type[Any] | None = None,
) -> list[Outcome]:
    """The outcomes in the order of ``engines``; never raises for an engine's failure.

    Args:
        expect: ``dict``, or ``list`` (of objects): an answer that is none is a failure.
    """

    async def one(engine: Engine) -> Outcome:
        try:
            link = fleet.link(engine)
            answer = await link.call(
                method, target(engine), body=body, headers=headers, timeout=timeout
            )
            if answer.status >= 400:
                refusal = EngineRefused(engine.name, answer.status, message_of(answer.body))
                return Outcome(engine, answer, refusal)
            value = None if expect is None else read_answer(engine.name, answer.body, expect)
        except (EngineUnreachable, EngineRefused) as error:
            return Outcome(engine, error=error)
        return Outcome(engine, answer, value=value)

    return await gather(engines, AT_ONCE, one)


async def gather(
    items: Iterable[K], at_once: int, work: Callable[[K], Coroutine[Any, Any, T]]
) -> list[T]:
    """The results in the order of ``items``; cancelling it cancels all that is under way."""
    semaphore = DeferredSemaphore(at_once)
    started = [semaphore.run(work, item) for item in items]
    results: list[Any] = await DeferredList(started, consumeErrors=True)
    for ok, result in results:
        if not ok:
            result.raiseException()
    return [result for _, result in results]


def first_success(outcomes: Sequence[Outcome]) -> Outcome:
    """Any engine's answer; where all failed, an error that tells what each said."""
    for outcome in outcomes:
        if outcome.ok:
            return outcome
    raise together(outcomes)


def refusal(outcomes: Sequence[Outcome]) -> ApiError:
    """The engine's own words if only one was asked, else those of each that failed."""
    only = outcomes[0].error if len(outcomes) == 1 else None
    return only or together(outcomes)


def together(outcomes: Sequence[Outcome]) -> ApiError:
    """One error out of all failures: the first one's status, each node with its words."""
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if not failed:
        return ApiError("No healthy node available in the cluster")
    lines = [
        f"{outcome.engine.name}: {outcome.error.message}" for outcome in failed if outcome.error
    ]
    assert failed[0].error is not None
    return ApiError("\n".join(lines), failed[0].error.status)
