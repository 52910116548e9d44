"""What operators decided at run time, and what swarmd must not forget: one small file.

Nothing else needs it: without ``--state-dir`` the same is kept in memory only. Each change is on
the disk before it is acted upon: a forgotten tombstone would be a container that runs twice.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import orjson

from swarmd.core.errors import ApiError, Unavailable
from swarmd.files.reader import BadFileError, parsed, read

NAME = "swarmd.json"
VERSION = 1
_UPGRADED = "swarmd has just been upgraded: ask again"
LARGEST = 1 << 30  # bytes; of each container that is to be made again, all that it was is there


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NodeIntent:
    """What operators decided of one node, by its line of the hosts file.

    Attributes:
        draining: A drain was begun and not finished; it goes on after a restart.
        labels: The operator's, ``weight`` among them.
    """

    cordoned: bool = False
    draining: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """A container of a lost node that is to be made again elsewhere.

    Attributes:
        id: Of the old one.
        name: Its own, plain.
        engine: Key of the engine that it was on.
        engine_id: That engine's own ID.
        node: Its name, for people.
        running: Whether the new one is to be started.
        inspect: What the old one was; see ``blueprint``.
        declared: An operator said that the node is lost.
    """

    id: str
    name: str
    engine: str
    engine_id: str
    node: str
    running: bool
    inspect: Mapping[str, Any]
    declared: bool = False


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A container that must not come back with its node.

    Attributes:
        id: Of the old one, which is removed as soon as its node is back.
        engine_id: The engine's own ID.
        replacement: ID of the container that swarmd made in its place; "" where an operator gave
            the old one up.
    """

    id: str
    name: str
    engine_id: str
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """All operators' decisions and losses. Nodes by key; losses and tombstones by the old ID.

    ``key`` is the secret of ``proof``, as hexadecimal digits; "" before it is needed.
    """

    nodes: Mapping[str, NodeIntent] = field(default_factory=dict)
    losses: Mapping[str, Loss] = field(default_factory=dict)
    tombstones: Mapping[str, Tombstone] = field(default_factory=dict)
    key: str = ""


Change = Callable[[Book], Book]


class BookKeeper(Protocol):
    """Where the book is kept that several swarmds share.

    Attributes:
        book: As far as this one has heard of it.
    """

    @property
    def book(self) -> Book: ...

    async def change(self, change: Change, *, led: bool) -> None:
        """Carries out ``change`` on the book as it stands; once more where another was faster.

        Args:
            led: It is the leader's to do.

        Raises:
            ApiError: Nothing was changed, or nobody knows.
        """


class OperatorState:
    """The operators' state: the book, and its file if there is one.

    Args:
        folder: ``--state-dir``; None keeps everything in memory.
        shared: Keeps it in its place, where several swarmds serve the fleet; a file that is there
            is taken in once.

    Raises:
        ValueError: The file cannot be read or understood, in one line.
    """

    def __init__(self, folder: str | None = None, shared: BookKeeper | None = None) -> None:
        self._path = Path(folder, NAME) if folder and shared is None else None
        self._shared = shared
        self._book = read_book(self._path) if self._path else Book()
        self._elsewhere = False

    @property
    def book(self) -> Book:
        return self._book if self._shared is None else self._shared.book

    @property
    def lasting(self) -> bool:
        """Whether it outlives a restart."""
        return self._path is not None or self.shared

    @property
    def shared(self) -> bool:
        """Whether other swarmds have the same book."""
        return self._shared is not None

    def node(self, key: str) -> NodeIntent:
        return self.book.nodes.get(key, NodeIntent())

    async def change_node(
        self, key: str, change: Callable[[NodeIntent], NodeIntent], *, led: bool = False
    ) -> NodeIntent:
        """What is wanted of the node from now on.

        Raises ApiError, and changes nothing, if it cannot be written; so do all below.
        """

        def changed(book: Book) -> Book:
            wanted = change(book.nodes.get(key, NodeIntent()))
            nodes = {**book.nodes, key: wanted}
            if wanted == NodeIntent():
                del nodes[key]
            return replace(book, nodes=nodes)

        await self._change(changed, led=led)
        return self.node(key)

    def key(self) -> bytes:
        """What proves that a replacement is ours; made, and written, when it is first needed."""
        if not self.book.key:
            if self._shared is not None:
                raise Unavailable("the store that swarmds share was not read yet")
            self._write(replace(self.book, key=secrets.token_hex(32)))
        return bytes.fromhex(self.book.key)

    async def lose(self, losses: Mapping[str, Loss], *, led: bool = True) -> None:
        def lost(book: Book) -> Book:
            return replace(book, losses={**book.losses, **losses})

        await self._change(lost, led=led)

    async def spare(self, ids: set[str]) -> None:
        """These losses are none any more."""
        if not ids.isdisjoint(self.book.losses):
            await self._change(lambda book: replace(book, losses=_without(book.losses, ids)))

    async def bury(self, stone: Tombstone, *, led: bool = True) -> None:
        """A loss that is replaced is one until the new container was started, too."""

        def buried(book: Book) -> Book:
            gone = set[str]() if stone.replacement else {stone.id}
            stones = {**book.tombstones, stone.id: stone}
            return replace(book, tombstones=stones, losses=_without(book.losses, gone))

        await self._change(buried, led=led)

    async def unbury(self, container_id: str, loss: Loss | None = None) -> None:
        """The old one is gone for good; or, with ``loss``, it is not replaced after all."""

        def dug_up(book: Book) -> Book:
            losses = {**book.losses, loss.id: loss} if loss else book.losses
            stones = _without(book.tombstones, {container_id})
            return replace(book, tombstones=stones, losses=losses)

        await self._change(dug_up)

    def document(self) -> dict[str, Any]:
        """All of it, for another process."""
        return {"version": VERSION, **asdict(self.book)}

    def take_in(self, document: dict[str, Any]) -> None:
        """What another process has left; ValueError if it is not understood, ApiError as above."""
        try:
            book = _decoded(document)
        except (KeyError, TypeError) as error:
            raise ValueError(f"the operators' state is not understood: {error}") from None
        if self._shared is not None:
            self._elsewhere = False
        elif book != self.book or self._elsewhere:
            self._elsewhere = False
            self._write(book)

    def read_again(self) -> None:
        """As another process has left it on the disk."""
        if self._path is not None:
            self._book = read_book(self._path)

    def leave(self, elsewhere: bool = True) -> None:
        """Another process decides from now on, or does not after all."""
        self._elsewhere = elsewhere

    async def _change(self, change: Change, *, led: bool = True) -> None:
        if self._elsewhere:
            raise Unavailable(_UPGRADED)
        if self._shared is not None:
            await self._shared.change(change, led=led)
        else:
            self._write(change(self.book))

    def _write(self, book: Book) -> None:
        if self._elsewhere:
            raise Unavailable(_UPGRADED)
        if self._path is not None:
            try:
                write_atomically(self._path, _encoded(book))
            except OSError as error:
                raise ApiError(f"{self._path} cannot be written: {error.strerror}") from None
        self._book = book


def _without(things: Mapping[str, T], ids: set[str]) -> dict[str, T]:
    return {key: one for key, one in things.items() if key not in ids}


def read_book(path: Path) -> Book:
    """A missing file is an empty book; ValueError for one that is not understood."""
    try:
        content, _ = read(str(path), LARGEST)
    except BadFileError as error:
        if error.missing:
            return Book()
        raise ValueError(f"state file {path} cannot be read: {error}") from None
    try:
        return parsed(content, lambda data: _decoded(orjson.loads(data)))
    except BadFileError as error:
        raise ValueError(
            f"state file {path} is not understood ({error}); mend it, or move it away and "
            "cordon and label anew"
        ) from None


def write_atomically(path: Path, content: bytes) -> None:
    """At every moment, a loss of power included, the file is the old one or the new one."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _encoded(book: Book) -> bytes:
    return orjson.dumps({"version": VERSION, **asdict(book)}, option=orjson.OPT_INDENT_2) + b"\n"


def _decoded(document: dict[str, Any]) -> Book:
    if document["version"] != VERSION:
        raise ValueError(f"it is of version {document['version']}, not {VERSION}")
    return Book(
        {key: NodeIntent(**value) for key, value in document["nodes"].items()},
        {key: Loss(**value) for key, value in document["losses"].items()},
        {key: Tombstone(**value) for key, value in document["tombstones"].items()},
        bytes.fromhex(document.get("key", "")).hex(),
    )
