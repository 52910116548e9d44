from __future__ import annotations

from typing import Any

import pytest

from swarmd.config.sources.given import (
    ENVIRONMENT,
    FLAG,
    GivenOption,
    Layer,
    in_the_words_of,
    merged,
    values,
)


def flags(**given: Any) -> Layer:
    return layer("--", FLAG, given)


def variables(**given: Any) -> Layer:
    return layer("$", ENVIRONMENT, given)


def file(**given: Any) -> Layer:
    return layer("", "/f", given)


def layer(mark: str, origin: str, given: dict[str, Any]) -> Layer:
    names = {name.replace("_", "-"): value for name, value in given.items()}
    place = "" if mark else "/f:1:2"
    return {name: GivenOption(value, mark + name, origin, place) for name, value in names.items()}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((flags(heartbeat="1s"), variables(heartbeat="2s"), file(heartbeat="3s")), "1s"),
        ((flags(), variables(heartbeat="2s"), file(heartbeat="3s")), "2s"),
        ((flags(), variables(), file(heartbeat="3s")), "3s"),
        ((), "5s"),
    ],
)
def test_the_first_has_the_first_word(layers: tuple[Layer, ...], expected: str) -> None:
    assert values(merged(layers))["heartbeat"] == expected


def test_lists_are_replaced_and_not_added_up() -> None:
    assert values(merged((flags(filter=["port"]), file(filter=["health"]))))["filter"] == ["port"]


@pytest.mark.parametrize(
    ("above", "below", "left"),
    [
        ({"discovery": "a"}, {"hosts": "/h"}, {"discovery"}),
        ({"hosts": "/h"}, {"discovery": "a"}, {"hosts"}),
        ({"debug": True}, {"log_level": "warn"}, {"debug"}),
        ({"debug": False}, {"log_level": "warn"}, {"debug", "log-level"}),
        ({"log_level": "warn"}, {"debug": True}, {"log-level"}),
        (
            {"no_engine_tls": True},
            {"engine_tlscacert": "/c", "tls": True},
            {"no-engine-tls", "tls"},
        ),
        ({"engine_tlscert": "/c"}, {"no_engine_tls": True}, {"engine-tlscert"}),
        ({"engine_tlscert": "/c"}, {"engine_tlskey": "/k"}, {"engine-tlscert", "engine-tlskey"}),
    ],
)
def test_what_speaks_of_one_thing(
    above: dict[str, Any], below: dict[str, Any], left: set[str]
) -> None:
    assert set(merged((flags(**above), file(**below)))) == left


def test_in_one_layer_both_are_left_to_be_refused() -> None:
    assert set(merged((file(hosts="/h", discovery="a"),))) == {"hosts", "discovery"}


@pytest.mark.parametrize(
    ("given", "text", "said"),
    [
        (file(heartbeat="1"), "--heartbeat: no", "/f:1:2: heartbeat: no"),
        (variables(heartbeat="1"), "--heartbeat: no", "$heartbeat: no"),
        (flags(heartbeat="1"), "--heartbeat: no", "--heartbeat: no"),
        ({}, "--heartbeat: no", "--heartbeat: no"),
        (file(discovery="x"), "DISCOVERY: no", "/f:1:2: discovery: no"),
        (file(hosts="/h"), "cannot read hosts file /h: gone", "/f:1:2: hosts: cannot read"),
        (flags(hosts="/h"), "cannot read hosts file /h: gone", "cannot read hosts file /h: gone"),
        (file(tlscert="/c", tlskey="/c.key"), "/c.key is bad", "/f:1:2: tlskey: /c.key is bad"),
        (file(tls=True), "--tlscert and --tlskey must", "--tlscert and --tlskey must"),
        (
            file(tlsverify=True),
            "--tlscacert with --tlsverify",
            "/f:1:2: --tlscacert with tlsverify",
        ),
    ],
)
def test_a_refusal_in_the_words_of_who_gave_it(given: Layer, text: str, said: str) -> None:
    assert in_the_words_of(given, text).startswith(said)


def test_the_item_of_a_list_that_is_spoken_of() -> None:
    given = {"host": GivenOption(["a:1", "b"], "host", "/f", "/f:1:8", ["/f:1:9", "/f:2:3"])}
    assert in_the_words_of(given, "--host: 'b': no port").startswith("/f:2:3: host: ")
    assert in_the_words_of(given, "--host: too many").startswith("/f:1:8: host: ")
