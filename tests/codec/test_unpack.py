"""Packed bytes in any pieces; what is broken, or a bomb, is told and bounded."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.unpack import STEP, CannotUnpack, Unpacker

PACKINGS = (gzip.compress, bz2.compress, lzma.compress)
TEXT = bytes(range(256)) * 2000


def unpacked(data: bytes, piece: int = 1 << 16) -> bytes:
    unpacker = Unpacker()
    found = [
        one for at in range(0, len(data), piece) for one in unpacker.feed(data[at : at + piece])
    ]
    assert all(len(one) <= STEP for one in found)
    return b"".join(found)


@pytest.mark.parametrize("pack", [*PACKINGS, bytes])
@given(data=st.binary(min_size=512, max_size=4000), piece=st.integers(1, 700))
def test_in_any_pieces(pack: Callable[[bytes], bytes], data: bytes, piece: int) -> None:
    if data[:2] not in (b"\x1f\x8b", b"BZ"):
        assert unpacked(pack(data), piece) == data


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("piece", [1 << 16, 7])
def test_several_streams_are_one(pack: Callable[[bytes], bytes], piece: int) -> None:
    assert unpacked(pack(TEXT) + pack(TEXT[:-1]), piece) == TEXT + TEXT[:-1]


@pytest.mark.parametrize("pack", PACKINGS)
def test_what_is_broken(pack: Callable[[bytes], bytes]) -> None:
    packed = bytearray(pack(TEXT))
    packed[7:] = b"\xff" * 2000
    with pytest.raises(CannotUnpack):
        unpacked(bytes(packed))


@pytest.mark.parametrize("pack", [partial(gzip.compress, compresslevel=9), *PACKINGS[1:]])
def test_a_bomb(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(CannotUnpack, match="it becomes too much"):
        unpacked(pack(bytes(100 << 20)))


def test_much_that_unpacks_slowly() -> None:
    """However well it behaves."""
    noise = bz2.compress(bytes(range(256)) * 3600)
    unpacker, pieces = Unpacker(), 0
    with pytest.raises(CannotUnpack):
        for _ in range(200):
            pieces += sum(map(len, unpacker.feed(noise)))
    assert 60 << 20 < pieces <= 64 << 20


def test_more_memory_than_it_is_given() -> None:
    packed = lzma.compress(TEXT, preset=9)
    with pytest.raises(CannotUnpack):
        unpacked(packed)
    assert unpacked(lzma.compress(TEXT, preset=6)) == TEXT
