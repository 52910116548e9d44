from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.cluster.engine_record import EngineRecord
from swarmd.cluster.views.filters import (
    CONTAINER_KEYS,
    ImageQuery,
    ListQuery,
    NetworkQuery,
    PortFilter,
    VolumeQuery,
    anchored_name,
    flag,
    is_part_of_name,
    label_test,
    name_tests,
    on_node,
    one_of,
    parse_filters,
    port_range,
    text_tests,
    truth,
)
from swarmd.core.errors import BadParameter
from tests.cluster.fleet import spec


def arguments(**given: str) -> Callable[[str], str]:
    return lambda name: given.get(name, "")


@pytest.mark.parametrize("text", ["", "0", "no", "False", "none", " NONE "])
def test_what_is_false(text: str) -> None:
    assert not truth(text)


@pytest.mark.parametrize("text", ["1", "true", "yes", "maybe"])
def test_what_is_true(text: str) -> None:
    assert truth(text)


def test_the_query_of_a_container_list() -> None:
    query = ListQuery.of(arguments(all="1", limit="5", filters='{"status":["exited"]}'))
    assert query == ListQuery(True, 5, {"status": ("exited",)})
    assert ListQuery.of(arguments()) == ListQuery()


@pytest.mark.parametrize(("text", "limit"), [("", 0), ("0", 0), ("-1", 0), ("7", 7)])
def test_limits(text: str, limit: int) -> None:
    assert ListQuery.of(arguments(limit=text)).limit == limit


def test_a_limit_that_is_no_number() -> None:
    with pytest.raises(BadParameter) as caught:
        ListQuery.of(arguments(limit="x"))
    assert caught.value.message == 'strconv.Atoi: parsing "x": invalid syntax'


def test_filters_that_were_parameters_once() -> None:
    query = ListQuery.of(arguments(before="web", since="db", filters='{"before":["app"]}'))
    assert query.filters == {"before": ("app", "web"), "since": ("db",)}
    assert ImageQuery.of(arguments(filter="busybox")).filters == {"reference": ("busybox",)}


def test_the_queries_of_the_other_lists() -> None:
    filters = '{"label":{"a=b":true}}'
    assert ImageQuery.of(arguments(all="1", filters=filters)).all
    assert NetworkQuery.of(arguments(filters=filters)).filters == {"label": ("a=b",)}
    assert VolumeQuery.of(arguments(filters=filters)).filters == {"label": ("a=b",)}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", {}),
        ("{}", {}),
        ('{"name":["a","b"]}', {"name": ("a", "b")}),
        ('{"name":{"a":true,"b":false}}', {"name": ("a", "b")}),
        ('{"name":[]}', {}),
    ],
)
def test_both_encodings(text: str, read: dict[str, tuple[str, ...]]) -> None:
    assert parse_filters(text, CONTAINER_KEYS) == read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "invalid filter"),
        ("[]", "invalid filter"),
        ("1", "invalid filter"),
        ('{"name":"a"}', "invalid filter"),
        ('{"name":[1]}', "invalid filter"),
        ('{"foo":["a"]}', "invalid filter 'foo'"),
    ],
)
def test_bad_filters(text: str, message: str) -> None:
    with pytest.raises(BadParameter) as caught:
        parse_filters(text, CONTAINER_KEYS)
    assert caught.value.message == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "x"]), inner),
)


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    try:
        read = parse_filters(orjson.dumps(value).decode(), CONTAINER_KEYS)
    except BadParameter:
        return
    assert set(read) <= {"name"}


def test_values_out_of_a_set() -> None:
    assert one_of({"scope": ("local",)}, "scope", ("local", "global")) == ("local",)
    assert one_of({}, "scope", ()) == ()
    with pytest.raises(BadParameter) as caught:
        one_of({"scope": ("moon",)}, "scope", ("local",))
    assert caught.value.message == "invalid filter 'scope=moon'"


@pytest.mark.parametrize(
    ("values", "read"),
    [((), None), (("true",), True), (("1", "true"), True), (("false",), False), (("0",), False)],
)
def test_flags(values: tuple[str, ...], read: bool | None) -> None:
    assert flag({"dangling": values} if values else {}, "dangling") is read


@pytest.mark.parametrize("values", [("yes",), ("true", "false")])
def test_bad_flags(values: tuple[str, ...]) -> None:
    with pytest.raises(BadParameter):
        flag({"dangling": values}, "dangling")


@pytest.mark.parametrize(
    ("wanted", "labels", "fits"),
    [
        ([], {}, True),
        (["a"], {"a": ""}, True),
        (["a"], {"b": "a"}, False),
        (["a="], {"a": ""}, True),
        (["a=1"], {"a": "1", "b": "2"}, True),
        (["a=1"], {"a": "2"}, False),
        (["a=1=2"], {"a": "1=2"}, True),
        (["a=1", "b"], {"a": "1", "b": "2"}, True),
        (["a=1", "b"], {"a": "1"}, False),
        (["a=1", "a=2"], {"a": "2"}, False),
    ],
)
def test_labels(wanted: list[str], labels: dict[str, str], fits: bool) -> None:
    assert label_test(wanted)(labels) is fits


def test_nodes() -> None:
    engine = EngineRecord("10.0.0.1:2375", "10.0.0.1:2375", name="node-1", spec=spec())
    for wanted in ((), ("node-1",), ("x", "10.0.0.1:2375"), ("ENGINE-1",)):
        assert on_node(wanted, engine)
    assert not on_node(("node-2",), engine)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("web", "web", True),
        ("web", "myweb2", True),
        ("we.", "web", True),
        ("^web$", "web2", False),
        ("(?i)WEB", "web", True),
        ("web", "WEB", False),
        ("we(b", "web", False),
        ("we(b", "we(b", True),
        ("a" * 2000 + ".", "a", False),
    ],
)
def test_texts(pattern: str, text: str, fits: bool) -> None:
    assert text_tests([pattern])[0](text) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("web", True),
        ("/web", True),
        ("^web", True),
        ("^/web$", True),
        ("^/?web$", True),
        (r"\Aweb", True),
        ("/we", True),
        ("eb/", False),
        ("^eb", False),
    ],
)
def test_names_are_looked_at_with_and_without_slash(pattern: str, fits: bool) -> None:
    assert name_tests([pattern])[0]("web") is fits


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("^web$", "web"), ("^/web-1$", "web-1"), ("^/?web$", "web"), ("^we.$", None), ("web", None)],
)
def test_patterns_of_one_name(pattern: str, name: str | None) -> None:
    assert anchored_name(pattern) == name


def test_parts_of_names() -> None:
    assert is_part_of_name("web-1") and not is_part_of_name("/web") and not is_part_of_name("w.b")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("80", PortFilter(80, 80, "tcp")),
        ("80/udp", PortFilter(80, 80, "udp")),
        ("8000-8100/tcp", PortFilter(8000, 8100, "tcp")),
    ],
)
def test_ports(value: str, read: PortFilter) -> None:
    assert port_range("publish", value) == read
    assert read.holds(read.first, read.proto) and not read.holds(None, read.proto)
    assert not read.holds(read.first, "sctp") and not read.holds(read.last + 1, read.proto)


@pytest.mark.parametrize("value", ["", "x", "80-", "-80/tcp", "80-x"])
def test_bad_ports(value: str) -> None:
    if value == "80-":
        assert port_range("publish", value) == PortFilter(80, 80, "tcp")
        return
    with pytest.raises(BadParameter):
        port_range("publish", value)


def test_a_port_with_an_address() -> None:
    with pytest.raises(BadParameter) as caught:
        port_range("expose", "1.2.3.4:80")
    assert caught.value.message == "filter for 'expose' should not contain ':': 1.2.3.4:80"
