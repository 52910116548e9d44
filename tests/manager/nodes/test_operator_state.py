from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from swarmd.core.errors import ApiError
from swarmd.manager.nodes.operator_state import (
    NAME,
    Book,
    Loss,
    NodeIntent,
    OperatorState,
    Tombstone,
)
from tests.manager.rig import result_of

KEY = "10.0.0.1:2375"
LOSS = Loss("a" * 64, "web", KEY, "ENGINE-1", "node-1", True, {"Config": {"Image": "busybox"}})
STONE = Tombstone("a" * 64, "web", "ENGINE-1", "b" * 64)


def test_everything_comes_back(tmp_path: Path) -> None:
    operator_state = OperatorState(str(tmp_path))
    result_of(
        operator_state.change_node(KEY, lambda _: NodeIntent(cordoned=True, labels={"weight": "2"}))
    )
    result_of(operator_state.lose({LOSS.id: LOSS, "c": replace(LOSS, id="c")}))
    result_of(operator_state.bury(STONE))
    again = OperatorState(str(tmp_path))
    assert again.book == operator_state.book
    assert again.node(KEY) == NodeIntent(True, False, {"weight": "2"})
    assert again.book.losses.keys() == {LOSS.id, "c"}, "its replacement is not started yet"
    assert again.book.tombstones == {STONE.id: STONE}


def test_what_is_over_is_forgotten(tmp_path: Path) -> None:
    operator_state = OperatorState(str(tmp_path))
    result_of(operator_state.change_node(KEY, lambda _: NodeIntent(cordoned=True)))
    result_of(operator_state.change_node(KEY, lambda _: NodeIntent()))
    result_of(operator_state.lose({LOSS.id: LOSS}))
    result_of(operator_state.spare({LOSS.id}))
    result_of(operator_state.bury(STONE))
    result_of(operator_state.unbury(STONE.id))
    assert OperatorState(str(tmp_path)).book == Book()


def test_an_undone_replacement_is_a_loss_again() -> None:
    operator_state = OperatorState()
    result_of(operator_state.bury(STONE))
    result_of(operator_state.unbury(STONE.id, LOSS))
    assert operator_state.book == Book(losses={LOSS.id: LOSS})


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    operator_state = OperatorState()
    result_of(operator_state.bury(STONE))
    assert list(tmp_path.iterdir()) == [] and STONE.id in operator_state.book.tombstones


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not understood"),
        (b"{", "is not understood"),
        (b"[]", "is not understood"),
        (b'{"version": 2}', "of version 2, not 1"),
        (b'{"version": 1}', "is not understood"),
        (b'{"version": 1, "nodes": {"a": {"x": 1}}, "losses": {}, "tombstones": {}}', "'x'"),
    ],
)
def test_a_file_that_is_not_understood_stops_the_start(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        OperatorState(str(tmp_path))
    assert str(tmp_path / NAME) in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(ValueError, match="cannot be read: Is a directory"):
        OperatorState(str(tmp_path))


def test_what_cannot_be_written_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator_state = OperatorState(str(tmp_path))
    result_of(operator_state.change_node(KEY, lambda _: NodeIntent(cordoned=True)))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ApiError, match="No space left on device"):
        result_of(operator_state.bury(STONE))
    assert operator_state.book.tombstones == {}
    monkeypatch.undo()
    assert OperatorState(str(tmp_path)).book == operator_state.book


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    result_of(OperatorState(str(tmp_path)).bury(STONE))
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_the_key_of_proofs_is_made_once_and_outlives_a_restart(tmp_path: Path) -> None:
    operator_state = OperatorState(str(tmp_path))
    key = operator_state.key()
    assert len(key) == 32 and operator_state.key() == key
    assert OperatorState(str(tmp_path)).key() == key
    assert OperatorState().key() != OperatorState().key()
