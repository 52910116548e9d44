from __future__ import annotations

import json
from typing import Any

import pytest

from swarmd.cli.arguments import Arguments
from swarmd.cli.errors import CommandError, Misuse
from swarmd.cli.listing.managers import managers
from tests.manager.rig import result_of

ONE = {
    **{"ID": "a", "Host": "door-1", "Address": "door-1:2376", "Version": "0.2.0"},
    **{"Since": 1.8e9, "Leader": True, "Self": False, "Claims": 2, "WatchDelay": 0.003},
}
OTHER = {**ONE, "Host": "door-2", "Leader": False, "Self": True, "WatchDelay": None}


class Daemon:
    def __init__(self, *shown: dict[str, Any]) -> None:
        self.shown = list(shown)

    async def call(self, method: str, path: str, body: object = None) -> Any:
        assert (method, path) == ("GET", "/swarmd/managers")
        return self.shown


def run(*words: str, shown: tuple[dict[str, Any], ...] = (ONE, OTHER)) -> None:
    daemon: Any = Daemon(*shown)
    result_of(managers(daemon, Arguments.parse(words, "managers")))


def test_who_serves_and_who_leads(capsys: pytest.CaptureFixture[str]) -> None:
    run()
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == [
        *("door-1:2376", "door-1", "0.2.0", "2027-01-15T08:00:00.000Z", "leads", "2", "3", "ms")
    ]
    assert second.split()[4:] == ["(this", "one)", "2", "-"]


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    run("--json")
    assert json.loads(capsys.readouterr().out) == [ONE, OTHER]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_store_that_is_lost_is_said(capsys: pytest.CaptureFixture[str], words: Any) -> None:
    cut_off = {**OTHER, "Problem": "swarmds cannot agree for 7 s: \x1b no route"}
    with pytest.raises(CommandError, match=r"for 7 s: .* no route; what is shown may be out of"):
        run(*words, shown=(ONE, cut_off))
    assert "door-2" in capsys.readouterr().out


def test_nothing_else_is_taken() -> None:
    with pytest.raises(Misuse, match="options only"):
        run("now")
