"""What ssh is called with: nothing in a name becomes an option or a command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.addresses import parse_address
from swarmd.streams.ssh.command import dial_command, forward_command, quoted
from swarmd.streams.ssh.files import SshFiles
from tests.streams.ssh.rig import needs_sshd

PLAIN = SshFiles()


def read_by_ssh(command: list[str]) -> dict[str, str]:
    """What ssh makes of it: the options that would hold."""
    shown = subprocess.run(
        [command[0], "-G", "-F", "none", *command[1:]], capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0, shown.stderr
    pairs = (line.partition(" ") for line in shown.stdout.splitlines())
    return {key: value for key, _, value in pairs}


@needs_sshd
@pytest.mark.parametrize("make", [lambda a, f: forward_command(a, f, "/tmp/x/s"), dial_command])
def test_nobody_is_asked_and_nobody_unknown_is_trusted(make: object) -> None:
    assert callable(make)
    read = read_by_ssh(make(parse_address("ssh://ops@10.0.0.9:2222"), SshFiles("/k n", "/a%b c")))
    assert (read["batchmode"], read["stricthostkeychecking"]) == ("yes", "true")
    assert (read["passwordauthentication"], read["forwardagent"]) == ("no", "no")
    assert (read["user"], read["hostname"], read["port"]) == ("ops", "10.0.0.9", "2222")
    assert read["userknownhostsfile"] == "/k n"
    assert (read["identityfile"], read["identitiesonly"]) == ("/a%%b c", "yes")
    assert (read["serveraliveinterval"], read["serveralivecountmax"]) == ("20", "3")


@needs_sshd
def test_the_configuration_decides_what_a_line_leaves_open(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host lab\n User ops\n Port 2222\n HostName 10.0.0.9\n ProxyJump door\n")
    command = dial_command(parse_address("ssh://lab"), PLAIN)
    shown = subprocess.run(
        ["ssh", "-G", "-F", str(config), *command[1:]], capture_output=True, text=True, timeout=60
    )
    for line in ("user ops", "port 2222", "hostname 10.0.0.9", "proxyjump door"):
        assert line in shown.stdout.splitlines()


def test_where_the_socket_is() -> None:
    usual, other = map(parse_address, ("ssh://h", "ssh://h/run/user/1000/docker.sock"))
    assert "/f/s:/var/run/docker.sock" in forward_command(usual, PLAIN, "/f/s")
    assert "/f/s:/run/user/1000/docker.sock" in forward_command(other, PLAIN, "/f/s")
    assert dial_command(usual, PLAIN)[-1] == "docker system dial-stdio"
    said = "docker --host unix:///run/user/1000/docker.sock system dial-stdio"
    assert dial_command(other, PLAIN)[-1] == said


@given(st.text())
def test_no_address_is_an_option_or_a_command(text: str) -> None:
    try:
        address = parse_address(f"ssh://{text}")
    except ValueError:
        return
    command = dial_command(address, PLAIN)
    assert command[-3:-1] == ["--", address.host]
    assert not any(mark in command[-1] for mark in "$`;&|<>(){}\\\"'*?!\n#")
    assert not any(word.startswith("-") for word in (address.host, address.user))


@pytest.mark.parametrize("path", ['/a"b', "/a\\b", "/${HOME}/k", "/a\nb"])
def test_a_path_for_which_ssh_has_no_form_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="ssh takes no path with quotes"):
        quoted(path)
