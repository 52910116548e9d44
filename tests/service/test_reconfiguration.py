from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from swarmd.config.configuration import ConfigSources
from swarmd.config.settings import Settings
from swarmd.config.sources.given import FLAG, GivenOption
from swarmd.files.in_thread import Executor, at_once
from swarmd.service.reconfiguration import Reconfiguration

FIRST = "discovery = 'a'\nheartbeat = '5s'\n"


class Rig:
    def __init__(self, path: Path, executor: Executor = at_once) -> None:
        self.path = path
        path.write_text(FIRST)
        flags = {"strategy": GivenOption("random", "--strategy", FLAG)}
        sources = ConfigSources(flags, {}, "/", str(path))
        self.used: list[Settings] = []
        self.part = Reconfiguration(sources, sources.read(), self.used.append, executor)

    def reread(self, text: str) -> list[str]:
        self.path.write_text(text)
        self.part.reread()
        return self.part.notices()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "s.toml")


def test_what_can_change_does(rig: Rig) -> None:
    assert rig.reread("discovery = 'a'\nheartbeat = '2s'\nallow-host = ['x']\n") == []
    assert [(one.heartbeat, one.allow_hosts) for one in rig.used] == [(2, ("x",))]
    assert rig.reread(FIRST) == []
    assert [one.heartbeat for one in rig.used] == [2, 5]


def test_nothing_new_changes_nothing(rig: Rig) -> None:
    assert rig.reread(f"# a comment\n{FIRST}strategy = 'binpack'\n") == []  # the flag counts
    assert rig.used == []


def test_what_needs_a_restart_is_told_for_as_long_as_it_does(rig: Rig) -> None:
    text = "discovery = 'b'\nheartbeat = '2s'\nhost = ['127.0.0.1:1']\n"
    waits = ["configuration: discovery, host changed, which needs a restart"]
    assert rig.reread(text) == waits
    assert [one.heartbeat for one in rig.used] == [2]
    assert rig.reread(text) == waits
    assert rig.reread(FIRST) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("discovery = 'a'\nheartbeat = '2s'\nhost = [", ":3:9: Invalid value"),
        ("discovery = 'a'\nheartbeat = '2s'\nhots = ['a']", ":3:1: hots: there is no such option"),
        ("discovery = 'a'\nheartbeat = '0s'", ":2:13: heartbeat should be longer than nothing"),
        ("discovery = 'a'\nheartbeat = '2s'\nauthz = 'gone'", ":3:9: authz: cannot read policy"),
        (
            "discovery = 'a'\nheartbeat = '2s'\nhost = ['0.0.0.0:1']",
            ":3:9: host tcp://0.0.0.0",
        ),
    ],
)
def test_a_bad_one_changes_nothing(rig: Rig, text: str, why: str) -> None:
    (notice,) = rig.reread(text)
    assert f"{rig.path}{why}" in notice
    assert notice.endswith("; the configuration before stays in force")
    assert rig.used == [] and len(rig.part.problems()) == 1
    assert rig.reread(FIRST) == [] and rig.part.problems() == []


def test_a_file_that_is_gone_changes_nothing(rig: Rig) -> None:
    rig.path.unlink()
    rig.part.reread()
    assert "No such file" in rig.part.problem and rig.used == []


def test_files_that_options_name_are_others_business_while_nothing_changes(rig: Rig) -> None:
    """The policy's own watch tells of it."""
    policy = rig.path.parent / "policy.toml"
    policy.write_text("")
    sources = ConfigSources({}, {}, "/", str(rig.path))
    rig.path.write_text(f"{FIRST}authz = '{policy}'\n")
    part = Reconfiguration(sources, sources.read(), rig.used.append)
    policy.write_text("nonsense")
    part.reread()
    assert part.notices() == []


def test_one_after_another(tmp_path: Path) -> None:
    work: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def executor(what: Callable[[], Any]) -> Deferred[Any]:
        work.append((what, Deferred()))
        return work[-1][1]

    rig = Rig(tmp_path / "s.toml", executor)
    for text in ("heartbeat = '2s'", "heartbeat = '3s'", "heartbeat = '4s'"):
        rig.reread(f"discovery = 'a'\n{text}")
    assert len(work) == 1
    for what, done in work:
        done.callback(what())
    assert len(work) == 2
    assert [one.heartbeat for one in rig.used] == [4]


def test_what_cannot_be_used_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "s.toml")
    sources = ConfigSources({}, {}, "/", str(rig.path))
    part = Reconfiguration(sources, sources.read(), lambda new: {}["x"])
    for _ in range(2):
        rig.path.write_text("discovery = 'a'\nheartbeat = '2s'")
        part.reread()
        assert part.notices() == ["'x'; the configuration before stays in force"]
