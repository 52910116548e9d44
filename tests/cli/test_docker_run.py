from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarmd.cli.docker_run import client_host, parse_run
from swarmd.cli.errors import CommandError
from swarmd.core.container.create_request import parse_create


def body(*words: str) -> dict[str, Any]:
    return parse_run(["docker", "run", *words, "busybox"]).body


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["-m", "512m"], "Memory", 512 << 20),
        (["--memory=2g"], "Memory", 2 << 30),
        (["-m1.5GiB"], "Memory", 3 << 29),
        (["-m", "100"], "Memory", 100),
        (["--cpus", "1.5"], "NanoCpus", 1_500_000_000),
        (["-c", "2"], "CpuShares", 2),
        (["--cpuset-cpus", "0-1"], "CpusetCpus", "0-1"),
        (["--network", "front"], "NetworkMode", "front"),
        (["--net=name=front,alias=x"], "NetworkMode", "front"),
        (["-v", "data:/d"], "Binds", ["data:/d"]),
        (["--volumes-from", "a", "--volumes-from=b"], "VolumesFrom", ["a", "b"]),
        (["--link", "db:d"], "Links", ["db:d"]),
        (["--pid", "container:a"], "PidMode", "container:a"),
        (["-P"], "PublishAllPorts", True),
        (["--privileged"], "Privileged", True),
        (["--gpus", "all"], "DeviceRequests", [{"Count": -1, "Capabilities": [["gpu"]]}]),
        (["--gpus=2"], "DeviceRequests", [{"Count": 2, "Capabilities": [["gpu"]]}]),
        (
            ["--gpus", "all,driver=nvidia"],
            "DeviceRequests",
            [{"Count": -1, "Driver": "nvidia", "Capabilities": [["gpu"]]}],
        ),
        (
            ["--gpus", '"device=GPU-x",capabilities=utility'],
            "DeviceRequests",
            [{"Count": 0, "DeviceIDs": ["GPU-x"], "Capabilities": [["gpu", "utility"]]}],
        ),
        (
            ["--gpus", "capabilities=compute"],
            "DeviceRequests",
            [{"Count": 1, "Capabilities": [["gpu", "compute"]]}],
        ),
        (
            ["--gpus", '"device=0,1"'],
            "DeviceRequests",
            [{"Count": 0, "Capabilities": [["gpu"]], "DeviceIDs": ["0", "1"]}],
        ),
        (
            ["--mount", "type=volume,src=data,dst=/d,readonly"],
            "Mounts",
            [{"Type": "volume", "Source": "data", "Target": "/d"}],
        ),
    ],
)
def test_host_options(words: list[str], key: str, value: object) -> None:
    assert body(*words)["HostConfig"][key] == value


@pytest.mark.parametrize(
    ("text", "bindings"),
    [
        ("80", {"80/tcp": [{"HostIp": "", "HostPort": ""}]}),
        ("8080:80", {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}),
        ("53:53/udp", {"53/udp": [{"HostIp": "", "HostPort": "53"}]}),
        ("127.0.0.1:8080:80", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}),
        ("[::1]:8080:80", {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}),
        ("8000-8010:80", {"80/tcp": [{"HostIp": "", "HostPort": "8000-8010"}]}),
        (
            "90-91:80-81",
            {
                "80/tcp": [{"HostIp": "", "HostPort": "90"}],
                "81/tcp": [{"HostIp": "", "HostPort": "91"}],
            },
        ),
    ],
)
def test_ports(text: str, bindings: dict[str, Any]) -> None:
    asked = body("-p", text)
    assert asked["HostConfig"]["PortBindings"] == bindings
    assert asked["ExposedPorts"].keys() == bindings.keys()
    parse_create(asked)


def test_short_options_in_one_word() -> None:
    asked = body("-dit", "-p80:80", "-eA=b", "--env=C", "-la=b", "--rm=false", "--name", "web")
    assert asked["Env"] == ["A=b", "C"] and asked["Labels"] == {"a": "b"}
    assert "80/tcp" in asked["HostConfig"]["PortBindings"]


def test_what_follows_the_image_is_the_command() -> None:
    asked = parse_run(["docker", "container", "create", "--name=web", "--platform", "linux/arm64",
                       "--entrypoint", "sh", "--", "busybox", "-p", "80"])  # fmt: skip
    assert asked.body["Image"] == "busybox" and asked.body["Cmd"] == ["-p", "80"]
    assert asked.query == {"name": "web", "platform": "linux/arm64"}


def test_files_of_labels_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("# a comment\n\nA=b\n")
    assert body("--env-file", str(file))["Env"] == ["A=b"]
    assert body("--label-file", str(file))["Labels"] == {"A": "b"}


def test_two_networks() -> None:
    asked = body("--network", "a", "--network", "b")
    assert parse_create(asked).networks == ("a", "b")


@pytest.mark.parametrize(
    "words",
    [
        ["docker", "ps"],
        ["run"],
        ["run", "--frob", "busybox"],
        ["run", "-X", "busybox"],
        ["run", "-m"],
        ["run", "-m", "much", "busybox"],
        ["run", "-p", "http:80", "busybox"],
        ["run", "-p", "1-3:1-2", "busybox"],
        ["run", "--env-file", "/nonexistent", "busybox"],
        ["run", "-p", "1-4000000000:1-4000000000", "busybox"],
        ["run", "-p", "3-1:3-1", "busybox"],
        ["run", "--expose", "70000", "busybox"],
        ["run", "-m", "", "busybox"],
        ["run", "-m", "1e999", "busybox"],
        ["run", "--cpus", "1e999", "busybox"],
    ],
)
def test_what_is_not_understood_is_said(words: list[str]) -> None:
    with pytest.raises(CommandError):
        parse_run(words)


@pytest.mark.parametrize(
    ("words", "host"),
    [
        ("docker -H tcp://a:1 run busybox", "tcp://a:1"),
        ("docker --host=tcp://a:1 --tlsverify run busybox", "tcp://a:1"),
        ("docker -Hunix:///x -D -l debug container run busybox", "unix:///x"),
        ("docker --log-level=debug create busybox", ""),
        ("docker --context x run busybox -H y", ""),
        ("run busybox -H y", ""),
    ],
)
def test_the_clients_own_options(words: str, host: str) -> None:
    assert parse_run(words.split()).body["Image"] == "busybox"
    assert client_host(words.split()) == host


@pytest.mark.parametrize("words", ["docker --frob run busybox", "docker -H", "docker -D"])
def test_options_that_the_client_has_not(words: str) -> None:
    with pytest.raises(CommandError):
        parse_run(words.split())


def test_files_are_read_by_whoever_asks() -> None:
    asked = parse_run(["run", "--env-file", "x", "busybox"], lambda path: f"# {path}\nA=b\n")
    assert asked.body["Env"] == ["A=b"]
