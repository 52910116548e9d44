from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from twisted.internet.defer import Deferred

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import Misuse
from swarmd.cli.names import LIMIT, MOST, names


class Daemon:
    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.found = found
        self.asked: list[str] = []
        self.limits: list[float] = []

    async def call(self, method: str, path: str, body: object = None) -> Any:
        self.asked.append(f"{method} {path}")
        return self.found

    async def within(self, seconds: float, asked: Coroutine[Any, Any, Any]) -> Any:
        self.limits.append(seconds)
        return await asked


def run(daemon: Any, *words: str) -> None:
    failures: list[Any] = []
    work = Deferred.fromCoroutine(names(daemon, Arguments.parse(words, "names")))
    work.addErrback(failures.append)
    if failures:
        raise failures[0].value


def test_nodes_that_begin_so_are_printed_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon([{"Name": "node-1"}, {"Name": "node-2"}, {"Name": "db"}])
    run(daemon, "nodes", "no")
    assert capsys.readouterr().out == "node-1\nnode-2\n"
    assert daemon.asked == ["GET /swarmd/nodes"] and daemon.limits == [LIMIT]


def test_swarmd_itself_picks_the_containers(capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon([{"Names": ["/web.1", "/node-1/web.1"]}, {"Names": []}])
    run(daemon, "containers", "web.")
    assert capsys.readouterr().out == "web.1\n"
    query = parse_qs(urlsplit(daemon.asked[0]).query)
    assert json.loads(query["filters"][0]) == {"name": ["^/?web\\."]}
    assert query["limit"] == [str(MOST)] and query["all"] == ["1"]


def test_a_name_that_a_shell_would_run_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    run(Daemon([{"Name": "$(reboot)"}, {"Name": "a b"}, {"Name": "ok:2375"}]), "nodes", "--json")
    assert json.loads(capsys.readouterr().out) == ["ok:2375"]


@pytest.mark.parametrize("words", [["volumes"], [], ["nodes", "a", "b"]])
def test_others_are_refused(words: list[str]) -> None:
    with pytest.raises(Misuse, match=r"nodes\|containers"):
        run(Daemon([]), *words)
