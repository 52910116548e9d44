import orjson

from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.views.container_list import container_chunks
from swarmd.cluster.views.filters import ListQuery
from swarmd.core.container.container_state import Published
from tests.cluster.fleet import NOW, fleet, full_id, inspect, inspected, item, listed
from tests.cluster.publishing.rig import Doors, container, engine, table

BOUND = {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}
LOCAL = {"IP": "127.0.0.1", "PrivatePort": 81, "PublicPort": 8081, "Type": "tcp"}
WISHES = {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
ENTRY = orjson.dumps({"Id": "a", "Ports": [{**BOUND, "IP": "10.0.0.1"}, LOCAL]})[:-1]


def test_an_entry_has_the_addresses_where_its_ports_answer() -> None:
    made = ShownPorts(table(Doors(), "192.0.2.1", "2001:db8::1"))
    one = container("a", (80, 8080), entry=ENTRY)
    made.table.put(engine(), one)
    ports = orjson.loads(made.entry(one) + b"}")["Ports"]
    assert ports == [{**BOUND, "IP": "192.0.2.1"}, {**BOUND, "IP": "2001:db8::1"}, LOCAL]
    assert made.entry(one) is made.entry(one)
    made.drop("a")
    assert made.entry(one) is ENTRY
    assert made.published(one) is one.published


def test_ports_are_filtered_by_the_numbers_that_are_shown() -> None:
    made = ShownPorts(table())
    one = container("a", (80, 32768), wishes=(), entry=ENTRY)
    made.table.put(engine(), one)
    (shown,) = made.published(one)
    assert shown == Published(80, made.table.numbers("a")[80, "tcp", 32768], "tcp")


def test_a_binding_is_where_it_answers_or_as_it_was() -> None:
    made = ShownPorts(table())
    made.table.put(engine(), container("a", (80, 8080)))
    bound = {"HostIp": "0.0.0.0", "HostPort": "8080"}
    assert made.bindings("a", "80/tcp", bound) == [{"HostIp": "192.0.2.1", "HostPort": "8080"}]
    assert made.bindings("a", "81/tcp", bound) == []
    assert made.bindings("a", "x", {"HostPort": ""}) == []
    assert made.bindings("b", "80/tcp", bound) == []


def test_the_list_shows_what_the_state_was_told() -> None:
    state = fleet(1)
    state.catalogue.ports = ShownPorts(table())
    listed(state, 1, item(1, Ports=[BOUND]))
    inspected(
        state, 1,
        inspect(1, HostConfig__PortBindings=WISHES, NetworkSettings__Ports=WISHES), at=1.0,
    )  # fmt: skip
    chunks = container_chunks(state, ListQuery(), NOW, (1, 41))
    (shown,) = orjson.loads(b"".join(chunks))
    assert shown["Ports"] == [{**BOUND, "IP": "192.0.2.1"}]
    state.catalogue.drop(state.engines["10.0.0.1:2375"], state.containers[full_id(1)])
    assert not state.catalogue.ports.table.frontends
