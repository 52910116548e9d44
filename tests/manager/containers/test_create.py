from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from swarmd.cluster.lookup import find_container
from swarmd.core.errors import ApiError, BadParameter, EngineUnreachable, NameTaken
from swarmd.core.names import IDENTITY
from swarmd.manager.containers.create_order import CreateOrder, read_body
from swarmd.scheduler.refusal import NoCandidate
from swarmd.streams.link import Answer
from tests.manager.rig import SWARM_ID, Rig, result_of

ID = "a" * 64
MADE = (201, {"Id": ID, "Warnings": []})
MISSING = (404, {"message": "No such image: app:1"})
BROKEN = (500, {"message": "no space left on device"})


def order(name: str = "web", version: tuple[int, int] = (1, 41), **body: Any) -> CreateOrder:
    decoded, config = read_body(orjson.dumps({"Image": "app:1", **body}))
    return CreateOrder(name, decoded, config, "10.9.9.9", version, query=(("platform", ""),))


def create(rig: Rig, wanted: CreateOrder | None = None, **settings: Any) -> Answer:
    return result_of(rig.creator(**settings).create(wanted or order()))


def nodes_asked(rig: Rig) -> list[str]:
    return [name for name, wire in sorted(rig.wires.items()) for _ in wire.asked]


def assert_nothing_leaks(rig: Rig) -> None:
    assert rig.state.reservations.pending == {}
    for engine in rig.state.engines.values():
        assert engine.tally.total == len(engine.containers)


def test_the_container_is_known_before_the_answer_leaves() -> None:
    rig = Rig(1)
    rig.wire(1).on("POST", "/containers/create", MADE)
    answer = create(rig, order(Labels={"a": "b"}, HostConfig={"Memory": 5 << 20}))
    assert (answer.status, orjson.loads(answer.body)["Id"]) == (201, ID)
    made = rig.state.containers[ID]
    assert (made.name, made.state, made.labels) == (
        "web",
        "created",
        {"a": "b", IDENTITY: SWARM_ID},
    )
    assert rig.engine(1).dirty == {ID}
    assert rig.engine(1).tally.memory == 5 << 20
    assert_nothing_leaks(rig)


def test_the_engine_gets_the_name_and_whatever_else_was_asked() -> None:
    rig = Rig(1)
    rig.wire(1).on("POST", "/containers/create", MADE)
    wanted = order(Env=["constraint:node==node-1", "A=b"], Unknown={"x": 1})
    create(rig, wanted)
    ((_, target),) = rig.wire(1).asked
    assert urlsplit(target).path == "/v1.41/containers/create"
    assert parse_qs(urlsplit(target).query, keep_blank_values=True) == {
        "name": ["web"],
        "platform": [""],
    }
    (sent,) = rig.wire(1).bodies
    assert sent["Env"] == ["A=b"] and sent["Unknown"] == {"x": 1}
    assert sent["Labels"] == {
        "com.docker.swarm.constraints": '["node==node-1"]',
        IDENTITY: SWARM_ID,
    }


def test_a_container_has_an_identity_that_outlives_its_moves() -> None:
    rig = Rig(1)
    rig.wire(1).on("POST", "/containers/create", MADE)
    own = "5" * 64
    create(rig, order(Labels={IDENTITY: own}))
    assert find_container(rig.state, own).id == ID
    # A client that copies a container with all its labels makes another container.
    rig.wire(1).on("POST", "/containers/create", (201, {"Id": "b" * 64}))
    create(rig, order("copy", Labels={IDENTITY: own}))
    assert rig.wire(1).bodies[-1]["Labels"] == {IDENTITY: SWARM_ID}
    assert find_container(rig.state, SWARM_ID).name == "copy"
    assert find_container(rig.state, own).name == "web"


def test_without_a_name_one_is_invented() -> None:
    rig = Rig(1)
    rig.wire(1).on("POST", "/containers/create", MADE)
    create(rig, order(name=""))
    assert "_" in rig.state.containers[ID].name


def test_a_name_is_the_fleets() -> None:
    rig = Rig(2)
    rig.has_container(2, "b" * 64, "web")
    with pytest.raises(NameTaken, match=r'by container "b{64}"'):
        create(rig)
    assert nodes_asked(rig) == []
    with pytest.raises(BadParameter, match="Invalid container name"):
        create(rig, order(name="b*d"))


def test_of_two_creates_under_way_one_gets_the_name() -> None:
    rig = Rig(2)
    creator = rig.creator()
    second: list[Exception] = []

    def reply(target: str, body: bytes) -> Any:
        if not second:
            with pytest.raises(NameTaken) as refused:
                result_of(creator.create(order()))
            second.append(refused.value)
        return MADE

    rig.on_all("POST", "/containers/create", reply)
    assert result_of(creator.create(order())).status == 201
    assert second and len(nodes_asked(rig)) == 1
    assert_nothing_leaks(rig)


def test_what_another_process_has_claimed_counts_before_a_node_is_chosen() -> None:
    rig = Rig(1)
    reservations = rig.state.reservations
    reservations.hear = lambda: reservations.take_name("web", "theirs")
    with pytest.raises(NameTaken):
        create(rig)
    assert nodes_asked(rig) == []


def test_a_missing_image_is_the_clients_to_pull_onto_the_planned_node() -> None:
    rig = Rig(3)
    rig.on_all("POST", "/containers/create", MISSING)
    creator = rig.creator()
    answer = result_of(creator.create(order()))
    assert (answer.status, orjson.loads(answer.body)) == MISSING
    (planned,) = nodes_asked(rig)
    assert rig.plans.find("10.9.9.9", "app:1") == rig.engine(int(planned[-1])).key
    # Meanwhile another node has become the emptier one.
    rig.has_container(int(planned[-1]), "c" * 64, "other")
    rig.on_all("POST", "/containers/create", MADE)
    result_of(creator.create(order()))
    assert nodes_asked(rig) == [planned, planned]
    assert rig.plans.find("10.9.9.9", "app:1") is None
    assert_nothing_leaks(rig)


def test_an_image_of_no_registry_is_used_where_it_is() -> None:
    rig = Rig(3)
    rig.has_image(3, "sha256:1", "app:1")
    rig.has_container(3, "c" * 64, "other")
    rig.wire(3).on("POST", "/containers/create", MADE)
    create(rig)
    assert rig.state.containers[ID].engine == rig.engine(3).key


def test_a_failing_engine_gives_the_next_a_chance() -> None:
    rig = Rig(3)
    rig.wire(1).on("POST", "/containers/create", BROKEN)
    rig.wire(3).on("POST", "/containers/create", MADE)
    create(rig)
    assert nodes_asked(rig) == ["node-1", "node-2", "node-3"]
    assert rig.state.containers[ID].engine == rig.engine(3).key
    assert_nothing_leaks(rig)


def test_in_the_end_every_node_is_told() -> None:
    rig = Rig(3)
    rig.on_all("POST", "/containers/create", BROKEN)
    rig.wire(2).rules.clear()
    with pytest.raises(ApiError) as failed:
        create(rig)
    assert failed.value.status == 500
    assert failed.value.message == (
        "node-1, node-3: no space left on device\nnode-2: connection refused"
    )
    assert_nothing_leaks(rig)


def test_the_tries_are_bounded() -> None:
    rig = Rig(6)
    rig.on_all("POST", "/containers/create", BROKEN)
    with pytest.raises(ApiError):
        create(rig)
    assert len(nodes_asked(rig)) == 3
    with pytest.raises(ApiError):
        create(rig, retries=2)
    assert len(nodes_asked(rig)) == 3 + 5


def test_what_an_engine_refuses_is_refused() -> None:
    rig = Rig(2)
    refusal = (409, {"message": "Conflict. The container name is in use behind our back"})
    rig.on_all("POST", "/containers/create", refusal)
    answer = create(rig)
    assert (answer.status, orjson.loads(answer.body)) == refusal
    assert len(nodes_asked(rig)) == 1
    assert_nothing_leaks(rig)


LOST = EngineUnreachable("node-1", "connection lost", sent=True)


def test_a_lost_answer_is_looked_up_by_the_name() -> None:
    rig = Rig(1)
    rig.wire(1).on("POST", "/containers/create", LOST)
    shown = {"Id": ID, "Config": {"Labels": {IDENTITY: SWARM_ID}}}
    rig.wire(1).on("GET", "/containers/web/json", (200, shown))
    assert create(rig).status == 201
    assert rig.state.containers[ID].name == "web"


def test_a_lost_create_that_made_nothing_goes_on_elsewhere() -> None:
    rig = Rig(2)
    replies = iter([LOST, BROKEN])
    rig.wire(1).on("POST", "/containers/create", lambda target, body: next(replies))
    rig.wire(1).on("GET", "/containers/web/json", (404, {"message": "No such container: web"}))
    rig.wire(2).on("POST", "/containers/create", MADE)
    assert create(rig).status == 201
    assert rig.state.containers[ID].engine == rig.engine(2).key


def test_nothing_is_made_twice_when_nobody_knows() -> None:
    """Until its engine tells, what may have been made keeps its name."""
    rig = Rig(2)
    rig.wire(1).on("POST", "/containers/create", LOST)
    rig.wire(2).on("POST", "/containers/create", MADE)
    creator = rig.creator()
    with pytest.raises(EngineUnreachable, match="whether container web was created there is unk"):
        result_of(creator.create(order()))
    with pytest.raises(NameTaken):
        result_of(creator.create(order()))
    assert rig.wire(2).asked == []


def test_the_only_engine_takes_what_it_can_start_later() -> None:
    """As one host does: the start decides."""
    rig = Rig(1)
    rig.wire(1).on("POST", "/containers/create", MADE)
    port = {"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}}
    create(rig, order("one", HostConfig=port))
    rig.wire(1).on("POST", "/containers/create", (201, {"Id": "b" * 64}))
    assert create(rig, order("two", HostConfig=port)).status == 201


def test_a_feature_that_an_old_engine_would_drop_keeps_off_it() -> None:
    rig = Rig(0)
    rig.add(1, api_max=(1, 41))
    rig.add(2, api_max=(1, 51))
    rig.on_all("POST", "/containers/create", MADE)
    annotated = {"HostConfig": {"Annotations": {"a": "b"}}}
    create(rig, order(version=(1, 44), **annotated))
    assert rig.state.containers[ID].engine == rig.engine(2).key
    rig.lose(2)
    with pytest.raises(NoCandidate, match=r"node-1: .*API before 1\.43.*annotations"):
        create(rig, order("web2", version=(1, 44), **annotated))


def test_devices_and_ports_are_claimed() -> None:
    rig = Rig(0)
    rig.add(1)
    rig.add(2)
    rig.fleet.apply([rig.entry(1, {"resource.gpu": "0,1"}), rig.entry(2, {})])
    ids = iter("abc")
    made = lambda target, body: (201, {"Id": next(ids) * 64})  # noqa: E731
    rig.wire(1).on("POST", "/containers/create", made)
    creator = rig.creator()
    gpu = {"DeviceRequests": [{"Count": 1, "Capabilities": [["gpu"]]}]}
    result_of(creator.create(order("one", HostConfig=gpu)))
    result_of(creator.create(order("two", HostConfig=gpu)))
    given = [b["HostConfig"]["DeviceRequests"][0]["DeviceIDs"] for b in rig.wire(1).bodies]
    assert given == [["0"], ["1"]]
    with pytest.raises(NoCandidate, match="0 of 2 gpu devices are free"):
        result_of(creator.create(order("three", HostConfig=gpu)))


@pytest.mark.parametrize(
    "key",
    [
        {"VolumesFrom": ["data:ro"]},
        {"Links": ["data:alias"]},
        {"NetworkMode": "container:data"},
        {"PidMode": "container:data"},
    ],
)
def test_what_needs_a_container_goes_to_its_node(key: dict[str, Any]) -> None:
    rig = Rig(3)
    missing = {"message": "could not get container for data: No such container: data"}
    rig.wire(1).on("POST", "/containers/create", (400, missing))
    assert create(rig, order(HostConfig=key)).status == 400  # an engine's words, any engine's
    rig = Rig(3)
    rig.has_container(3, "d" * 64, "data")
    rig.wire(3).on("POST", "/containers/create", MADE)
    create(rig, order(HostConfig=key))
    assert nodes_asked(rig) == ["node-3"]


def test_a_node_in_a_reference_is_taken_out() -> None:
    rig = Rig(2)
    rig.has_container(2, "d" * 64, "data")
    rig.wire(2).on("POST", "/containers/create", MADE)
    host = {"NetworkMode": "container:node-2/data", "Binds": ["node-2/vol:/x", "/a:/b"]}
    create(rig, order(HostConfig=host))
    (sent,) = [body for body in rig.wire(2).bodies if body and "Image" in body]
    assert sent["HostConfig"]["NetworkMode"] == "container:data"
    assert sent["HostConfig"]["Binds"] == ["vol:/x", "/a:/b"]
