from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.path import clean_path, decode_path, encode_path
from swarmd.core.errors import BadParameter


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        (b"/", b"/"),
        (b"/info", b"/info"),
        (b"//info", b"/info"),
        (b"/a//b", b"/a/b"),
        (b"/a/./b", b"/a/b"),
        (b"/a/../b", b"/b"),
        (b"/../../etc", b"/etc"),
        (b"/a/..", b"/"),
        (b"/a/b/", b"/a/b/"),
        (b"/a//", b"/a/"),
        (b"/.hidden/..x", b"/.hidden/..x"),
    ],
)
def test_cleaning(path: bytes, clean: bytes) -> None:
    assert clean_path(path) == clean


@pytest.mark.parametrize(
    ("path", "plain"),
    [(b"/a%2Fb", b"/a/b"), (b"/%2e%2E/a", b"/../a"), (b"/%c3%a9", b"/\xc3\xa9"), (b"/%25", b"/%")],
)
def test_decoding(path: bytes, plain: bytes) -> None:
    assert decode_path(path) == plain


@pytest.mark.parametrize("path", [b"/a%00", b"/%0d%0aX: y", b"/%7f"])
def test_control_characters_are_refused(path: bytes) -> None:
    with pytest.raises(BadParameter):
        decode_path(path)


@given(st.lists(st.sampled_from([b"/", b".", b"..", b"a", b"b.c"])).map(b"".join))
def test_a_clean_path_is_clean(path: bytes) -> None:
    clean = clean_path(b"/" + path)
    assert clean_path(clean) == clean
    assert clean.startswith(b"/") and b"//" not in clean
    assert not {b".", b".."} & set(clean.split(b"/"))


@given(st.binary(max_size=30))
def test_encoding_is_undone_by_decoding(name: bytes) -> None:
    encoded = encode_path(b"/" + name)
    assert not set(encoded) & set(b" ?#\r\n")
    try:
        assert decode_path(encoded) == b"/" + name
    except BadParameter:
        assert any(byte < 0x20 or byte == 0x7F for byte in name)
