from __future__ import annotations

import orjson
import pytest

from swarmd.api.responses.port_holder import with_holder
from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container, Demand, HostPort

WORDS = (
    "driver failed programming external connectivity on endpoint web (abc): "
    "Bind for 0.0.0.0:8888 failed: port is already allocated"
)


def one(name: str, state: str, *ports: HostPort) -> Container:
    return Container(name, "e1", (name,), state=state, demand=Demand(ports=ports))


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (one("db", "running", HostPort(8888)), True),
        (one("db", "paused", HostPort(8888, "tcp", "10.0.0.1")), True),
        (one("db", "created", HostPort(8888)), False),
        (one("db", "running", HostPort(8888, "udp")), False),
        (one("db", "running", HostPort(888)), False),
    ],
)
def test_the_one_that_runs_with_the_port(other: Container, named: bool) -> None:
    web = one("web", "running", HostPort(8888))
    engine = EngineRecord("e1", "e1", containers={"db": other, "web": web})
    found = orjson.loads(with_holder(orjson.dumps({"message": WORDS}), web, engine))["message"]
    assert found == (f"{WORDS} by container db" if named else WORDS)


def test_an_address_of_version_six() -> None:
    engine = EngineRecord("e1", "e1", containers={"db": one("db", "running", HostPort(80))})
    body = b'{"message":"Bind for :::80 failed: port is already allocated"}'
    assert b"by container db" in with_holder(body, one("web", "created"), engine)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"message":7}', b'{"message":"no"}']
)
def test_other_answers_pass_as_they_are(body: bytes) -> None:
    assert with_holder(body, one("web", "created"), EngineRecord("e1", "e1")) == body
