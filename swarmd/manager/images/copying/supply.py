"""The supply of images where they are needed: what any node has can be run on every node.

What came from a registry is asked of it, by its digest, so that the same content comes, and as
nobody: a client's credentials are not at hand. Where that does not work, or nobody knows of a
registry, it is copied from one of the engines that have it.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

from twisted.internet.defer import DeferredSemaphore
from twisted.logger import Logger

from swarmd.cluster.container_index import Bounded
from swarmd.cluster.images.holders import newest_holders
from swarmd.cluster.images.image_lookup import find_image, means_others
from swarmd.core.errors import ApiError
from swarmd.core.image.image_reference import familiar_if_valid, parse_reference, repository_of
from swarmd.core.model import Engine, Image
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.read_your_writes import settle_lists
from swarmd.manager.fleet.single_flight import SingleFlight
from swarmd.manager.images.copying.anonymous_pull import AnonymousPull
from swarmd.manager.images.copying.copy import Copy, name_image

AT_ONCE = 16  # images that are under way at a time
HOLDERS = 3  # of one image, that are asked for it
REFUSED = 600.0  # seconds for which what a registry did not give is not asked of it again
_MOST_REFUSED = 10_000

_log = Logger()


class Supply:
    """All images that are brought by swarmd itself; each once at a time to one node."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._flights: SingleFlight[tuple[str, str], None] = SingleFlight()
        self._semaphore = DeferredSemaphore(AT_ONCE)
        self._refused: Bounded[float] = Bounded(_MOST_REFUSED)

    def sources(self, ref: str, engine: Engine) -> list[Engine]:
        """Who has what ``ref`` means, where ``engine`` has not; the best to copy from first.

        None if it is there already, or nowhere.
        """
        state, own = self._fleet.state, find_image(engine, ref)
        if own is not None and not means_others(state, ref, own):
            return []
        holders = newest_holders(state, ref)
        if engine in holders:
            return []
        kind = engine.spec.architecture
        return sorted(holders, key=lambda one: one.spec.architecture != kind)

    async def bring(self, ref: str, engine: Engine) -> None:
        """Returns when what ``ref`` means is on ``engine``, or on no node; goes on if who asked
        leaves.

        Raises:
            ApiError: It could not be brought, in the words of each way that was tried.
        """
        if sources := self.sources(ref, engine):
            await self._once(ref, engine, partial(self._bring, ref, sources, engine))

    async def copy(self, ref: str, source: Engine, to: Engine) -> None:
        """From this engine to that one."""
        await self._once(ref, to, partial(self._copy, ref, source, to))

    async def _once(self, ref: str, to: Engine, work: partial[Coroutine[Any, Any, None]]) -> None:
        await self._flights.ask(
            (familiar_if_valid(ref), to.key), partial(self._gated, ref, to, work)
        )

    async def _gated(self, ref: str, to: Engine, work: partial[Coroutine[Any, Any, None]]) -> None:
        await self._semaphore.run(work)
        self._fleet.state.images_changed(to.key, [ref])
        await settle_lists(self._fleet, "images")

    # The ways

    async def _bring(self, ref: str, sources: list[Engine], to: Engine) -> None:
        failures: list[ApiError] = []
        for way in self._ways(ref, sources, to):
            try:
                await way()
                return
            except ApiError as error:
                _log.warn("image {ref} for {to}: {e}", ref=ref, to=to.name, e=error.message)
                failures.append(error)
        raise ApiError("\n".join(dict.fromkeys(e.message for e in failures)), failures[0].status)

    def _ways(
        self, ref: str, sources: list[Engine], to: Engine
    ) -> Iterator[partial[Coroutine[Any, Any, None]]]:
        """The registry first where it has the image for certain, else last."""
        images = [image for one in sources if (image := find_image(one, ref)) is not None]
        digest = next((found for one in images if (found := digest_of(one, ref))), "")
        asked = self._refused.get(f"{to.key} {repository_of(digest)}") or 0.0
        pulls = [partial(self._pull, ref, digest, to)] if digest and asked <= self._now() else []
        copies = [partial(self._copy, ref, source, to) for source in sources[:HOLDERS]]
        first = any(image.pulled for image in images)
        yield from (*pulls, *copies) if first else (*copies, *pulls)

    async def _copy(self, ref: str, source: Engine, to: Engine) -> None:
        _log.info("copying image {ref} from {a} to {b}", ref=ref, a=source.name, b=to.name)
        await Copy(self._fleet, ref, source, to).run()

    async def _pull(self, ref: str, digest: str, to: Engine) -> None:
        """By its digest; then it gets its name."""
        _log.info("pulling image {ref} as {digest} on {to}", ref=ref, digest=digest, to=to.name)
        repository = repository_of(digest)
        try:
            await AnonymousPull(self._fleet, digest, to).run()
        except ApiError as error:
            self._refused.put(f"{to.key} {repository}", self._now() + REFUSED)
            cause = f"pulling {digest} on {to.name}: {error.message}"
            raise ApiError(cause, error.status) from None
        if not parse_reference(ref).digest:
            await name_image(self._fleet, to, digest, ref)

    def _now(self) -> float:
        return self._fleet.clock.seconds()


def digest_of(image: Image, ref: str) -> str:
    """What a registry knows it by, under the repository that ``ref`` names; "" if by nothing."""
    named = parse_reference(ref)
    if named.digest:
        return "" if named.is_id else str(named)
    return next((one for one in image.digests if repository_of(one) == named.repository), "")
