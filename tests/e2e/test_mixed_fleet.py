"""Engines of several releases in one fleet: each is asked in a version that it speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.e2e import spelled, strangers
from tests.e2e.defined import Things, keep_to_it_as_well
from tests.lab import definition
from tests.lab.cli import Docker, command_lines
from tests.lab.clients import newest_docker
from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.http import Api
from tests.lab.image import busybox_archive
from tests.lab.packages import Missing
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

SLEEP = ("busybox", "sleep", "600")
OLD, NEXT, NEW = 1, 2, 3  # ranks


@pytest.fixture(scope="module")
def swarmd(mixed_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swarmd]:
    swarmd = Swarmd(tmp_path_factory.mktemp("swarmd"), mixed_fleet)
    try:
        swarmd.start(3)
        yield swarmd
    finally:
        mixed_fleet.remove_images()
        swarmd.close()


@pytest.fixture(params=["old", "new"])
def docker(
    request: pytest.FixtureRequest, swarmd: Swarmd, mixed_fleet: Fleet, tmp_path: Path
) -> Iterator[Docker]:
    """The oldest CLI and the newest."""
    yield newest(swarmd, tmp_path) if request.param == "new" else oldest(swarmd, tmp_path)
    mixed_fleet.remove_all()
    eventually(lambda: swarmd.api.get("/containers/json?all=1") == [], what="an empty fleet")


def oldest(swarmd: Swarmd, home: Path) -> Docker:
    return Docker(command_lines()[0], swarmd.url, None, home)


def newest(swarmd: Swarmd, home: Path) -> Docker:
    try:
        return newest_docker(swarmd.url, home)
    except Missing as why:
        pytest.skip(f"no newer CLI: {why}")


def on(rank: int) -> tuple[str, str]:
    return "-e", f"constraint:rank=={rank}"


@pytest.mark.parametrize("rank", [NEXT, NEW])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=spelled.PAIRS)
def test_spellings_of_images(
    swarmd: Swarmd, mixed_fleet: Fleet, rank: int, pair: tuple[str, str]
) -> None:
    engine = mixed_fleet[f"node-{rank}"]
    found = engine.local.call("GET", f"/images/{spelled.KEPT}/json")
    if found.status != 200:
        engine.load(busybox_archive(spelled.KEPT, Labels={"rank": str(rank)}))
        found = engine.local.call("GET", f"/images/{spelled.KEPT}/json")
        eventually(lambda: swarmd.api.call("GET", f"/images/{found.json['Id']}/json").status == 200)
    image, containerd = found.json["Id"], rank == NEW
    spelled.check(engine.local, swarmd.api, image, pair, containerd=containerd)


def test_all_are_shown_with_their_versions(
    docker: Docker, swarmd: Swarmd, mixed_fleet: Fleet
) -> None:
    own = {engine.name: engine.local.get("/version") for engine in mixed_fleet}
    assert len({about["ApiVersion"] for about in own.values()}) == 3
    shown = swarmd.api.get("/version")["Components"][1:]
    assert {
        one["Name"].removeprefix("Engine on "): (one["Version"], one["Details"]["ApiVersion"])
        for one in shown
    } == {name: (about["Version"], about["ApiVersion"]) for name, about in own.items()}
    versions, table = docker("version").text, docker("info").text
    for name, about in own.items():
        assert f"Engine on {name}:" in versions
        assert f"└ ServerVersion: {about['Version']}" in table


@pytest.mark.parametrize("rank", [OLD, NEXT, NEW])
def test_daily_work(docker: Docker, rank: int) -> None:
    script = "echo said; sleep 600"
    made = docker("run", "-d", "--name", "web", *on(rank), "busybox", "sh", "-c", script).text
    assert docker("inspect", "-f", "{{.Id}} {{.Node.Name}}", "web").text == f"{made} node-{rank}"
    eventually(lambda: docker("logs", "web").text == "said")
    assert docker("exec", "-i", "web", "cat", input=b"through").text == "through"
    assert docker("exec", "web", "sh", "-c", "exit 3", status=3).text == ""
    assert docker.names() == ["web"]
    assert len(docker("images", "-q", "busybox").lines) == 1, "one image, whichever its stores"
    assert "sleep 600" in docker("top", "web").text
    docker("stop", "-t", "0", "web")
    past = ("events", "--since", "5m", "--until", "0s", "-f", f"container={made}")
    eventually(lambda: "container die" in docker(*past).text)  # until is a whole second
    assert docker("wait", "web").text == "137"
    docker("rm", "web")
    assert docker.names("-a") == []


@pytest.mark.parametrize("rank", [OLD, NEXT, NEW])
def test_output_and_input_of_a_run(docker: Docker, rank: int) -> None:
    done = docker("run", "--rm", "-i", *on(rank), "busybox", "cat", input=b"abc")
    assert done.out == b"abc"
    assert docker("run", "--rm", *on(rank), "busybox", "sh", "-c", "exit 7", status=7).out == b""


@pytest.mark.parametrize("rank", [OLD, NEXT, NEW])
def test_several_networks_at_once(docker: Docker, rank: int) -> None:
    """Before API 1.44 an engine takes one of them at the create."""
    for name in ("front", "back"):
        docker("network", "create", f"node-{rank}/{name}")
    both = ("--network", "front", "--network", "back")
    docker("run", "-d", "--name", "web", *both, *SLEEP)
    assert sorted(docker.inspect("web")["NetworkSettings"]["Networks"]) == ["back", "front"]
    interfaces = docker("exec", "web", "ip", "-o", "-4", "addr").text
    assert "eth0" in interfaces and "eth1" in interfaces


class TestVersions:
    @pytest.mark.parametrize("rank", [OLD, NEXT, NEW])
    @pytest.mark.parametrize("version", ["/v1.24", "/v1.41", "/v1.44", ""])
    def test_each_engine_takes_every_accepted_one(
        self, docker: Docker, swarmd: Swarmd, version: str, rank: int
    ) -> None:
        docker("run", "-d", "--name", "web", *on(rank), *SLEEP)
        for path in ("containers/web/json", "containers/web/top", "containers/web/changes"):
            assert swarmd.api.call("GET", f"{version}/{path}").status == 200
        made = swarmd.api.call("POST", f"{version}/containers/web/exec", {"Cmd": ["true"]})
        assert made.status == 201
        assert swarmd.api.call("GET", f"{version}/exec/{made.json['Id']}/json").status == 200
        assert swarmd.api.call("POST", f"{version}/containers/web/stop?t=0").status == 204

    def test_none_that_an_engine_would_have_to_guess(self, swarmd: Swarmd) -> None:
        refused = swarmd.api.call("GET", "/v1.45/containers/json")
        assert refused.status == 400
        assert refused.message == (
            "client version 1.45 is too new. Maximum supported API version is 1.44"
        )

    @pytest.mark.skipif(bool(definition.available()), reason=definition.available())
    @pytest.mark.parametrize("rank", [OLD, NEXT, NEW])
    def test_answers_keep_to_the_definition_of_the_newest(
        self, swarmd: Swarmd, mixed_fleet: Fleet, rank: int
    ) -> None:
        """Also those of an engine that does not speak it."""
        version = swarmd.api.get("/version")["ApiVersion"]
        _keep_to_definition(swarmd, version, mixed_fleet[f"node-{rank}"], mixed_fleet)

    def test_new_engines_alone_are_spoken_to_as_such(
        self, mixed_fleet: Fleet, tmp_path: Path
    ) -> None:
        engine = mixed_fleet[f"node-{NEW}"]
        alone = Swarmd(tmp_path / "alone", [engine])
        try:
            alone.start(1)
            about = engine.local.get("/version")
            assert alone.api.get("/version")["ApiVersion"] == min(about["ApiVersion"], "1.55")
            docker = newest(alone, tmp_path)
            assert docker("run", "--rm", "busybox", "echo", "hi").text == "hi"
            docker("run", "-d", *SLEEP)
            assert _differences(_images(alone.api), _images(engine.local)) == []
            about_it, own = alone.api.get("/info"), engine.local.get("/info")
            same = ("FirewallBackend", "Containerd", "RuncCommit", "InitCommit", "CDISpecDirs")
            assert {key: about_it.get(key) for key in same} == {key: own.get(key) for key in same}
            mixed_fleet.remove_all()
            if not definition.available():
                _keep_to_definition(alone, min(about["ApiVersion"], "1.55"), engine, mixed_fleet)
        finally:
            alone.close()


def _differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    assert ours.keys() == theirs.keys()
    return [
        (field, ours[key].get(field), theirs[key].get(field))
        for key in ours
        for field in {**ours[key], **theirs[key]}
        if ours[key].get(field) != theirs[key].get(field)
    ]


def _images(api: Api) -> dict[str, Any]:
    """With their platforms and who uses them, as new command lines ask; labels are told nodes."""
    rows = api.get("/images/json?manifests=1&shared-size=1")
    assert sum(row["Containers"] for row in rows) == 1
    for manifest in (one for row in rows for one in row["Manifests"]):
        manifest["Descriptor"].pop("annotations", None)  # of whichever name the engine met first
    return {row["Id"]: {**row, "Labels": None} for row in rows}


def _keep_to_definition(swarmd: Swarmd, version: str, engine: Engine, fleet: Fleet) -> None:
    """First through swarmd, then on the engine, or on one that speaks the version.

    An image is asked for on any node, and each release has its own habits of saying null.
    """
    through = Things(swarmd.api, version, engine.name)
    seen = {
        path: (status, {one for one in wrong if "NoneType" not in one})
        for path, (status, wrong) in through.reads().items()
    }
    fleet.remove_all()
    speaks = engine.local.get("/version")["ApiVersion"] >= version
    alone = engine if speaks else fleet[f"node-{NEXT}"]
    keep_to_it_as_well(through, seen, Things(alone.local, version))
    fleet.remove_all()
    eventually(lambda: swarmd.api.get("/volumes")["Volumes"] == [], what="no volumes")


class TestWhatAnOldEngineWouldDrop:
    ANNOTATED = ("run", "-d", "--annotation", "a=b")

    def test_is_placed_where_it_is_known(
        self, swarmd: Swarmd, mixed_fleet: Fleet, tmp_path: Path
    ) -> None:
        docker = newest(swarmd, tmp_path)
        for _ in range(3):
            made = docker(*self.ANNOTATED, *SLEEP).text
            shown = docker.inspect(made)
            assert shown["HostConfig"]["Annotations"] == {"a": "b"}
            assert shown["Node"]["Name"] in (f"node-{NEXT}", f"node-{NEW}")
        mixed_fleet.remove_all()

    def test_is_refused_where_it_must_go_elsewhere(self, swarmd: Swarmd, tmp_path: Path) -> None:
        error = newest(swarmd, tmp_path)(*self.ANNOTATED, *on(OLD), *SLEEP, status=125).error
        assert f"node-{OLD}: speaks an API before 1.43, which ignores annotations" in error
        assert swarmd.api.get("/containers/json?all=1") == []

    def test_of_a_client_that_does_not_know_it_either_is_nothing(self, swarmd: Swarmd) -> None:
        """Asked in 1.41, the field means nothing to any engine."""
        body = {"Image": "busybox", "HostConfig": {"Annotations": {"a": "b"}}}
        body["Env"] = [f"constraint:rank=={OLD}"]
        made = swarmd.api.call("POST", "/v1.41/containers/create", body)
        assert made.status == 201
        assert swarmd.api.call("DELETE", f"/containers/{made.json['Id']}").status == 204


STRANGERS = [
    (strangers.PAGE, "the answer is not that of a Docker Engine"),
    (strangers.NOT_HTTP, "the answer is not HTTP"),
    (strangers.engine_of("1.99", "1.99"), "too new: it speaks API 1.99 and above"),
    (strangers.engine_of("1.12", "1.18"), "too old: it speaks API 1.18"),
]


@pytest.mark.parametrize(("answer", "reason"), STRANGERS)
def test_who_can_not_be_spoken_to_is_shown_and_spoils_nothing(
    mixed_fleet: Fleet, tmp_path: Path, answer: bytes, reason: str
) -> None:
    with strangers.answering(answer) as place:
        swarmd = Swarmd(tmp_path / "swarmd", [*mixed_fleet, place])
        try:
            swarmd.start(3)
            eventually(lambda: "Error" in swarmd.nodes()[place], what="the reason")
            row = swarmd.nodes()[place]
            assert row["Status"] == "Pending" and reason in row["Error"], row
            docker = oldest(swarmd, tmp_path)
            assert docker("info").text.count("└ Error: ") == 1
            assert docker("run", "--rm", "busybox", "echo", "hi").text == "hi"
            for path in ("/images/json", "/networks", "/volumes"):
                listed = swarmd.api.call("GET", path)
                assert listed.status == 200
                assert f"node {place} is pending" in listed.headers["warning"]
        finally:
            swarmd.close()


def test_lists_are_those_of_the_engines(docker: Docker, swarmd: Swarmd, mixed_fleet: Fleet) -> None:
    """Merged at one version, rows of old and new engines have the same fields.

    But for what only a containerd store knows.
    """
    for rank in (OLD, NEXT, NEW):
        docker("run", "-d", "--name", f"c{rank}", *on(rank), *SLEEP)
    for path in ("containers/json", "images/json", "networks"):
        for version in ("v1.41", "v1.44"):
            rows = swarmd.api.get(f"/{version}/{path}")
            fields = {
                json.dumps(sorted({*row} - {"ImageManifestDescriptor", "Descriptor"}))
                for row in rows
            }
            assert len(fields) == 1, (path, version)


def test_an_image_of_a_containerd_store_that_no_registry_has(
    docker: Docker, swarmd: Swarmd, mixed_fleet: Fleet
) -> None:
    """Such a store knows a digest of every image; that does not mean that it can be pulled."""
    new = mixed_fleet[f"node-{NEW}"]
    new.load(busybox_archive("lone:1", Labels={"a": "b"}))
    try:
        eventually(lambda: docker("images", "-q", "lone:1").lines != [])
        [row] = new.local.get("/images/json?filters=%7B%22reference%22:%5B%22lone:1%22%5D%7D")
        assert row["RepoDigests"]
        for rank in (NEXT, NEW):
            assert docker("run", "--rm", *on(rank), "lone:1", "echo", "hi").text == "hi"
        for _ in range(3):
            docker("run", "-d", "lone:1", "sleep", "600")
        nodes = {row["Names"][1].split("/")[1] for row in swarmd.api.get("/containers/json")}
        assert len(nodes) == 3, "it does not gather where the image was first"
    finally:
        mixed_fleet.remove_all()
        for engine in mixed_fleet:
            engine.local.call("DELETE", "/images/lone:1?force=1")


@pytest.fixture
def emptied(mixed_fleet: Fleet) -> Iterator[None]:
    yield
    mixed_fleet.remove_all()


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize(("now", "before"), [(OLD, NEW), (NEW, OLD), (NEXT, NEW)])
def test_a_name_that_moved_leaves_what_is_used(
    swarmd: Swarmd, mixed_fleet: Fleet, tmp_path: Path, now: int, before: int
) -> None:
    """In every kind of store."""
    docker, engine = oldest(swarmd, tmp_path), mixed_fleet[f"node-{now}"]
    for tag in ("a", "b"):
        engine.load(busybox_archive(f"mv{now}{before}:{tag}", Labels={"mv": tag}))
    one, other, moved = (f"mv{now}{before}:{tag}" for tag in ("a", "b", "cur"))
    eventually(lambda: docker("images", "-q", other).lines)
    docker("tag", one, moved)
    docker("create", "--name", "keeps", *on(before), moved, "true")
    held = mixed_fleet[f"node-{before}"].local.get("/containers/keeps/json")["Image"]
    docker("rmi", one)
    docker("tag", other, moved)
    shown = ("ps", "-a", "--no-trunc", "--format", "{{.Image}}")
    assert docker(*shown).lines == [held]
    docker("rmi", moved)
    assert docker("images", "-q", moved).lines == [] and docker(*shown).lines == [held]
    docker("start", "-a", "keeps")
    docker("image", "prune", "-f")
    assert held in docker("images", "-q", "--no-trunc").lines
    docker("rm", "keeps")
    docker("image", "prune", "-f")
    assert held not in docker("images", "-q", "--no-trunc").lines
    docker("rmi", other)


def test_what_each_release_fills_in_is_nothing_that_was_asked_for(
    mixed_fleet: Fleet, tmp_path: Path
) -> None:
    """A role that may have nothing may use what it made, on each of them."""
    policy = tmp_path / "policy.toml"
    who = '[[identity]]\nnetwork = "127.0.0.0/8"\nroles = ["bare"]\n'
    policy.write_text(f'{who}[role.bare]\nallow = ["*"]\n')
    swarmd = Swarmd(tmp_path / "s", mixed_fleet, options=["--authz", str(policy)])
    try:
        swarmd.start(3)
        docker = newest(swarmd, tmp_path)
        for rank in (OLD, NEXT, NEW):
            name, net = f"own-{rank}", f"net-{rank}"
            constraint = f'com.docker.swarm.constraints=["rank=={rank}"]'
            docker("network", "create", "--label", constraint, net)
            docker("run", "-d", "--name", name, "--network", net, "-v", "/anonymous", *SLEEP)
            assert docker("exec", name, "echo", "in").text == "in"
            docker("restart", "-t", "0", name)
            shared = (f"--network=container:{name}", f"--pid=container:{name}")
            docker("run", "--rm", "--volumes-from", name, *shared, "busybox", "true")
            docker("run", "--rm", "--ipc", "shareable", *on(rank), "busybox", "true")
        assert "binds" in docker.fails("run", "-v", "/:/x", "busybox", status=125)
    finally:
        mixed_fleet.remove_all()
        swarmd.close()
