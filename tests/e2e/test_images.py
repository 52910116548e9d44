"""Images over the fleet, as the command line sees them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.e2e.registries import private, registry, tidy  # noqa: F401 - fixtures
from tests.lab.cli import Docker
from tests.lab.http import Api, connect
from tests.lab.image import busybox_archive
from tests.lab.registry import PASSWORD, USER, Registry
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.fleet, pytest.mark.usefixtures("tidy")]


def holders(host: Host, ref: str) -> list[str]:
    return [engine.name for engine in host.fleet if ref in tags(engine.local)]


def tags(api: Api) -> list[str]:
    return [tag for image in api.get("/images/json") for tag in image["RepoTags"] or ()]


@pytest.fixture
def pushed(host: Host, registry: Registry) -> str:  # noqa: F811
    """An image that is in the registry and on no engine."""
    engine = host.fleet["node-1"].local
    repository = f"{registry.address}/app"
    engine.post(f"/images/busybox/tag?repo={repository}&tag=1")
    answer = engine.call("POST", f"/images/{repository}/push?tag=1", X_Registry_Auth="e30=")
    assert b"errorDetail" not in answer.body
    engine.call("DELETE", f"/images/{repository}:1")
    return f"{repository}:1"


# Lists


def test_one_row_an_image_and_its_nodes(api: Api, host: Host) -> None:
    [row] = api.get("/images/json")
    assert row["RepoTags"] == ["busybox:latest"]
    assert row["Labels"]["com.docker.swarm.nodes"] == "node-1 node-2 node-3"


def test_filter_by_node(docker: Docker, host: Host) -> None:
    host.fleet["node-2"].load(busybox_archive("only:two", Labels={"n": "2"}))
    eventually(lambda: "only:two" in docker("images", "--format", "{{.Repository}}:{{.Tag}}").lines)
    shown = docker("images", "--filter", "node=node-2", "--format", "{{.Repository}}:{{.Tag}}")
    assert "only:two" in shown.lines
    shown = docker("images", "--filter", "node=node-1", "--format", "{{.Repository}}:{{.Tag}}")
    assert "only:two" not in shown.lines


def test_a_list_says_which_node_is_missing(api: Api, host: Host) -> None:
    host.fleet["node-3"].freeze()
    try:
        assert host.swarmd is not None
        eventually(lambda: "node-3" not in host.swarmd.healthy())
        answer = api.call("GET", "/images/json")
        assert answer.status == 200 and "node-3" in answer.headers["warning"]
        answer = api.call("GET", "/system/df")
        assert answer.status == 200 and "node-3" in answer.headers["warning"]
    finally:
        host.fleet["node-3"].thaw()


# Pull and push


def test_pull_goes_everywhere_and_says_so(docker: Docker, host: Host, pushed: str) -> None:
    out = docker("pull", pushed)
    assert f"Pulled {pushed} on 3 of 3 nodes" in out.text
    assert all(f"node-{rank}: " in out.text for rank in (1, 2, 3))
    assert holders(host, pushed) == ["node-1", "node-2", "node-3"]
    assert pushed in docker("images", "--format", "{{.Repository}}:{{.Tag}}").lines


def test_constraints_narrow_a_pull(api: Api, host: Host, pushed: str) -> None:
    name, _, tag = pushed.rpartition(":")
    path = f"/images/create?fromImage={name}&tag={tag}"
    answer = api.call("POST", path, X_Swarm_Constraint="rank!=2")
    assert b"on 2 of 2 nodes" in answer.body
    assert holders(host, pushed) == ["node-1", "node-3"]
    answer = api.call("POST", path, X_Swarm_Constraint="rank==9")
    assert answer.status == 500 and "rank==9" in answer.message


def test_an_image_that_no_registry_has(docker: Docker, registry: Registry) -> None:  # noqa: F811
    error = docker.fails("pull", f"{registry.address}/nothing:1")
    assert "node-1, node-2, node-3: " in error and "not found" in error


def test_partial_failure_is_the_last_word(docker: Docker, host: Host, pushed: str) -> None:
    cut = host.fleet["node-2"].machine
    registry_host = pushed.split(":")[0]
    cut.run("ip", "route", "add", "prohibit", f"{registry_host}/32")
    try:
        result = docker("pull", pushed, status=1)
    finally:
        cut.run("ip", "route", "del", "prohibit", f"{registry_host}/32")
    assert "node-2: " in result.error and f"Pulled {pushed} on 2 of 3 nodes" in result.error
    assert holders(host, pushed) == ["node-1", "node-3"]


def test_run_pulls_onto_its_own_node_only(docker: Docker, host: Host, pushed: str) -> None:
    out = docker("run", "--rm", "-e", "constraint:node==node-2", pushed, "echo", "hello")
    assert out.text == "hello"
    assert f"Status: Downloaded newer image for {pushed}" in out.error
    assert "node-2" not in out.error, "the engine's own words"
    assert holders(host, pushed) == ["node-2"]


def test_a_private_registry(docker: Docker, host: Host, private: Registry) -> None:  # noqa: F811
    image = f"{private.address}/secret:1"
    docker("tag", "busybox", image)
    assert "no basic auth credentials" in docker.fails("push", image)
    refused = docker.fails("login", "-u", USER, "-p", "wrong", private.address)
    assert "unauthorized" in refused or "401" in refused
    assert "Login Succeeded" in docker("login", "-u", USER, "-p", PASSWORD, private.address).text
    docker("push", image)
    docker("rmi", image)
    assert holders(host, image) == []
    assert "on 3 of 3 nodes" in docker("pull", image).text
    docker("rmi", image)
    assert docker("run", "--rm", image, "echo", "in").text == "in", "with the client's credentials"


def test_distribution(api: Api, pushed: str) -> None:
    answer = api.get(f"/distribution/{pushed}/json")
    assert answer["Descriptor"]["digest"].startswith("sha256:")
    assert answer["Platforms"][0]["os"] == "linux"


def test_a_frozen_node_does_not_hold_up_the_others(docker: Docker, host: Host, pushed: str) -> None:
    frozen = host.fleet["node-3"]
    frozen.freeze()
    try:
        error = docker("pull", pushed, status=1).error
    finally:
        frozen.thaw()
    assert "node-3: " in error and "2 of 3 nodes" in error
    assert {"node-1", "node-2"} <= set(holders(host, pushed))


# Load, import, save


def test_load_goes_everywhere(docker: Docker, host: Host) -> None:
    out = docker("load", input=busybox_archive("loaded:1"))
    assert out.lines.count("Loaded image: loaded:1") == 1
    assert holders(host, "loaded:1") == ["node-1", "node-2", "node-3"]
    docker("run", "--rm", "-e", "constraint:node==node-3", "loaded:1", "true")


def test_load_says_on_how_many_nodes(api: Api) -> None:
    body = api.call("POST", "/images/load?quiet=0", busybox_archive("loaded:2")).body
    lines = [json.loads(line) for line in body.splitlines()]
    assert lines[-1] == {"status": "Loaded on 3 of 3 nodes"}
    assert {"status": "Loaded", "id": "node-2"} in lines


def test_load_of_what_is_no_image(docker: Docker) -> None:
    error = docker("load", input=b"this is no tar" * 100, status=1).error
    assert "node-1, node-2, node-3: " in error


def test_a_load_that_breaks_off_leaves_nothing(api: Api, host: Host) -> None:
    archive = busybox_archive("broken:1")
    with connect(api.url) as client:
        client.sendall(
            b"POST /images/load HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.sendall(b"%x\r\n%b\r\n" % (len(archive) // 2, archive[: len(archive) // 2]))
    assert holders(host, "broken:1") == []
    assert "broken:1" not in tags(api)
    api.call("POST", "/images/load?quiet=1", busybox_archive("whole:1"))
    assert "whole:1" in tags(api)


def test_import_makes_one_image_on_one_node(docker: Docker, host: Host, tmp_path: Path) -> None:
    container = docker("create", "busybox").text
    docker("export", "-o", f"{tmp_path}/fs.tar", container)
    with open(f"{tmp_path}/fs.tar", "rb") as archive:
        image = docker("import", "-", "imported:1", input=archive.read()).text
    assert image.startswith("sha256:") and len(holders(host, "imported:1")) == 1
    assert docker("run", "--rm", "imported:1", "/bin/echo", "yes").text == "yes"


def test_save_and_load_back(docker: Docker, host: Host, tmp_path: Path) -> None:
    docker("tag", "busybox", "copy:1")
    docker("save", "-o", f"{tmp_path}/both.tar", "busybox", "copy:1")
    docker("rmi", "copy:1")
    docker("load", "-i", f"{tmp_path}/both.tar")
    assert holders(host, "copy:1") == ["node-1", "node-2", "node-3"]


def saved(archive: bytes) -> set[str]:
    """The names in it."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        listed = tar.extractfile("manifest.json")
        assert listed is not None
        return {tag for image in json.load(listed) for tag in image["RepoTags"] or ()}


def test_images_that_no_node_has_together(docker: Docker, host: Host, registry: Registry) -> None:  # noqa: F811
    repository = f"{registry.address}/parts"
    parts = {f"{repository}:{rank}" for rank in (1, 2, 3)}
    for rank in (1, 2, 3):
        image = busybox_archive(f"{repository}:{rank}", Labels={"n": str(rank)})
        host.fleet[f"node-{rank}"].load(image)
    eventually(lambda: parts <= set(tags(host.api)))
    assert "No such image: none:1" in docker.fails("save", repository, "none:1")
    two = sorted(parts)[:2]
    assert saved(docker("save", *two).out) == set(two)
    docker("push", "-a", repository)
    for engine in host.fleet:
        engine.local.call("DELETE", f"/images/{two[0]}?force=1")
    docker("pull", "-a", repository)
    assert set(holders(host, two[0])) == {"node-1", "node-2", "node-3"}
    assert saved(docker("save", repository).out) == parts


def test_a_node_that_is_lost_with_a_tag_is_told(docker: Docker, host: Host) -> None:
    host.fleet["node-1"].load(busybox_archive("split:1", Labels={"n": "1"}))
    host.fleet["node-2"].load(busybox_archive("split:2", Labels={"n": "2"}))
    eventually(lambda: {"split:1", "split:2"} <= set(tags(host.api)))
    host.fleet["node-2"].freeze()
    try:
        assert host.swarmd is not None
        eventually(lambda: "node-2" not in host.swarmd.healthy())
        assert "node-2" in docker.fails("save", "split")
        assert saved(docker("save", "split:1").out) == {"split:1"}
    finally:
        host.fleet["node-2"].thaw()


# What changes images


def test_tag_and_rmi_everywhere(docker: Docker, host: Host) -> None:
    docker("tag", "busybox", "mine:1")
    assert holders(host, "mine:1") == ["node-1", "node-2", "node-3"]
    assert docker("rmi", "mine:1").lines == ["Untagged: mine:1"]
    assert holders(host, "mine:1") == []
    assert "No such image: mine:1" in docker.fails("rmi", "mine:1")


def test_rmi_by_id_and_digest(docker: Docker, host: Host, pushed: str) -> None:
    docker("load", input=busybox_archive("other:1", Labels={"a": "b"}))
    image = docker("images", "-q", "--no-trunc", "other:1").text
    out = docker("rmi", image[:19])
    assert "Untagged: other:1" in out.lines and f"Deleted: {image}" in out.lines
    docker("pull", pushed)
    digest = docker("inspect", "-f", "{{index .RepoDigests 0}}", pushed).text
    assert f"Untagged: {digest}" in docker("rmi", digest).lines
    assert "busybox:latest" in tags(host.api)


def test_rmi_of_an_image_in_use(docker: Docker, host: Host, name: str) -> None:
    docker("load", input=busybox_archive("used:1", Labels={"a": "b"}))
    docker("run", "-d", "-e", "constraint:node==node-2", "--name", name, "used:1", "sleep", "600")
    for _ in range(2):
        error = docker.fails("rmi", "used:1")
        assert "node-2: " in error and "removed on" not in error
    assert holders(host, "used:1") == ["node-1", "node-2", "node-3"]
    docker("rm", "-f", name)
    docker("rmi", "used:1")


def test_commit_stays_with_its_container(docker: Docker, host: Host, name: str) -> None:
    on = ("-e", "constraint:node==node-3")
    docker("run", "--name", name, *on, "busybox", "sh", "-c", "echo kept > /file")
    docker("commit", "-m", "kept", name, "committed:1")
    assert "committed:1" in tags(host.api)
    assert holders(host, "committed:1") == ["node-3"]
    assert docker("run", "--rm", "committed:1", "cat", "/file").text == "kept"
    assert docker("history", "committed:1").lines[1].endswith("kept")
    assert "No such container" in docker.fails("commit", "nobody", "x:1")


def test_a_committed_image_hands_on_no_policy_of_its_container(
    docker: Docker, host: Host, name: str
) -> None:
    policies = ("-e", "constraint:node==node-3", "-e", "reschedule:on-node-failure")
    forged = ("-l", "com.docker.swarm.replaces=somebody", "-l", "mine=1")
    docker("run", "-d", "--name", name, *policies, *forged, "busybox", "sleep", "600")
    assert "com.docker.swarm.replaces" not in docker.inspect(name)["Config"]["Labels"]
    docker("commit", "--change", "LABEL more=2", name, "policies:1")
    labels = host.api.get("/images/policies:1/json")["Config"]["Labels"]
    assert (labels["mine"], labels["more"]) == ("1", "2")
    swarms = {label: text for label, text in labels.items() if label.startswith("com.docker.swarm")}
    assert set(swarms) >= {"com.docker.swarm.constraints", "com.docker.swarm.reschedule-policies"}
    assert set(swarms.values()) == {""}
    made = docker("run", "-d", "-e", "constraint:node==node-3", "policies:1", "sleep", "600").text
    inherited = docker.inspect(made)["Config"]["Labels"]
    assert inherited["com.docker.swarm.reschedule-policies"] == ""
    assert inherited["com.docker.swarm.constraints"] == '["node==node-3"]'


def test_prune(docker: Docker, host: Host) -> None:
    docker("load", input=busybox_archive("old:1", Labels={"a": "b"}))
    docker("load", input=busybox_archive("unused:1", Labels={"a": "c"}))
    out = docker("image", "prune", "-a", "-f", "--filter", "label=a=b")
    assert "Untagged: old:1" in out.text.replace("untagged", "Untagged")
    assert holders(host, "old:1") == [] and len(holders(host, "unused:1")) == 3


# Disk usage


def test_df(docker: Docker, api: Api, host: Host, name: str) -> None:
    docker("create", "--name", name, "-v", f"{name}:/data", "busybox")
    usage = api.get("/system/df")
    each = [engine.local.get("/v1.41/system/df") for engine in host.fleet]
    assert usage["LayersSize"] == sum(one["LayersSize"] for one in each)
    assert len(usage["Images"]) == 3 and len(usage["Containers"]) == 1
    [volume] = [one for one in usage["Volumes"] if one["Name"] == name]
    assert volume["UsageData"]["RefCount"] == 1
    table = docker("system", "df").lines
    assert table[0].startswith("TYPE") and table[1].split()[:2] == ["Images", "3"]
    assert name in docker("system", "df", "-v").text


def test_df_of_some_types(api: Api) -> None:
    usage = api.get("/v1.44/system/df?type=volume")
    assert set(usage) == {"Volumes"}
    assert api.call("GET", "/system/df?type=nonsense").status == 400


def test_df_at_the_same_time(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.call("GET", "/system/df"), range(8)))
    assert {answer.status for answer in answers} == {200}
    assert not any("warning" in answer.headers for answer in answers)


def test_system_prune(docker: Docker) -> None:
    assert "Total reclaimed space" in docker("system", "prune", "-f").text


@pytest.fixture(autouse=True)
def _healthy_again(host: Host) -> Iterator[None]:
    yield
    host.wait_until_clean()


# What the API's definition requires of an ImageSummary, a delete and a prune.
SUMMARY = {
    "Id": str,
    "ParentId": str,
    "RepoTags": list,
    "RepoDigests": list,
    "Created": int,
    "Size": int,
    "SharedSize": int,
    "Labels": dict,
    "Containers": int,
}


def test_answers_have_the_fields_of_the_definition(api: Api) -> None:
    rows = api.get("/v1.44/images/json") + api.get("/v1.44/system/df")["Images"]
    for row in rows:
        for field, kind in SUMMARY.items():
            nullable = field in ("Labels", "RepoDigests")
            assert isinstance(row[field], kind) or (nullable and row[field] is None), (field, row)
    api.post("/images/busybox/tag?repo=fields&tag=1")
    gone = api.call("DELETE", "/images/fields:1").json
    assert all(set(item) <= {"Untagged", "Deleted"} and len(item) == 1 for item in gone)
    pruned = api.post("/v1.44/images/prune")
    assert set(pruned) == {"ImagesDeleted", "SpaceReclaimed"} and pruned["SpaceReclaimed"] == 0
