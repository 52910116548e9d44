from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import Misuse
from swarmd.cli.listing.ports import ports

CONTAINER = {
    "ID": "1" * 64, "Name": "web", "Node": "node-1", "ContainerPort": 80,
    "NodeAddress": "10.0.0.1", "NodePort": 32768, "Ready": True, "Connections": 2,
}  # fmt: skip
FOUND = {
    "Addresses": ["0.0.0.0"],
    "Ports": [
        {
            "Port": 8080, "Protocol": "tcp", "Containers": [CONTAINER, {**CONTAINER, "Name": "w2"}],
            "Connections": 5, "Refused": 0, "ReceivedBytes": 10, "SentBytes": 20,
        }
    ],
    "Unmet": [
        {"ID": "2", "Name": "x", "Node": "node-2", "Port": 8080, "Protocol": "tcp", "Reason": "no"}
    ],
}  # fmt: skip


class Daemon:
    def __init__(self, found: Any) -> None:
        self._found = found

    async def call(self, method: str, path: str) -> Any:
        assert (method, path) == ("GET", "/swarmd/ports")
        return self._found


def run(found: Any, *words: str) -> None:
    daemon: Any = Daemon(found)
    done = Deferred.fromCoroutine(ports(daemon, Arguments.parse(words, "ports")))
    failures: list[Any] = []
    done.addErrback(failures.append)
    for failure in failures:
        raise failure.value


def test_each_port_is_a_line_a_container(capsys: pytest.CaptureFixture[str]) -> None:
    run(FOUND)
    at, head, first, second, unmet = capsys.readouterr().out.splitlines()
    assert at == "At 0.0.0.0:" and head.startswith("PORT")
    assert first.split()[:6] == ["8080/tcp", "web", "node-1", "10.0.0.1:32768", "yes", "2"]
    assert second.split()[1] == "w2"
    assert unmet == "x on node-2: not 8080/tcp: no"


def test_json_is_what_the_daemon_said(capsys: pytest.CaptureFixture[str]) -> None:
    run(FOUND, "--json")
    assert '"Port": 8080' in capsys.readouterr().out


def test_without_publish_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    run({"Addresses": [], "Ports": [], "Unmet": []})
    assert "without --publish" in capsys.readouterr().out


def test_it_takes_no_words() -> None:
    with pytest.raises(Misuse):
        run(FOUND, "x")
