from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.json_stream import DocumentTooLong, JsonLines

DOCUMENTS = [
    b'{"a":{"b":[{}]}}',
    b'{"text":"} { \\"}\\" \\\\"}',
    b"{}",
    b'{"text":"}{"}',
]


def cut_in_two(stream: bytes, cut: int) -> list[bytes]:
    lines = JsonLines(1000)
    return lines.feed(stream[:cut]) + lines.feed(stream[cut:])


@pytest.mark.parametrize("joint", [b"\n", b"\r\n", b"", b" ", b"\n\n"])
def test_documents_however_separated_and_cut(joint: bytes) -> None:
    stream = b"".join(document + joint for document in DOCUMENTS)
    for cut in range(len(stream) + 1):
        found = [piece.strip() for piece in cut_in_two(stream, cut)]
        assert found == DOCUMENTS


def test_byte_by_byte() -> None:
    lines, found = JsonLines(1000), []
    for byte in b"".join(DOCUMENTS):
        found += lines.feed(bytes([byte]))
    assert found == DOCUMENTS


def test_a_document_is_delivered_with_its_last_brace() -> None:
    lines = JsonLines(1000)
    assert lines.feed(b'{"a":') == []
    assert lines.feed(b"1}") == [b'{"a":1}']
    assert lines.feed(b"\n") == []


def test_garbage_ends_with_its_line() -> None:
    lines = JsonLines(1000)
    assert lines.feed(b'{"open": "never closed') == []
    assert lines.feed(b'\nnull\n}\n{"a":1}\n') == [
        b'{"open": "never closed',
        b"null",
        b"}",
        b'{"a":1}',
    ]


def test_the_bound() -> None:
    lines = JsonLines(10)
    assert lines.feed(b'{"a":12345678901234}\n') == [b'{"a":12345678901234}']
    assert lines.feed(b'{"a":12345') == []
    with pytest.raises(DocumentTooLong):
        lines.feed(b"6")


values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=3), values), max_size=5),
    st.sampled_from([b"", b"\n"]),
    st.integers(1, 9),
)
def test_round_trip(documents: list[object], joint: bytes, step: int) -> None:
    stream = b"".join(orjson.dumps(document) + joint for document in documents)
    lines, found = JsonLines(100_000), []
    for at in range(0, len(stream), step):
        found += lines.feed(stream[at : at + step])
    assert [orjson.loads(piece) for piece in found] == documents
