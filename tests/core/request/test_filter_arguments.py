from __future__ import annotations

import orjson
import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.request.filter_arguments import check_filters, read_filters

READ: list[tuple[str, dict[str, tuple[str, ...]]]] = [
    ("", {}),
    ("null", {}),
    ("{}", {}),
    ('{"label":null}', {"label": ()}),
    ('{"label":[]}', {"label": ()}),
    ('{"label":{}}', {"label": ()}),
    ('{"label":["a","b"]}', {"label": ("a", "b")}),
    ('{"label":[null]}', {"label": ("",)}),
    ('{"label":{"a":true,"b":false,"c":null}}', {"label": ("a", "b", "c")}),
    ('{"label":["a"],"name":null}', {"label": ("a",), "name": ()}),
    ('{"":["a"]}', {"": ("a",)}),
]


@pytest.mark.parametrize(("text", "read"), READ)
def test_what_engines_take(text: str, read: dict[str, tuple[str, ...]]) -> None:
    assert read_filters(text) == read


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", "5", '"x"', "true", '{"label":"a"}', '{"label":5}', '{"label":[5]}'),
        *('{"label":{"a":5}}', '{"label":{"a":"b"}}', '{"label":["a"]} x', '{"label":[["a"]]}'),
        '{"label":["a"],"name":{"b":true}}',
    ],
)
def test_what_they_refuse(text: str) -> None:
    with pytest.raises(BadParameter) as caught:
        read_filters(text)
    assert caught.value.message == "invalid filter"


@pytest.mark.parametrize("values", [[""] * 1025, {str(n): True for n in range(1025)}])
def test_so_many_values_of_a_key(values: object) -> None:
    with pytest.raises(BadParameter, match="filter id has 1025 values, and at most 1024"):
        check_filters(orjson.dumps({"id": values}).decode())
