from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmd.front.slice_producer import SliceProducer, in_slices


@given(st.lists(st.binary(max_size=9)), st.integers(1, 20))
def test_slices_hold_everything_and_are_large_enough(pieces: list[bytes], size: int) -> None:
    slices = list(in_slices(pieces, size))
    assert b"".join(slices) == b"".join(pieces)
    assert all(len(piece) >= size for piece in slices[:-1])


def test_one_slice_for_each_request_and_then_the_end() -> None:
    written: list[bytes] = []
    producer = SliceProducer([b"a", b"b"], written.append, lambda: written.append(b"<done>"))
    producer.resumeProducing()
    assert written == [b"ab"]
    producer.resumeProducing()
    assert written == [b"ab", b"<done>"]


def test_stopping() -> None:
    written: list[bytes] = []
    producer = SliceProducer([b"a"], written.append, lambda: None)
    producer.stopProducing()
    producer.resumeProducing()
    assert written == []
