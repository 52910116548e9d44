from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.json_stream import EDGE, DocumentTooLong, JsonLines

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


def passing_over(limit: int) -> tuple[JsonLines, list[bytes]]:
    edges: list[bytes] = []
    return JsonLines(limit, edges.append), edges


LONG = b'{"begin":"' + b'\\"}{' * 100_000 + b'","end":{"x":1}}'


@pytest.mark.parametrize("joint", [b"\n", b"\r\n", b"", b" "])
@pytest.mark.parametrize("size", [1, 1000, 65_536, 65_537])
def test_a_document_beyond_the_limit_is_passed_over(joint: bytes, size: int) -> None:
    lines, edges = passing_over(100_000)
    stream = joint.join([b'{"a":1}', LONG, b'{"b":2}', LONG, b'{"c":3}', b""])
    if size == 1:
        stream = joint.join([b'{"a":1}', b'{"x":"' + b"y" * 100_100 + b'"}', b'{"c":3}', b""])
    found: list[bytes] = []
    for at in range(0, len(stream), size):
        found += lines.feed(stream[at : at + size])
        assert len(lines._buffer) <= 100_000 + size
    assert [piece.strip() for piece in found][:1] == [b'{"a":1}']
    assert found[-1].strip() == b'{"c":3}'
    assert len(found) == (2 if size == 1 else 3)
    for edge in map(bytes.strip, edges):
        assert (
            edge.lstrip().startswith(b'{"')
            and edge.endswith(b"}")
            and len(edge) <= 2 * EDGE + size + 1
        )


def test_a_document_that_never_ends_is_the_end() -> None:
    lines, edges = passing_over(1 << 10)
    with pytest.raises(DocumentTooLong, match="no end of a document"):
        for _ in range(1 << 10):
            lines.feed(b"x" * 512)
    assert edges == []


def test_edges_of_what_is_hardly_too_long() -> None:
    lines, edges = passing_over(10)
    assert lines.feed(b'{"a":"123456') == []
    assert lines.feed(b'7"}\n{}\n') == [b"{}"]
    assert edges == [b'{"a":"123456 {"a":"1234567"}']
