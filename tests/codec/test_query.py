from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.query import is_true, parse_query, render_query
from swarmd.core.errors import BadParameter


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"all=1&limit=5", {"all": ["1"], "limit": ["5"]}),
        (b"t=a&t=b%20c+d", {"t": ["a", "b c d"]}),
        (b"follow", {"follow": [""]}),
        (b"a=b=c&=x", {"a": ["b=c"], "": ["x"]}),
        (b"name=%c3%a9\xc3\xa9", {"name": ["éé"]}),
        (b"name=%ff", {"name": ["\udcff"]}),
        (b"f=%7B%22a%22%3A%5B%22b%26c%22%5D%7D", {"f": ['{"a":["b&c"]}']}),
    ],
)
def test_values(raw: bytes, values: dict[str, list[str]]) -> None:
    assert parse_query(raw) == values


@pytest.mark.parametrize("raw", [b"a=1;b=2", b"a=%zz", b"a=%", b"a=%2", b"%g1=a"])
def test_refused(raw: bytes) -> None:
    with pytest.raises(BadParameter, match="invalid"):
        parse_query(raw)


@given(st.binary(max_size=60))
def test_nothing_else_can_go_wrong(raw: bytes) -> None:
    try:
        parse_query(raw)
    except BadParameter:
        assert b";" in raw or b"%" in raw


@pytest.mark.parametrize("value", ["", "0", "No", " FALSE ", "none"])
def test_false(value: str) -> None:
    assert not is_true(value)


@pytest.mark.parametrize("value", ["1", "true", "yes", "00", "off"])
def test_true(value: str) -> None:
    assert is_true(value)


@given(st.binary(max_size=60).filter(lambda raw: b";" not in raw and b"%" not in raw))
def test_what_is_rendered_reads_the_same(raw: bytes) -> None:
    values = parse_query(raw)
    pairs = [(key, one) for key, found in values.items() for one in found]
    again = render_query(pairs)
    assert again.isascii() and parse_query(again.encode()) == values


def test_so_many_parameters() -> None:
    assert len(parse_query(b"&".join([b"a=1"] * 1024))["a"]) == 1024
    with pytest.raises(BadParameter, match="the query has 1025 parameters"):
        parse_query(b"&".join([b"a=1"] * 1025))
