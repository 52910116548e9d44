from __future__ import annotations

from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.codec.query import check_query, is_true, parse_query, render_query
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
    check_query(b"&".join([b"a=1"] * 1024))
    with pytest.raises(BadParameter, match="the query has 1025 parameters"):
        check_query(b"&".join([b"a=1"] * 1025))


def listed(count: int) -> str:
    return quote(orjson.dumps([""] * count))


@pytest.mark.parametrize("where", ["{}", "t=x&{}&rm=1", "buildargs=&{}"])
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("labels", 4096),
        *((name, 1024) for name in ("buildargs", "cachefrom", "ulimits", "outputs")),
    ],
)
def test_so_much_in_what_is_json(name: str, most: int, where: str) -> None:
    check_query(where.format(f"{name}={listed(most)}").encode())
    for query in (f"{name}=", f"%{ord(name[0]):x}{name[1:]}=", f"{name}=[]&{name}="):
        with pytest.raises(BadParameter, match=f"{name} has {most + 1} entries"):
            check_query(where.format(query + listed(most + 1)).encode())


def test_so_much_in_filters_and_names() -> None:
    many = quote(orjson.dumps({"label": [""] * 1025}))
    with pytest.raises(BadParameter, match="filter label has 1025 values"):
        check_query(f"filters={many}".encode())
    many = quote(orjson.dumps({str(n): [] for n in range(1025)}))
    with pytest.raises(BadParameter, match="filters has 1025 entries"):
        check_query(f"filters={many}".encode())
    check_query(b"names=" + b"a," * 1023)
    for names in (b"names=" + b"a," * 1024, b"names=a,b&names=" + b"a," * 1022):
        with pytest.raises(BadParameter, match="names has 1025 entries"):
            check_query(names)


def test_nothing_nested_too_deep() -> None:
    with pytest.raises(BadParameter, match="outputs is nested too deep"):
        check_query(b"outputs=" + b"[" * 600 + b"]" * 600)
