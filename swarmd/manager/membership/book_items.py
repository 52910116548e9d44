"""The operators' book as keys and values, one key an item. What is read is judged like any input.

A lost container's configuration has secrets (its environment): it is written only sealed. Without
a key for that, names and IDs stand there alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from swarmd.manager.membership.keys import BOOK, word
from swarmd.manager.membership.sealing import BadSealError, Seal
from swarmd.manager.nodes.operator_state import Book, Loss, NodeIntent, Tombstone

MARK = f"{BOOK}format"  # there as long as the book is: who sees it go sees a store emptied
KEY = f"{BOOK}key"
NODES, LOSSES, TOMBSTONES = f"{BOOK}nodes/", f"{BOOK}losses/", f"{BOOK}tombstones/"
LARGEST = 200 << 10  # bytes of one item
_MOST_LABELS = 1000
_LONGEST = 4096  # characters of any text
_ID = re.compile(r"[0-9a-f]{12,64}")

Item = NodeIntent | Loss | Tombstone | str


class BadItemError(ValueError):
    """What stands in the store is nothing that swarmd wrote there."""


@dataclass(frozen=True, slots=True)
class NodeItem:
    """What operators want of one node, with the key of its engine."""

    key: str
    intent: NodeIntent


@dataclass(slots=True)
class BookItems:
    """The book's items, by the keys at which they stand.

    Args:
        seal: None writes no configuration.
    """

    seal: Seal | None = None

    def encoded(self, book: Book) -> dict[str, bytes]:
        """All of it. What did not change has the same value only where nothing is sealed."""
        items = {KEY: self._key(book.key)} if book.key else {}
        items |= {NODES + word(key): _node(key, one) for key, one in book.nodes.items()}
        items |= {LOSSES + key: self.loss(one) for key, one in book.losses.items()}
        return items | {
            TOMBSTONES + key: _json(asdict(one)) for key, one in book.tombstones.items()
        }

    def difference(self, before: Book, after: Book) -> dict[str, bytes]:
        """What is to be put, and as b"" what is to go."""
        changed = self.encoded(
            Book(
                _changed(before.nodes, after.nodes),
                _changed(before.losses, after.losses),
                _changed(before.tombstones, after.tombstones),
                "" if after.key == before.key else after.key,
            )
        )
        gone = [NODES + word(key) for key in before.nodes.keys() - after.nodes.keys()]
        gone += [LOSSES + key for key in before.losses.keys() - after.losses.keys()]
        gone += [TOMBSTONES + key for key in before.tombstones.keys() - after.tombstones.keys()]
        return dict.fromkeys(gone, b"") | changed

    def loss(self, loss: Loss) -> bytes:
        plain = _json({**asdict(loss), "inspect": {}})
        if self.seal is None or not loss.inspect:
            return plain
        sealed = self.seal.close(_json(loss.inspect), LOSSES + loss.id)
        whole = _json({**asdict(loss), "inspect": {}, "sealed": sealed})
        return whole if len(whole) <= LARGEST else plain

    def _key(self, key: str) -> bytes:
        return _json(
            {"key": key} if self.seal is None else {"sealed": self.seal.close(key.encode(), KEY)}
        )

    # Reading

    def put(self, book: Book, key: str, value: bytes | None) -> Book:
        """The book with what stands at ``key`` now; BadItemError for what cannot be understood."""
        if key == MARK:
            return book
        if key == KEY:
            return replace(book, key=self._read_key(_object(value)) if value else "")
        for prefix, part, read in (
            (NODES, "nodes", _read_node),
            (LOSSES, "losses", self._read_loss),
            (TOMBSTONES, "tombstones", _read_tombstone),
        ):
            if key.startswith(prefix):
                return _with(book, part, *_judged(key, prefix, read, value))
        return book

    def _read_key(self, found: Mapping[str, Any]) -> str:
        text = (
            self._opened(found["sealed"], KEY).decode() if "sealed" in found else found.get("key")
        )
        if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
            raise BadItemError("it is no key of proofs")
        return text

    def _read_loss(self, found: dict[str, Any]) -> tuple[str, Loss]:
        sealed = found.pop("sealed", None)
        loss = Loss(**found)
        _check_texts(loss.name, loss.engine, loss.engine_id, loss.node)
        if not _ID.fullmatch(loss.id) or type(loss.running) is not bool:
            raise BadItemError("it is no loss")
        inspect: dict[str, Any] = {}
        if sealed is not None:
            inspect = _object(self._opened(sealed, LOSSES + loss.id))
        return loss.id, replace(loss, inspect=inspect, declared=loss.declared is True)

    def _opened(self, sealed: Any, place: str) -> bytes:
        if self.seal is None:
            raise BadItemError("it is sealed: give this swarmd the --store-key of the others")
        try:
            return self.seal.open(str(sealed), place)
        except BadSealError as error:
            raise BadItemError(f"{error}: do all swarmds have the same --store-key?") from None


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in after.items() if before.get(key) != one}


def _node(key: str, intent: NodeIntent) -> bytes:
    return _json({"key": key, **asdict(intent)})


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _object(value: bytes | None) -> dict[str, Any]:
    if value is None or len(value) > LARGEST:
        raise BadItemError("it is too large")
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise BadItemError("it is no JSON object")
    return found


def _judged(key: str, prefix: str, read: Any, value: bytes | None) -> tuple[str, Any]:
    """The item's own key, and the item; None if it is gone."""
    if value is None:
        return key.removeprefix(prefix), None
    try:
        own, item = read(_object(value))
    except (TypeError, KeyError, AttributeError) as error:
        raise BadItemError(f"it is not understood: {error}") from None
    if key not in (prefix + own, prefix + word(own)):
        raise BadItemError("it stands at another's place")
    return own, item


def _with(book: Book, part: str, own: str, item: Any) -> Book:
    known: Mapping[str, Any] = getattr(book, part)
    kept = {key: one for key, one in known.items() if own not in (key, word(key))}
    changed: dict[str, Any] = {part: kept if item is None else {**known, own: item}}
    return replace(book, **changed)


def _read_node(found: dict[str, Any]) -> tuple[str, NodeIntent]:
    key, intent = str(found.pop("key")), NodeIntent(**found)
    labels = intent.labels
    if not isinstance(labels, dict) or len(labels) > _MOST_LABELS:
        raise BadItemError("it has no labels that a node can have")
    _check_texts(key, *labels, *labels.values())
    return key, NodeIntent(intent.cordoned is True, intent.draining is True, labels)


def _read_tombstone(found: dict[str, Any]) -> tuple[str, Tombstone]:
    stone = Tombstone(**found)
    _check_texts(stone.name, stone.engine_id)
    if not _ID.fullmatch(stone.id) or not (
        stone.replacement == "" or _ID.fullmatch(stone.replacement)
    ):
        raise BadItemError("it is no tombstone")
    return stone.id, stone


def _check_texts(*texts: Any) -> None:
    if not all(isinstance(text, str) and len(text) <= _LONGEST for text in texts):
        raise BadItemError("it has no texts where some should be")
