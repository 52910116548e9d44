from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from swarmd.certificates.shared_key import make_key, read_key
from swarmd.manager.membership.book_items import (
    KEY,
    LARGEST,
    LOSSES,
    NODES,
    TOMBSTONES,
    BadItemError,
    BookItems,
)
from swarmd.manager.membership.keys import word
from swarmd.manager.membership.sealing import Seal
from swarmd.manager.nodes.operator_state import Book, Loss, NodeIntent, Tombstone

NODE = "10.0.0.1:2375"
LOSS = Loss("a" * 64, "web", NODE, "ENGINE", "node-1", True, {"Config": {"Env": ["PW=hunter2"]}})
STONE = Tombstone("b" * 64, "db", "ENGINE", "c" * 64)
BOOK = Book(
    {NODE: NodeIntent(True, True, {"zone": "a"})}, {LOSS.id: LOSS}, {STONE.id: STONE}, "d" * 64
)
SEALED = BookItems(Seal(read_key(make_key())))


def read(items: BookItems, written: dict[str, bytes]) -> Book:
    book = Book()
    for key, value in written.items():
        book = items.put(book, key, value)
    return book


def test_with_a_key_all_of_it_comes_back_and_nothing_secret_is_written() -> None:
    written = SEALED.encoded(BOOK)
    assert read(SEALED, written) == BOOK
    text = b"".join(written.values())
    assert b"hunter2" not in text and b"d" * 64 not in text


def test_without_a_key_names_and_ids_are_written_alone() -> None:
    written = BookItems().encoded(BOOK)
    assert b"hunter2" not in b"".join(written.values())
    bare = replace(BOOK, losses={LOSS.id: replace(LOSS, inspect={})})
    assert read(BookItems(), written) == bare


def test_only_what_differs_is_written() -> None:
    after = replace(
        BOOK, nodes={"b:1": NodeIntent(cordoned=True)}, tombstones={**BOOK.tombstones}, losses={}
    )
    found = BookItems().difference(BOOK, after)
    assert found.keys() == {NODES + word(NODE), NODES + word("b:1"), LOSSES + LOSS.id}
    assert found[NODES + word(NODE)] == found[LOSSES + LOSS.id] == b""
    assert BookItems().difference(BOOK, BOOK) == {}


def test_what_went_is_gone() -> None:
    book = BOOK
    for key in BookItems().encoded(BOOK):
        book = BookItems().put(book, key, None)
    assert book == Book()


def test_a_configuration_that_is_too_large_is_left_out() -> None:
    large = replace(LOSS, inspect={"Config": "x" * LARGEST})
    written = SEALED.loss(large)
    assert len(written) < LARGEST and SEALED.put(Book(), LOSSES + LOSS.id, written).losses


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (NODES + word(NODE), b"["),
        (NODES + word(NODE), b"[]"),
        (NODES + word(NODE), b"{}"),
        (NODES + word(NODE), orjson.dumps({"key": "other:1", "cordoned": True})),
        (NODES + word(NODE), orjson.dumps({"key": NODE, "labels": {"a": 1}})),
        (NODES + word(NODE), orjson.dumps({"key": NODE, "labels": [1]})),
        (NODES + word(NODE), orjson.dumps({"key": NODE, "further": True})),
        (NODES + word(NODE), b" " * (LARGEST + 1)),
        (LOSSES + "a" * 64, orjson.dumps({"id": "a" * 64, "name": 1})),
        (LOSSES + "../x", orjson.dumps({"id": "../x", "name": "x", "engine": "e", "engine_id": "",
                                        "node": "n", "running": True, "inspect": {}})),
        (TOMBSTONES + "b" * 64, orjson.dumps({"id": "c" * 64, "name": "x", "engine_id": "e"})),
        (TOMBSTONES + "b" * 64, orjson.dumps({"id": "b" * 64, "name": "x", "engine_id": [],
                                              "replacement": ""})),
        (KEY, b'{"key": "short"}'),
        (KEY, b'{"sealed": "YWJj"}'),
    ],
)  # fmt: skip
def test_what_swarmd_did_not_write_is_judged(key: str, value: bytes) -> None:
    for items in (BookItems(), SEALED):
        with pytest.raises(BadItemError):
            items.put(Book(), key, value)


def test_what_another_key_has_sealed_says_what_to_do() -> None:
    written = SEALED.encoded(BOOK)
    for items in (BookItems(), BookItems(Seal(read_key(make_key())))):
        with pytest.raises(BadItemError, match="--store-key"):
            items.put(Book(), LOSSES + LOSS.id, written[LOSSES + LOSS.id])
