"""One image on its way from engine to engine: what the one saves is what the other loads.

Nothing is kept here, and the slower of the two sets the pace. An engine may save less than an image
and say that it went well, or load it and not have it: the archive is looked through as it passes,
and what has come of it is compared with what was sent. What went wrong leaves no name behind.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from swarmd.cluster.images.image_lookup import find_image, is_name
from swarmd.codec.framing import chunk
from swarmd.codec.image_archive import ArchiveCheck
from swarmd.codec.tar_scan import BadTar
from swarmd.core.errors import ApiError, EngineRefused, EngineUnreachable
from swarmd.core.image.image_reference import familiar, one_tag, parse_reference
from swarmd.core.model import Engine
from swarmd.manager.fleet.answers import accepted, message_of, read_answer
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.images.unread_progress import UnreadProgress
from swarmd.manager.interfaces import FleetView
from swarmd.streams.calls import Answer, StreamCall
from swarmd.streams.upload import Upload

SILENCE = 600.0  # seconds in which an engine may say nothing: it packs all before it sends
ASK = 30.0  # seconds for what an engine knows of an image, and for a name
TAR = ((b"Content-Type", b"application/x-tar"),)


class Copy:
    """A copy of exactly one image to an engine, under exactly one name or none."""

    def __init__(self, fleet: Fleet, ref: str, source: Engine, to: Engine) -> None:
        self._fleet = fleet
        self._ref = ref
        self._source = source
        self._to = to
        named = is_name(source, ref)
        self._name = one_tag(ref) if named else ref
        digest = parse_reference(ref).digest
        self._archive = ArchiveCheck(familiar(ref) if named and not digest else "")
        before = find_image(to, ref)
        self._before = before.id if before is not None else ""
        self._loading: Upload | None = None
        self._saving: StreamCall | None = None
        self._said = UnreadProgress()
        self._whole = False  # whether the target has all of it; without its end it loads nothing
        self._ready: Deferred[None] = Deferred()
        self._outcome: Deferred[Any] = Deferred()  # the target's answer, or its failure

    async def run(self) -> None:
        """Raises ApiError. A download that breaks off breaks the upload, so nothing is half."""
        sent = await self._shown(self._source)
        try:
            await self._transfer()
            if _content(await self._shown(self._to)) != _content(sent):
                raise EngineRefused(self._to.name, 502, self._words("it came out as another image"))
        except ApiError:
            await self._undo()
            raise

    # The transfer

    async def _transfer(self) -> None:
        target = self._fleet.target(self._to, "images", "load", query=[("quiet", "1")])
        loading = self._fleet.link(self._to).upload(
            "POST", target, self._said.receive, self._flow, headers=TAR, idle_timeout=SILENCE
        )
        self._loading = loading
        loading.answer.addBoth(self._answered)
        try:
            await self._ready
            await self._save()
            loading.end()
            self._whole = True
        except (ApiError, BadTar, CancelledError) as error:
            if not self._outcome.called:
                self._outcome.addErrback(lambda _: None)
                loading.answer.cancel()
                if isinstance(error, BadTar):
                    cause = self._words(f"its archive is not whole: {error}")
                    raise EngineRefused(self._source.name, 502, cause) from None
                raise
        self._check(self._to, await self._outcome)
        if self._said.error:
            raise EngineRefused(self._to.name, 500, self._words(self._said.error))

    async def _save(self) -> None:
        query = [("names", self._name)]
        target = self._fleet.target(self._source, "images", "get", query=query)
        answer = await self._fleet.link(self._source).stream(
            "GET", target, self._saved, on_open=self._opened, idle_timeout=SILENCE
        )
        self._check(self._source, answer)
        self._archive.end()

    def _opened(self, saving: StreamCall) -> None:
        self._saving = saving

    def _saved(self, data: bytes) -> None:
        assert self._loading is not None
        self._archive.feed(data)
        self._loading.write(chunk(data))
        self._flow()

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

    # What is there

    async def _shown(self, engine: Engine) -> dict[str, Any]:
        path = ("images", *self._name.split("/"), "json")
        answer = await self._fleet.call(engine, "GET", *path, timeout=ASK)
        self._check(engine, answer)
        return read_answer(engine.name, answer.body, dict)

    async def _undo(self) -> None:
        """The name goes back to what had it there, if anything; what it costs is not told.

        Who has it where nothing was loaded got it meanwhile from somebody else, and keeps it.
        """
        if not self._whole:
            return
        try:
            there = (await self._shown(self._to)).get("Id")
        except EngineRefused as error:
            there = "" if error.status == 404 else "unknown"
        except EngineUnreachable:
            return
        if not there or there == self._before:
            return
        try:
            path = ("images", *self._name.split("/"))
            await self._fleet.call(self._to, "DELETE", *path, timeout=ASK)
            if self._before and is_name(self._to, self._ref):
                await name_image(self._fleet, self._to, self._before, self._ref)
        except ApiError:
            return

    def _check(self, engine: Engine, answer: Answer) -> None:
        if answer.status >= 400:
            raise EngineRefused(engine.name, answer.status, self._words(message_of(answer.body)))

    def _words(self, cause: str) -> str:
        return f"copying image {self._ref} from {self._source.name} to {self._to.name}: {cause}"


async def name_image(fleet: FleetView, engine: Engine, image: str, name: str) -> None:
    """Gives what ``engine`` knows as ``image`` a name; EngineRefused if it does not."""
    named = parse_reference(one_tag(name))
    query = [("repo", named.repository), ("tag", named.tag)]
    path = ("images", *image.split("/"), "tag")
    accepted(engine.name, await fleet.call(engine, "POST", *path, query=query, timeout=ASK))


def _content(shown: dict[str, Any]) -> Any:
    """What an image is, the same in all kinds of stores."""
    root = shown.get("RootFS")
    layers = root.get("Layers") if isinstance(root, dict) else None
    return shown.get("Os"), shown.get("Architecture"), layers
