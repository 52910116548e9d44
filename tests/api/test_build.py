from typing import Any

from swarmd.api.build import Build
from swarmd.core.request.scope import Scope
from swarmd.manager.builds.base_images import BaseImages
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.fleet.placer import Placer
from swarmd.scheduler.registry import make_policy
from tests.api.rig import ApiRig, Client


def rig_of(engines: int = 2) -> ApiRig:
    rig = ApiRig(engines)
    builders = Builders(rig.fleet, rig.clock)
    placer = Placer(rig.fleet, make_policy(), lambda: 0)
    builds = BuildPlacement(rig.fleet, placer, builders, rig.clock)
    Build(
        rig.fleet, builds, builders, rig.distributor, BaseImages(rig.fleet, rig.supply), OwnImages()
    ).attach(rig.root)
    return rig


def upload(rig: ApiRig, path: str, *more: str) -> Client:
    client = Client(rig.site)
    head = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/x-tar", *more, "", ""]
    client.channel.dataReceived("\r\n".join(head).encode())
    return client


def builder(rig: ApiRig) -> int:
    (number,) = [n for n in (1, 2) if rig.engines.get(f"node-{n}") and rig.dialled(n).connections]
    return number


def test_a_context_is_passed_on_as_it_comes() -> None:
    rig = rig_of(1)
    client = upload(rig, "/v1.41/build?t=app:1&q=1", "Transfer-Encoding: chunked")
    client.channel.dataReceived(b"3\r\nabc\r\n")
    line, body = rig.got(1)
    assert line.startswith("POST /v1.41/build?") and "t=app" in line
    assert body == b"3\r\nabc\r\n"
    rig.dialled(1).answers(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}\r\n")
    assert client.received.endswith(b"\r\n\r\n{}\r\n")


def test_constraints_choose_the_builder_and_stay_here() -> None:
    rig = rig_of(2)
    args = "buildargs=%7B%22constraint%3Anode%22%3A%22%3Dnode-2%22%2C%22A%22%3A%22b%22%7D"
    upload(rig, f"/build?{args}", "Content-Length: 0")
    line, _ = rig.got(2)
    assert "constraint" not in line and "A" in line


def test_upgrades_of_one_client_meet_on_one_engine() -> None:
    rig = rig_of(2)
    for path in ("/grpc", "/grpc"):
        upload(rig, path, "Connection: Upgrade", "Upgrade: h2c", "Content-Length: 0")
    number = builder(rig)
    assert len(rig.dialled(number).connections) == 2
    assert rig.got(number)[0] == "POST /grpc"


def test_a_build_marks_the_images_of_its_engine() -> None:
    rig = rig_of(1)
    rig.engine(1).stale.clear()
    upload(rig, "/build?t=app", "Content-Length: 0")
    rig.dialled(1).answers(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}\r\n")
    rig.dialled(1).ends()
    assert "images" in rig.engine(1).stale


def test_cancel_and_prune() -> None:
    rig = rig_of(2)
    assert rig.ask("POST", "/build/cancel").answer()[0] == 400
    client = rig.ask("POST", "/build/cancel?id=b1")
    rig.answers(1, 404, {"message": "no such build"})
    rig.answers(2, 200)
    assert client.answer()[0] == 200
    client = rig.ask("POST", "/build/prune")
    for number in (1, 2):
        answer: dict[str, Any] = {"CachesDeleted": [str(number)], "SpaceReclaimed": 1}
        rig.answers(number, 200, answer)
    assert client.answer() == (200, {"CachesDeleted": ["1", "2"], "SpaceReclaimed": 2})


def test_a_scope_prunes_nobodys_cache() -> None:
    rig = rig_of(1)
    rig.fleet.scope = Scope("team", "ml")
    status, body = rig.ask("POST", "/build/prune").answer()
    assert (status, body["CachesDeleted"], body["SpaceReclaimed"]) == (200, None, 0)
    assert "belongs to no scope" in body["Warnings"][0]
    assert not rig.dialled(1).connections


def test_without_an_engine_nothing_is_built() -> None:
    rig = rig_of(0)
    client = upload(rig, "/build", "Content-Length: 0")
    assert client.answer()[0] == 500
    assert "No healthy node" in client.answer()[1]["message"]
