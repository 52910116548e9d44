"""Images that no registry has, brought from engine to engine where they are needed.

What one engine saves, another loads, as it comes: nothing is kept here, and the slower of the two
sets the pace.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure

from swarmd.cluster.holders import latest
from swarmd.cluster.images import engines_with_image, find_image, is_name, means_others
from swarmd.codec.json_stream import JsonLines
from swarmd.core.build import DISTRIBUTE
from swarmd.core.config import label_list
from swarmd.core.errors import ApiError, EngineRefused
from swarmd.core.expressions import Expression, parse_expression, parse_expressions
from swarmd.core.image_reference import one_tag
from swarmd.core.model import Engine, Image
from swarmd.core.version import show
from swarmd.manager.fanout import message_of
from swarmd.manager.fleet import Fleet
from swarmd.manager.fresh import settle_lists
from swarmd.manager.images.copies_told import CopiesTold
from swarmd.manager.placer import Placer
from swarmd.manager.single_flight import SingleFlight
from swarmd.scheduler.request import Placement
from swarmd.streams.calls import Answer, StreamCall
from swarmd.streams.upload import Upload

SILENCE = 600.0  # seconds in which an engine may say nothing: it packs all before it sends
LONGEST_LINE = 1 << 20
TAR = ((b"Content-Type", b"application/x-tar"),)
EVERYWHERE = "all"

Refs = frozenset[tuple[str, str]]  # (tag, image ID)

_log = Logger()


class Distributor:
    """All copies; ``builds`` is where images go that say nothing: "", "all" or a constraint."""

    def __init__(self, fleet: Fleet, placer: Placer, builds: str = "") -> None:
        self._fleet = fleet
        self._placer = placer
        self._builds = builds
        self._copies: SingleFlight[tuple[str, str], None] = SingleFlight()
        self._told = CopiesTold(fleet)

    async def bring(self, ref: str, engine: Engine) -> None:
        """Makes an image available on ``engine`` that only other engines may have.

        Also one that was built anew under its name, while this engine has a copy of the old one.
        What a registry has for certain is left to the client, who pulls it as who it is; by its
        ID nobody can.

        Raises:
            ApiError: It could not be copied, with both nodes' names.
        """
        state, own = self._fleet.state, find_image(engine, ref)
        if own is not None and (own.pulled or not means_others(state, ref, own)):
            return
        holders = [one for one in engines_with_image(state, ref) if one.healthy]
        images = [image for one in holders if (image := find_image(one, ref)) is not None]
        newest = latest(holders, ref)
        named = any(is_name(one, ref) for one in holders)
        pulled = named and any(image.pulled for image in images)
        if newest and engine not in newest and not pulled:
            like = [e for e in newest if e.spec.architecture == engine.spec.architecture]
            await self.copy(ref, (like or newest)[0], engine)

    async def copy(self, ref: str, source: Engine, to: Engine) -> None:
        """Once, however many ask for the same at a time; goes on if who asked leaves."""
        await self._copies.ask((ref, to.key), partial(self._copy, ref, source, to))

    async def _copy(self, ref: str, source: Engine, to: Engine) -> None:
        _log.info("copying image {ref} from {a} to {b}", ref=ref, a=source.name, b=to.name)
        await Copy(self._fleet, ref, source, to).run()
        self._fleet.state.mark_stale(to.key, "images")
        await settle_lists(self._fleet, "images")

    # After builds

    def refs(self, engine: Engine) -> Refs:
        """What the engine's tags mean now; to be compared after a build."""
        return frozenset(engine.image_refs.items())

    async def spread(self, engine: Engine, before: Refs) -> None:
        """Copies what a build has tagged on ``engine`` to where its label, or the option, says.

        From now on the tag means that image, wherever another has it.

        The build is over, and its client served: how the copies went is told by events, and by
        the warnings of ``docker info``.
        """
        await settle_lists(self._fleet, "images")
        new = sorted(self.refs(engine) - before)
        for ref, image_id in new:
            self._fleet.state.image_named(engine.key, ref, image_id, self._fleet.now())
        copies = [
            Deferred.fromCoroutine(self._spread_one(ref, engine, engine.images[image_id]))
            for ref, image_id in new
            if "@" not in ref and image_id in engine.images
        ]
        await DeferredList(copies, consumeErrors=True)

    async def _spread_one(self, ref: str, source: Engine, image: Image) -> None:
        for engine in self._targets(ref, image, source):
            if engine is source or engine.image_refs.get(ref) == image.id or not engine.healthy:
                continue
            try:
                await self.copy(ref, source, engine)
            except ApiError as error:
                self._told.failed(ref, image, engine, error.message)
            else:
                self._told.copied(ref, image, engine)

    def _targets(self, ref: str, image: Image, source: Engine) -> Collection[Engine]:
        wish = image.labels.get(DISTRIBUTE) or ("" if image.pulled else self._builds)
        if not wish:
            return ()
        if wish == EVERYWHERE:
            return self._fleet.healthy()
        try:
            return self._placer.rank(Placement(constraints=_constraints(wish)))
        except ApiError as error:
            self._told.failed(ref, image, source, error.message)
            return ()


def _constraints(wish: str) -> tuple[Expression, ...]:
    """One expression, or a JSON list of them."""
    if wish.startswith("["):
        return parse_expressions(label_list(DISTRIBUTE, wish))
    return (parse_expression(wish),)


class Copy:
    """One image on its way: the source's answer is the target's request."""

    def __init__(self, fleet: Fleet, ref: str, source: Engine, to: Engine) -> None:
        self._fleet = fleet
        self._ref = ref
        self._source = source
        self._to = to
        self._loading: Upload | None = None
        self._saving: StreamCall | None = None
        self._lines = JsonLines(LONGEST_LINE)
        self._failure = ""
        self._ready: Deferred[None] = Deferred()
        self._outcome: Deferred[Any] = Deferred()  # the target's answer, or its failure

    async def run(self) -> None:
        """Raises ApiError. A download that breaks off breaks the upload, so nothing is half."""
        target = f"{self._prefix(self._to)}/images/load?quiet=1"
        loading = self._fleet.link(self._to).upload(
            "POST", target, self._loaded, self._flow, headers=TAR, idle_timeout=SILENCE
        )
        self._loading = loading
        loading.answer.addBoth(self._answered)
        try:
            await self._ready
            await self._save()
            loading.end()
        except (ApiError, CancelledError):
            if not self._outcome.called:
                self._outcome.addErrback(lambda _: None)
                loading.answer.cancel()
                raise
        self._check(self._to, await self._outcome)
        if self._failure:
            raise EngineRefused(self._to.name, 500, self._words(self._failure))

    async def _save(self) -> None:
        name = one_tag(self._ref) if is_name(self._source, self._ref) else self._ref
        target = f"{self._prefix(self._source)}/images/get?names={quote(name, safe='')}"
        answer = await self._fleet.link(self._source).stream(
            "GET", target, self._saved, on_open=self._opened, idle_timeout=SILENCE
        )
        self._check(self._source, answer)

    def _opened(self, saving: StreamCall) -> None:
        self._saving = saving

    def _saved(self, data: bytes) -> None:
        assert self._loading is not None
        self._loading.write(data)
        self._flow()

    def _loaded(self, data: bytes) -> None:
        """The target's progress; an error in it comes with status 200."""
        for line in self._lines.feed(data):
            self._failure = str(orjson.loads(line).get("error") or self._failure)

    def _flow(self) -> None:
        """The engine that loads sets the pace of the one that saves."""
        if not self._ready.called:
            self._ready.callback(None)
        if self._saving is None or self._loading is None:
            return
        if self._loading.full:
            self._saving.pause()
        else:
            self._saving.resume()

    def _answered(self, result: Answer | Failure) -> None:
        """The target has answered, or is gone: it takes no more."""
        self._outcome.callback(result)
        if not self._ready.called:
            self._ready.cancel()
        if self._saving is not None:
            self._saving.answer.cancel()

    def _check(self, engine: Engine, answer: Answer) -> None:
        if answer.status >= 400:
            raise EngineRefused(engine.name, answer.status, self._words(message_of(answer.body)))

    def _words(self, cause: str) -> str:
        return f"copying image {self._ref} from {self._source.name} to {self._to.name}: {cause}"

    def _prefix(self, engine: Engine) -> str:
        return f"/v{show(self._fleet.version_for(engine, None))}"
