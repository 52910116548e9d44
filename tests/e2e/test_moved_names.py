"""A name that moved to another image, on a fleet whose other nodes still have what it meant.

The first test is of what one engine does, so it holds for an engine alone as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.e2e.registries import tidy  # noqa: F401 - a fixture
from tests.lab.cli import Docker, command_lines
from tests.lab.daemon import Swarmd
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually

pytestmark = pytest.mark.usefixtures("tidy")


def on(host: Host, rank: int) -> tuple[str, ...]:
    """Nothing where there is but one node."""
    return () if host.swarmd is None else ("-e", f"constraint:rank=={rank}")


def ids(host: Host, ref: str) -> list[str]:
    """The ID that ``ref`` has on each node, "" where it is not."""
    shown = [engine.local.call("GET", f"/images/{ref}/json") for engine in host.fleet]
    return [answer.json["Id"] if answer.status == 200 else "" for answer in shown]


def rows(docker: Docker) -> set[tuple[str, str]]:
    """Name and ID of each row but those of the fleet's own image."""
    shown = docker("images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").lines
    found = {(name, image) for name, image in (line.split() for line in shown)}
    return {row for row in found if row[0] != "busybox:latest"}


def users(docker: Docker) -> dict[str, str]:
    """Container -> what ``docker ps`` shows as its image."""
    shown = docker("ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.Image}}").lines
    return dict(line.split() for line in shown)


@pytest.fixture
def moved(host: Host, docker: Docker) -> tuple[str, str]:
    """What ``mv:cur`` meant, of which mv2 was made on node-2, and what it means now, on node-1."""
    first = host.fleet["node-1"]
    for tag in ("a", "b"):
        first.load(busybox_archive(f"mv:{tag}", Labels={"mv": tag}))
    old, new = ids(host, "mv:a")[0], ids(host, "mv:b")[0]
    eventually(lambda: len(rows(docker)) == 2)
    docker("tag", "mv:a", "mv:cur")
    docker("create", "--name", "mv2", *on(host, 2), "mv:cur", "true")
    docker("rmi", "mv:a")
    docker("tag", "mv:b", "mv:cur")
    return old, new


def test_what_has_lost_its_name_stays(docker: Docker, host: Host, moved: tuple[str, str]) -> None:
    old, new = moved
    assert users(docker) == {"mv2": old}
    assert rows(docker) == {("<none>:<none>", old), ("mv:b", new), ("mv:cur", new)}
    docker("rmi", "mv:cur")
    assert rows(docker) == {("<none>:<none>", old), ("mv:b", new)}
    assert users(docker) == {"mv2": old}
    docker("start", "-a", "mv2")
    docker("rm", "mv2")
    assert rows(docker) == {("<none>:<none>", old), ("mv:b", new)}
    docker("run", "--rm", *on(host, 3), old, "true")
    docker("image", "prune", "-f")
    assert rows(docker) == {("mv:b", new)}
    assert not any(ids(host, old))


def test_pruned_but_what_is_used(docker: Docker, host: Host, moved: tuple[str, str]) -> None:
    old, new = moved
    docker("image", "prune", "-f")
    assert rows(docker) == {("<none>:<none>", old), ("mv:b", new), ("mv:cur", new)}
    docker("rm", "mv2")
    pruned = docker("image", "prune", "-f").lines
    assert rows(docker) == {("mv:b", new), ("mv:cur", new)}
    assert f"deleted: {old}" in pruned
    docker("image", "prune", "-af")
    assert rows(docker) == set()


def test_a_name_that_moved_is_gone_with_all_that_is_unused(
    docker: Docker, host: Host, moved: tuple[str, str]
) -> None:
    old, _ = moved
    docker("image", "prune", "-af")
    assert rows(docker) == {("<none>:<none>", old)}
    assert users(docker) == {"mv2": old}


def test_used_anywhere_is_used(docker: Docker, host: Host) -> None:
    """Made by its ID, so that the node of the container has no name for it."""
    host.fleet["node-1"].load(busybox_archive("us:1", Labels={"us": "1"}))
    image = ids(host, "us:1")[0]
    eventually(lambda: rows(docker) == {("us:1", image)})
    docker("create", "--name", "us2", *on(host, 2), image, "true")
    pruned = docker("image", "prune", "-af").lines
    assert rows(docker) == {("us:1", image)}
    assert not [line for line in pruned if image in line or "us:1" in line]
    docker("run", "--rm", *on(host, 3), "us:1", "true")


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("running", [True, False])
def test_what_any_node_refuses_is_not_removed(
    docker: Docker, host: Host, by: str, running: bool
) -> None:
    for engine in host.fleet:
        engine.load(busybox_archive("in:1", Labels={"in": "1"}))
    image = ids(host, "in:1")[0]
    before = ids(host, image)
    eventually(lambda: rows(docker) == {("in:1", image)})
    command = ("sleep", "600") if running else ("true",)
    docker(
        "run" if running else "create", *(["-d"] if running else []), *on(host, 2), image, *command
    )
    assert "conflict: unable to" in docker.fails("rmi", image if by == "id" else "in:1")
    assert ids(host, image) == before == ids(host, "in:1")
    if running:
        assert "cannot be forced" in docker.fails("rmi", "-f", image)
        assert ids(host, image) == before == ids(host, "in:1")


def test_a_name_of_several_is_taken_from_what_is_used(docker: Docker, host: Host) -> None:
    """Although it is the only one on the node that uses it."""
    host.fleet["node-1"].load(busybox_archive("se:1", Labels={"se": "1"}))
    image = ids(host, "se:1")[0]
    eventually(lambda: rows(docker) == {("se:1", image)})
    docker("create", "--name", "se2", *on(host, 2), "se:1", "true")
    docker("tag", "se:1", "se:2")
    docker("rmi", "se:1")
    assert rows(docker) == {("se:2", image)}
    docker("start", "-a", "se2")
    assert users(docker) == {"se2": image}


@pytest.mark.fleet
def test_what_names_mean_after_a_restart(
    host: Host, swarmd_for: Callable[..., Swarmd], tmp_path: Path
) -> None:
    """Whichever image was made last: engines know when an image was tagged."""
    for number, first, second in ((1, "node-1", "node-2"), (2, "node-2", "node-1")):
        for node in (first, second):
            host.fleet[node].load(
                busybox_archive(f"made:{number}", Labels={"on": f"{node} {number}"})
            )
            repository = f"repo=again&tag={number}"
            host.fleet[node].local.post(f"/images/made:{number}/tag?{repository}")
    expected = {f"again:{number}": ids(host, f"again:{number}")[2 - number] for number in (1, 2)}
    docker = Docker(command_lines()[0], swarmd_for().url, None, tmp_path)
    eventually(lambda: expected.items() <= dict(rows(docker)).items())


@pytest.fixture(autouse=True)
def _as_before(host: Host) -> Iterator[None]:
    """A prune takes the image that the tests run, too."""
    yield
    for engine in host.fleet:
        engine.load(busybox_archive())
    host.wait_until_clean()


def test_no_client_hides_an_image(docker: Docker, host: Host, tmp_path: Path) -> None:
    """swarmd hides the empty images by which it takes names away; all can write their label."""
    label = "com.docker.swarm.placeholder"
    (tmp_path / "Dockerfile").write_text(f"FROM busybox\nLABEL {label}=1\nRUN echo hid > /hid\n")
    docker("build", "-t", "mv:built", str(tmp_path))
    docker("create", "--name", "mv-seed", "busybox")
    docker("commit", "-c", f"LABEL {label}=1", "mv-seed", "mv:committed")
    docker("rm", "mv-seed")
    host.fleet["node-1"].load(busybox_archive("mv:loaded", Labels={label: ""}))
    names = {"mv:built", "mv:committed", "mv:loaded"}
    eventually(lambda: {name for name, _ in rows(docker)} == names)
    assert docker("run", "--rm", "mv:built", "cat", "/hid").text == "hid"
    docker("rmi", *names)
    assert rows(docker) == set()
    untagged = ("--since", "1h", "--until", "0s", "-f", "type=image", "-f", "event=untag")

    def shown() -> list[str]:  # up to the last whole second, as the command line asks for it
        return [line for line in docker("events", *untagged).lines if label in line]

    eventually(lambda: len(shown()) >= len(names))
