"""Every verb on a container, as the CLI and the API spell it."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from tests.e2e.trouble import Stream
from tests.lab.cli import Docker
from tests.lab.http import Api
from tests.lab.waiting import eventually

# Ends on TERM by itself, tells USR1 and HUP apart, and says when it does.
_TRAPS = (
    "trap 'echo usr1' USR1; trap 'exit 9' HUP; trap 'exit 0' TERM; echo up; "
    "while :; do sleep 0.1; done"
)


@pytest.fixture
def running(docker: Docker, name: str) -> str:
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", _TRAPS)
    eventually(lambda: docker("logs", name).out == b"up\n")
    return name


def test_kill_ends_it(docker: Docker, running: str) -> None:
    docker("kill", running)
    assert docker("wait", running).text == "137"


@pytest.mark.parametrize(("given", "code"), [("HUP", "9"), ("SIGTERM", "0"), ("9", "137")])
def test_kill_with_a_signal(docker: Docker, running: str, given: str, code: str) -> None:
    docker("kill", "-s", given, running)
    assert docker("wait", running).text == code


def test_signal_that_it_handles(docker: Docker, running: str) -> None:
    docker("kill", "-s", "USR1", running)
    eventually(lambda: docker("logs", running).out == b"up\nusr1\n")
    assert docker.state(running) == "running"


def test_stop_then_start(docker: Docker, running: str) -> None:
    assert docker("stop", running).text == running
    assert docker.state(running) == "exited"
    docker("start", running)
    assert docker.state(running) == "running"


def test_stop_waits_longer_than_any_small_limit(docker: Docker, name: str) -> None:
    """TERM is ignored, so stop answers only after its own time."""
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", "trap '' TERM; sleep 600")
    began = time.monotonic()
    docker("stop", "-t", "3", name)
    assert time.monotonic() - began > 2.5
    assert docker.inspect(name)["State"]["ExitCode"] == 137


def test_restart(docker: Docker, running: str) -> None:
    before = docker.inspect(running)["State"]["Pid"]
    docker("restart", "-t", "2", running)
    after = docker.inspect(running)["State"]
    assert after["Running"] and after["Pid"] != before


def test_pause_and_unpause(docker: Docker, running: str) -> None:
    docker("pause", running)
    assert docker.state(running) == "paused"
    assert "(Paused)" in docker("ps", "--format", "{{.Status}}").text
    assert "is already paused" in docker.fails("pause", running)
    assert "paused" in docker.fails("exec", running, "true")
    docker("unpause", running)
    assert docker.state(running) == "running"


def test_rename(docker: Docker, running: str, name: str) -> None:
    docker("rename", running, f"{running}-new")
    assert docker.names() == [f"{running}-new"]
    assert "No such" in docker.fails("inspect", running)
    docker("rename", f"{running}-new", running)


def test_rename_to_a_taken_name(docker: Docker, running: str) -> None:
    docker("create", "--name", f"{running}-other", "busybox")
    message = docker.fails("rename", f"{running}-other", running)
    assert f'The container name "/{running}" is already in use by container' in message
    assert sorted(docker.names("-a")) == [running, f"{running}-other"]


def test_update(docker: Docker, running: str) -> None:
    docker("update", "--memory", "64m", "--memory-swap", "128m", "--restart", "no", running)
    assert docker.inspect(running)["HostConfig"]["Memory"] == 64 << 20


def test_wait_blocks_until_the_end(docker: Docker, running: str) -> None:
    with docker.running("wait", running) as waiting:
        time.sleep(0.3)
        assert waiting.process.poll() is None
        docker("kill", "-s", "HUP", running)
        assert waiting.wait() == 0
        assert waiting.out == "9\n"


def test_wait_of_several(docker: Docker, name: str) -> None:
    for code in ("1", "2", "3"):
        docker("run", "-d", "--name", name + code, "busybox", "sh", "-c", f"exit {code}")
    assert docker("wait", name + "1", name + "2", name + "3").lines == ["1", "2", "3"]


@pytest.mark.parametrize("condition", ["not-running", "next-exit", "removed"])
def test_wait_conditions(api: Api, docker: Docker, name: str, condition: str) -> None:
    script = "trap 'exit 5' USR1; echo up; while :; do sleep 0.1; done"
    docker("run", "-d", "--rm", "--name", name, "busybox", "sh", "-c", script)
    eventually(lambda: docker("logs", name).text == "up")
    request = f"POST /v1.41/containers/{name}/wait?condition={condition}"
    with closing(Stream(api.url, request)) as waiting:
        waiting.expect(b"HTTP/1.1 200")
        docker("kill", "-s", "USR1", name)
        waiting.expect(b'"StatusCode":5')


def test_top(docker: Docker, running: str) -> None:
    title, *processes = docker("top", running).lines
    assert "PID" in title
    assert any("trap" in line for line in processes)
    assert "not running" in _stopped(docker, running, "top")


def test_stats(docker: Docker, running: str) -> None:
    row = docker("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", running).text
    assert row.split()[0] == running and int(row.split()[1]) >= 1


def test_stats_stream(docker: Docker, running: str) -> None:
    with docker.running("stats", "--format", "{{.Name}}={{.PIDs}}", running) as stats:
        eventually(lambda: stats.out.count(f"{running}=") >= 3)


def test_diff(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "sh", "-c", "echo x > /tmp/new; rm /etc/group")
    assert sorted(docker("diff", name).lines) == ["A /tmp/new", "C /etc", "C /tmp", "D /etc/group"]


def test_port(docker: Docker, name: str) -> None:
    docker("run", "-d", "--name", name, "-p", "8081:80", "busybox", "sleep", "600")
    assert docker("port", name, "80").lines[0].endswith(":8081")


@pytest.mark.parametrize("verb", ["kill", "pause", "exec", "top"])
def test_verbs_on_a_stopped_container(docker: Docker, running: str, verb: str) -> None:
    assert "not running" in _stopped(docker, running, verb)


def _stopped(docker: Docker, name: str, verb: str) -> str:
    docker("stop", name)
    return docker.fails(verb, name, *(("true",) if verb == "exec" else ()))


def test_rm_of_a_running_container(docker: Docker, running: str) -> None:
    assert "container" in docker.fails("rm", running)
    assert docker.state(running) == "running"
    docker("rm", "-f", running)
    assert docker.names("-a") == []


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "rm", "logs", "wait", "top", "diff"])
def test_verbs_on_no_container(docker: Docker, verb: str) -> None:
    assert "No such container: nobody" in docker.fails(verb, "nobody")


def test_start_and_stop_twice_are_no_errors(api: Api, running: str) -> None:
    assert api.call("POST", f"/containers/{running}/start").status == 304
    assert api.call("POST", f"/containers/{running}/stop?t=1").status == 204
    assert api.call("POST", f"/containers/{running}/stop?t=1").status == 304


def test_container_prune(docker: Docker, running: str) -> None:
    ended = [docker("run", "-d", "busybox", "true").text for _ in range(3)]
    for container in ended:
        docker("wait", container)
    pruned = docker("container", "prune", "-f").lines
    assert set(ended) <= set(pruned)
    assert docker.names("-a") == [running]
