"""``docker run`` in its forms, and what becomes of the container."""

from __future__ import annotations

import time

from tests.lab.cli import Docker
from tests.lab.waiting import eventually


def test_prints_what_the_container_prints(docker: Docker) -> None:
    done = docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")
    assert (done.out, done.err) == (b"out\n", b"err\n")


def test_exit_status_is_the_containers(docker: Docker) -> None:
    docker("run", "--rm", "busybox", "sh", "-c", "exit 42", status=42)


def test_late_output_arrives(docker: Docker) -> None:
    done = docker("run", "--rm", "busybox", "sh", "-c", "sleep 1; echo late")
    assert done.out == b"late\n"


def test_detached_prints_its_id_and_runs(docker: Docker, name: str) -> None:
    container = docker("run", "-d", "--name", name, "busybox", "sleep", "600").text
    assert len(container) == 64
    assert docker("ps", "-q", "--no-trunc").lines == [container]
    assert docker.state(name) == "running"


def test_rm_leaves_nothing(docker: Docker) -> None:
    docker("run", "--rm", "busybox", "true")
    assert docker("ps", "-aq").text == ""


def test_detached_rm_removes_itself(docker: Docker, name: str) -> None:
    docker("run", "-d", "--rm", "--name", name, "busybox", "sleep", "0.3")
    eventually(lambda: docker("ps", "-aq").text == "")


def test_command_that_is_not_there(docker: Docker, name: str) -> None:
    done = docker("run", "--name", name, "busybox", "no-such-command", status=127)
    assert "no-such-command" in done.error
    assert docker.state(name) == "created"


def test_environment_workdir_user_hostname_and_labels(docker: Docker, name: str) -> None:
    options = ("-e", "A=1", "-w", "/tmp", "-u", "7", "-h", "inside", "-l", "a.b=c", "--name", name)
    done = docker("run", *options, "busybox", "sh", "-c", "echo $A $PWD $(id -u) $(hostname)")
    assert done.text == "1 /tmp 7 inside"
    labels = docker.inspect(name)["Config"]["Labels"]
    labels.pop("com.docker.swarm.id", "")  # the one that swarmd adds
    assert labels == {"a.b": "c"}
    assert docker.inspect(name)["Config"]["Env"][0] == "A=1"


def test_create_start_wait_rm(docker: Docker, name: str) -> None:
    created = docker("create", "--name", name, "busybox", "sh", "-c", "exit 3").text
    assert docker.state(name) == "created"
    assert docker("start", name).text == name
    assert docker("wait", name).text == "3"
    assert docker("rm", name).text == name
    assert f"No such container: {created}" in docker.fails("inspect", "--type=container", created)


def test_start_attached_again(docker: Docker, name: str) -> None:
    docker("create", "--name", name, "busybox", "sh", "-c", "echo hello; exit 4")
    for _ in range(2):
        assert docker("start", "-a", name, status=4).out == b"hello\n"


def test_cidfile_and_id_prefix(docker: Docker, tmp_path: object) -> None:
    file = f"{tmp_path}/id"
    docker("run", "-d", "--cidfile", file, "busybox", "sleep", "600")
    with open(file) as written:
        container = written.read()
    assert docker("inspect", "-f", "{{.Id}}", container[:12]).text == container
    assert docker("rm", "-f", container[:12]).text == container[:12]


def test_unnamed_containers_get_a_dockerish_name(docker: Docker) -> None:
    docker("create", "busybox")
    (given,) = docker.names("-a")
    first, second = given.split("_")
    assert first.isalpha() and second.rstrip("0123456789").isalpha()


def test_name_conflict(docker: Docker, name: str) -> None:
    holder = docker("create", "--name", name, "busybox").text
    message = docker.fails("create", "--name", name, "busybox")
    assert f'The container name "/{name}" is already in use by container "{holder}"' in message
    assert docker.names("-a") == [name]


def test_name_is_free_again_at_once(docker: Docker, name: str) -> None:
    for _ in range(3):
        docker("run", "--name", name, "busybox", "true")
        docker("rm", name)


def test_missing_image(docker: Docker) -> None:
    done = docker("run", "--rm", "no-such-image-here", status=125)
    assert "Unable to find image 'no-such-image-here:latest' locally" in done.error
    assert "docker: Error" in done.error
    assert docker("ps", "-aq").text == ""


def test_invalid_name(docker: Docker) -> None:
    message = docker.fails("create", "--name", "bad*name", "busybox")
    assert "Invalid container name (bad*name), only [a-zA-Z0-9][a-zA-Z0-9_.-] are" in message


def test_restart_policy(docker: Docker, name: str) -> None:
    docker("run", "-d", "--restart", "always", "--name", name, "busybox", "sh", "-c", "sleep 0.2")
    eventually(lambda: docker.inspect(name)["RestartCount"] >= 2)


def test_volume_shared_by_two_containers(docker: Docker, name: str) -> None:
    docker("create", "--name", name, "-v", "/data", "busybox")
    docker("run", "--rm", "--volumes-from", name, "busybox", "sh", "-c", "echo kept > /data/file")
    done = docker("run", "--rm", "--volumes-from", name, "busybox", "cat", "/data/file")
    assert done.text == "kept"


def test_network_of_another_container(docker: Docker, name: str) -> None:
    docker("run", "-d", "--name", name, "-h", "shared", "busybox", "sleep", "600")
    own = docker("exec", name, "cat", "/proc/net/dev").lines
    other = docker("run", "--rm", "--net", f"container:{name}", "busybox", "cat", "/proc/net/dev")
    assert len(own) == len(other.lines)
    assert docker("run", "--rm", "--net", f"container:{name}", "busybox", "hostname").text == (
        "shared"
    )


def test_is_quick(docker: Docker) -> None:
    """Headers of wait that are held back show as seconds of each run (docker-api §0.3)."""

    def seconds() -> float:
        began = time.monotonic()
        docker("run", "--rm", "busybox", "true")
        return time.monotonic() - began

    eventually(lambda: seconds() < 5)


def test_a_link_is_one_name_more_and_goes_alone(docker: Docker, name: str) -> None:
    docker("run", "-d", "--name", f"{name}-db", "busybox", "sleep", "600")
    docker("run", "-d", "--name", name, "--link", f"{name}-db:db", "busybox", "sleep", "600")

    def names() -> set[str]:
        lines = docker("ps", "--no-trunc", "--format", "{{.Names}}").lines
        return {line for line in lines if name in line}

    assert names() == {name, f"{name}-db,{name}/db"}, "as on one host"
    docker("rm", "--link", f"{name}/db")
    assert names() == {name, f"{name}-db"}
    assert "default" in docker.fails("rm", "--link", f"{name}-db")
    docker("rm", "-f", name, f"{name}-db")
