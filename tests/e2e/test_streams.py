"""Everything that goes over a taken-over connection, with and without TLS, with every CLI.

TLS is meant on both legs: a client's close_notify must not cut the way back.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.cli import Docker, command_lines
from tests.lab.waiting import eventually

pytestmark = [
    pytest.mark.parametrize("host", ["plain", "tls"], indirect=True),
    pytest.mark.parametrize("docker", command_lines(), indirect=True),
]

BULK = os.urandom(1 << 20) * 50


def digest(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def shell(docker: Docker, name: str) -> str:
    """A container that lives until it is removed."""
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    return name


def test_run_prints(docker: Docker) -> None:
    done = docker(
        "run", "--rm", "busybox", "sh", "-c", "echo out; sleep 0.5; echo late; echo e >&2"
    )
    assert (done.out, done.err) == (b"out\nlate\n", b"e\n")


def test_run_i_echoes_its_input(docker: Docker) -> None:
    assert docker("run", "-i", "--rm", "busybox", "cat", input=b"abc").out == b"abc"


def test_output_after_the_end_of_input(docker: Docker) -> None:
    script = "cat; sleep 0.5; echo after"
    done = docker("run", "-i", "--rm", "busybox", "sh", "-c", script, input=b"one\ntwo\n")
    assert done.out == b"one\ntwo\nafter\n"


def test_empty_input(docker: Docker) -> None:
    done = docker("run", "-i", "--rm", "busybox", "sh", "-c", "cat; echo end")
    assert done.out == b"end\n"


def test_bulk_both_ways(docker: Docker) -> None:
    done = docker("run", "-i", "--rm", "busybox", "cat", input=BULK, within=120)
    assert digest(done.out) == digest(BULK)


def test_bulk_in(docker: Docker) -> None:
    done = docker("run", "-i", "--rm", "busybox", "md5sum", input=BULK, within=120)
    assert done.text.split()[0] == digest(BULK)


def test_bulk_out(docker: Docker) -> None:
    script = "dd if=/dev/zero bs=1M count=50 2>/dev/null"
    done = docker("run", "--rm", "busybox", "sh", "-c", script, within=120)
    assert digest(done.out) == digest(bytes(50 << 20))


def test_reader_that_leaves_early(docker: Docker, name: str) -> None:
    """``docker run … | head -1``: the container's end is not the reader's business."""
    with docker.running("run", "--name", name, "busybox", "sh", "-c", "echo 1; sleep 600") as run:
        run.expect("1\n")
    assert docker.state(name) == "running"


# Prints the size of its terminal when that changes; the CLI sets it only after the start.
_SIZES = """
while :; do now=$(stty size); [ "$now" = "$was" ] || echo "[$now]"; was=$now; sleep 0.1; done
"""


def test_terminal(docker: Docker, name: str) -> None:
    script = "tty; read x; echo got $x; exit 7"
    with docker.terminal("run", "-it", "--name", name, "busybox", "sh", "-c", script) as terminal:
        terminal.expect("/dev/")
        terminal.type("that\n")
        terminal.expect("got that")
        assert terminal.wait() == 7


def test_terminal_is_resized(docker: Docker) -> None:
    with docker.terminal("run", "-it", "--rm", "busybox", "sh", "-c", _SIZES) as terminal:
        terminal.expect("[24 80]")

        def resized() -> bool:
            """Twice, for the CLI misses the signal that comes before it listens for any."""
            terminal.resize(41, 132)
            terminal.resize(40, 132)
            return terminal.saw("[40 132]", 1)

        eventually(resized)


def test_terminal_sends_interrupts(docker: Docker) -> None:
    script = "trap 'exit 6' INT; echo ready; while :; do sleep 0.1; done"
    with docker.terminal("run", "-it", "--rm", "busybox", "sh", "-c", script) as shell:
        shell.expect("ready")
        shell.type("\x03")
        assert shell.wait() == 6


def test_detach_keys_leave_it_running(host: Host, docker: Docker, name: str) -> None:
    """The CLI itself ends at that only over TLS: a plain TCP connection hides the keys' error."""
    script = "echo ready; read line; echo got $line; sleep 600"
    with docker.terminal("run", "-it", "--name", name, "busybox", "sh", "-c", script) as terminal:
        terminal.expect("ready")
        terminal.type("\x10\x11")
        if host.tls is not None:
            assert terminal.wait() == 0
    assert docker.state(name) == "running"
    with docker.terminal("attach", name) as terminal:
        terminal.type("again\n")
        terminal.expect("got again")


def test_attach_sees_output_and_exit_status(docker: Docker, name: str) -> None:
    script = "read x; echo got $x; exit 5"
    docker("run", "-di", "--name", name, "busybox", "sh", "-c", script)
    with docker.running("attach", name) as attached:
        attached.send(b"that\n")
        attached.expect("got that")
        assert attached.wait() == 5


def test_two_attached(docker: Docker, name: str) -> None:
    script = "while read x; do echo got $x; done"
    docker("run", "-di", "--name", name, "busybox", "sh", "-c", script)
    with (
        docker.running("attach", "--no-stdin", name) as watcher,
        docker.running("attach", name) as speaker,
    ):

        def both_hear() -> bool:
            """Said again and again: nothing tells from outside that the watcher is attached."""
            speaker.send(b"that\n")
            return "got that" in speaker.out and "got that" in watcher.out

        eventually(both_hear)


def test_exec(docker: Docker, shell: str) -> None:
    done = docker("exec", shell, "sh", "-c", "echo out; echo err >&2; exit 3", status=3)
    assert (done.out, done.err) == (b"out\n", b"err\n")


def test_exec_i(docker: Docker, shell: str) -> None:
    data = BULK[: 5 << 20]
    done = docker("exec", "-i", shell, "sh", "-c", "cat; sleep 0.2; echo end", input=data)
    assert digest(done.out) == digest(data + b"end\n")


def test_exec_it(docker: Docker, shell: str) -> None:
    script = ("sh", "-c", "until [ \"$(stty size)\" = '30 100' ]; do sleep 0.1; done; exit 4")
    with docker.terminal("exec", "-it", shell, *script, rows=30, columns=100) as terminal:
        assert terminal.wait() == 4


def test_exec_d(docker: Docker, shell: str) -> None:
    assert docker("exec", "-d", shell, "touch", "/tmp/done").out == b""
    eventually(lambda: docker("exec", shell, "ls", "/tmp").text == "done")


def test_exec_with_environment_user_and_folder(docker: Docker, shell: str) -> None:
    options = ("-e", "A=b", "-u", "7", "-w", "/tmp")
    done = docker("exec", *options, shell, "sh", "-c", "echo $A $(id -u) $PWD")
    assert done.text == "b 7 /tmp"


def test_exec_of_no_command(docker: Docker, shell: str) -> None:
    assert docker("exec", shell, "no-such-command", status=None).status in (126, 127)


def test_many_execs_at_once(docker: Docker, shell: str) -> None:
    runs = [docker.running("exec", shell, "sh", "-c", f"sleep 0.2; echo {i}") for i in range(8)]
    entered = [run.__enter__() for run in runs]
    try:
        assert [run.wait() for run in entered] == [0] * 8
        assert [run.out for run in entered] == [f"{i}\n" for i in range(8)]
    finally:
        for run in entered:
            run.close()


def test_logs(docker: Docker, name: str) -> None:
    script = "echo 1; echo 2 >&2; echo 3"
    docker("run", "--name", name, "busybox", "sh", "-c", script)
    done = docker("logs", name)
    assert (done.out, done.err) == (b"1\n3\n", b"2\n")
    assert docker("logs", "-t", name).lines[0].endswith("Z 1")
    docker("run", "--name", f"{name}-tail", "busybox", "seq", "9")
    assert docker("logs", "--tail", "2", f"{name}-tail").out == b"8\n9\n"


def test_logs_f_follows_to_the_end(docker: Docker, name: str) -> None:
    docker("run", "-di", "--name", name, "busybox", "sh", "-c", "echo 1; read x; echo $x; read y")
    with docker.running("logs", "-f", name) as logs, docker.running("attach", name) as speaker:
        logs.expect("1\n")
        assert logs.process.poll() is None
        speaker.send(b"2\n")
        logs.expect("1\n2\n")
        speaker.send(b"3\n")
        assert logs.wait() == 0


def test_large_log(docker: Docker, name: str) -> None:
    docker("run", "--name", name, "busybox", "seq", "50000")
    assert docker("logs", name).out == b"".join(b"%d\n" % i for i in range(1, 50001))


def test_cp_both_ways(docker: Docker, shell: str, tmp_path: Path) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(BULK)
    docker("cp", str(source), f"{shell}:/tmp/file", within=120)
    assert docker("exec", shell, "md5sum", "/tmp/file").text.split()[0] == digest(BULK)
    docker("cp", f"{shell}:/tmp/file", str(back), within=120)
    assert digest(back.read_bytes()) == digest(BULK)


def test_cp_through_pipes(docker: Docker, shell: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    archive = docker("cp", f"{shell}:/etc", "-").out
    assert b"passwd" in archive
    docker("exec", shell, "mkdir", "/copy")
    docker("cp", "-", f"{shell}:/copy", input=archive)
    assert docker("exec", shell, "cat", "/copy/etc/passwd").text == "root:x:0:0:root:/root:/bin/sh"


def test_export(docker: Docker, shell: str) -> None:
    archive = docker("export", shell).out
    assert archive[257:262] == b"ustar" and len(archive) > 1 << 20
