from __future__ import annotations

import json

import pytest

from swarmd.authz.strict_json import CREATE, read_strictly, render
from swarmd.core.errors import BadParameter


def test_known_keys_get_the_apis_spelling_and_data_stays() -> None:
    host = b'{"portbindings":{"80/TCP":[{"hostport":"1"}]}}'
    body = b'{"IMAGE":"a","hostconfig":%b,"labels":{"A":"1","a":"2"}}' % host
    assert read_strictly(body, CREATE, closed=True) == {
        "Image": "a",
        "HostConfig": {"PortBindings": {"80/TCP": [{"HostPort": "1"}]}},
        "Labels": {"A": "1", "a": "2"},
    }


def test_unknown_keys_pass_only_where_nobody_judges_or_they_say_nothing() -> None:
    body = b'{"Image":"a","New":{"x":1},"Old":null}'
    with pytest.raises(BadParameter, match="New"):
        read_strictly(body, CREATE, closed=True)
    assert read_strictly(body, CREATE, closed=False)["New"] == {"x": 1}
    assert read_strictly(b'{"Old":""}', CREATE, closed=True) == {"Old": ""}


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"a":1,"a":2}',
        '{"Image":"a","image":"b"}',
        '{"x":1,"X":2}',
        '{"a":NaN}',
        '{"a":1} x',
        "[" * 100_000,
    ],
)
def test_what_has_two_meanings_or_none(text: str) -> None:
    with pytest.raises(BadParameter):
        read_strictly(text.encode(), CREATE, closed=False)
    with pytest.raises(BadParameter):
        read_strictly(b'{"a":"\xff"}', CREATE, closed=False)


def test_empty_is_an_object_and_numbers_of_any_size_come_back() -> None:
    assert read_strictly(b"", CREATE, closed=True) == {}
    value = {"Memory": 2**70, "Image": "é"}
    assert json.loads(render(value)) == value


@pytest.mark.parametrize(
    "number",
    ["18446744073709551616", "-9223372036854775809", "9" * 30, "-" + "9" * 5000, "1e400", "-1e999"],
)
def test_a_number_that_no_engine_can_hold(number: str) -> None:
    for body in ('{"Memory":%s}', '{"HostConfig":{"Ulimits":[{"Soft":%s}]}}', '{"Labels":[%s]}'):
        with pytest.raises(BadParameter, match="invalid JSON: the number"):
            read_strictly((body % number).encode(), CREATE, closed=False)


def test_numbers_that_an_engine_can_hold() -> None:
    for number in (0, -1, 2**63 - 1, -(2**63), 2**64 - 1, 1.5, 1e300):
        assert read_strictly(render({"Memory": number}), CREATE, closed=False)["Memory"] == number
