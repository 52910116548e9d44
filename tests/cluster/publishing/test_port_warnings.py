from typing import Any

import orjson

from swarmd.cluster.publishing.port_warnings import with_warnings
from tests.cluster.publishing.rig import engine

ANSWER = b'{"Id":"a","Warnings":["w"]}\n'


def asked(*ips: str) -> Any:
    bound = [{"HostIp": ip, "HostPort": ""} for ip in ips]
    return {"HostConfig": {"PortBindings": {"80/tcp": bound, "81/tcp": None}}}


def test_what_only_the_node_reaches_is_told_once() -> None:
    told = orjson.loads(with_warnings(ANSWER, engine(), asked("", "127.0.0.1", "127.0.0.1")))
    first, second = told["Warnings"]
    assert (told["Id"], first) == ("a", "w")
    assert second.startswith("Port 80/tcp is bound to 127.0.0.1 of node node-1 alone")


def test_there_is_nothing_to_tell_of_what_swarmd_reaches() -> None:
    for body in (asked("", "0.0.0.0", "10.0.0.1"), {}, {"HostConfig": None}):
        assert with_warnings(ANSWER, engine(), body) is ANSWER


def test_ipv6_alone_and_what_is_not_relayed_are_told() -> None:
    (told,) = orjson.loads(with_warnings(b'{"Id":"a"}', engine(), asked("::")))["Warnings"]
    assert told.startswith("Port 80/tcp is bound to :: of node node-1 alone")
    bound = {"HostConfig": {"PortBindings": {"80/sctp": [{"HostPort": "80"}]}}}
    (told,) = orjson.loads(with_warnings(b'{"Id":"a"}', engine(), bound))["Warnings"]
    assert told == (
        "Port 80/sctp answers at node node-1 alone: swarmd relays TCP and UDP to its own address."
    )
