"""What a build asks for, and what the engine gets of it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import orjson
import pytest

from swarmd.core.errors import BadParameter
from swarmd.core.image.build_request import BuildRequest, build_query, parse_build


def parsed(**query: str) -> BuildRequest:
    return parse_build({key: [value] for key, value in query.items()})


def test_nothing_asked() -> None:
    assert parse_build({}) == BuildRequest()


def test_what_placement_needs() -> None:
    build = parse_build(
        {
            "t": ["app", "docker.io/library/app:2"],
            "cachefrom": ['["base", 7, ""]'],
            "memory": ["1048576"],
            "version": ["2"],
            "session": ["s1"],
            "buildid": ["b1"],
            "platform": ["linux/arm64"],
        }
    )
    assert build.images == ("app:latest", "app:2", "base:latest")
    assert (build.memory, build.buildkit, build.platform) == (1 << 20, True, "linux/arm64")
    assert (build.session, build.id, build.uploads_for) == ("s1", "b1", "")


def test_an_upload_belongs_to_a_build() -> None:
    assert parsed(buildid="upload-request:b1").uploads_for == "b1"


@pytest.mark.parametrize(
    ("key", "value", "expression"),
    [
        ("constraint:rank", "=2", "rank==2"),
        ("constraint:rank!", "2", "rank!=2"),
        ("constraint:zone", "=~a", "zone==~a"),
        ("constraint:zone==a", None, "zone==a"),
    ],
)
def test_expressions_are_build_arguments(key: str, value: str | None, expression: str) -> None:
    """The command line splits ``--build-arg`` at the first equals sign."""
    build = parsed(buildargs=orjson.dumps({key: value, "A": "b"}).decode())
    assert build.constraints == (expression,)
    assert build.buildargs == '{"A":"b"}'


def test_affinities_and_labels() -> None:
    labels = {"com.docker.swarm.constraints": '["zone==a"]', "x": "y"}
    args = {"affinity:image": "=base", "constraint:rank": "=1"}
    build = parsed(buildargs=orjson.dumps(args).decode(), labels=orjson.dumps(labels).decode())
    assert build.constraints == ("zone==a", "rank==1")
    assert build.affinities == ("image==base",)


@pytest.mark.parametrize(
    "query",
    [
        {"buildargs": "{"},
        {"buildargs": "[]"},
        {"labels": "7"},
        {"cachefrom": "{}"},
        {"buildargs": '{"constraint:a==b": null, "A": ' + "[" * 300 + "]" * 300 + "}"},
        {"labels": '{"com.docker.swarm.constraints": "zone"}'},
    ],
)
def test_what_no_engine_would_take(query: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        parsed(**query)


def test_numbers_that_are_none_are_the_engines_to_refuse() -> None:
    assert parsed(memory="much").memory == 0


def test_the_query_passes_as_it_came() -> None:
    raw = b"t=a%2Fb&extrahosts=%5B%5D&buildargs=%7B%22A%22%3A%22b%22%7D&odd"
    assert build_query(raw, parse_build({"buildargs": ['{"A":"b"}']}), "") == raw


def test_without_the_expressions() -> None:
    args = orjson.dumps({"constraint:rank": "=2", "A": "b&c"}).decode()
    raw = urlencode({"t": "app", "buildargs": args, "rm": "1"}).encode()
    sent = parse_qs(build_query(raw, parse_build({"buildargs": [args]}), "").decode())
    assert sent == {"t": ["app"], "rm": ["1"], "buildargs": ['{"A":"b&c"}']}


@pytest.mark.parametrize("name", ["networkmode", "network%6dode", "network%6Dode"])
def test_a_network_goes_by_what_its_engine_calls_it(name: str) -> None:
    raw = f"t=app&{name}=node-1/net&q=1".encode()
    build = parse_build({"networkmode": ["node-1/net"]})
    sent = parse_qs(build_query(raw, build, "net").decode())
    assert sent == {"t": ["app"], "q": ["1"], "networkmode": ["net"]}
    assert build_query(raw, build, "node-1/net") == raw
