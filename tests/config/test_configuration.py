from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.config import configuration
from swarmd.config.configuration import ConfigSources
from swarmd.config.sources.config_file import ConfigError
from swarmd.config.sources.given import FLAG, GivenOption


@pytest.fixture
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "usual.toml"
    monkeypatch.setattr(configuration, "USUAL", str(path))
    return path


def sources(folder: Path, config: str | None = None, **environ: str) -> ConfigSources:
    flags = {"strategy": GivenOption("random", "--strategy", FLAG)}
    return ConfigSources(flags, environ, str(folder), config)


def test_flags_before_the_environment_before_the_file(tmp_path: Path, usual: Path) -> None:
    usual.write_text(
        "strategy = 'binpack'\nheartbeat = '3s'\nreschedule-grace = '4s'\nhost = ['a:1']\n"
    )
    found = sources(tmp_path, SWARMD_HEARTBEAT="2s", SWARMD_STRATEGY="x", SWARM_HOST="b:1").read()
    assert found.file == str(usual)
    assert found.values["strategy"] == "random"
    assert found.values["heartbeat"] == "2s"
    assert found.values["reschedule-grace"] == "4s"
    assert found.values["host"] == ["b:1"]
    assert found.values["volume-scope"] == "one"


def test_swarmds_own_variables_before_those_of_classic_swarm(tmp_path: Path, usual: Path) -> None:
    environ = {"SWARMD_HOSTS": "/h", "SWARM_DISCOVERY": "nodes://b"}
    found = sources(tmp_path, **environ).read()
    assert (found.values["hosts"], found.values["discovery"], found.file) == ("/h", "", "")


def test_only_a_file_that_nobody_named_may_be_missing(tmp_path: Path, usual: Path) -> None:
    assert sources(tmp_path).read().file == ""
    for missing in (
        lambda: sources(tmp_path, "other.toml").read(),
        lambda: sources(tmp_path, SWARMD_CONFIG="other.toml").read(),
        lambda: sources(tmp_path).read(missing=False),
    ):
        with pytest.raises(ConfigError, match=f"cannot read configuration {tmp_path}/"):
            missing()


def test_which_file_it_is(tmp_path: Path, usual: Path) -> None:
    usual.write_text("nonsense")
    other = tmp_path / "other.toml"
    other.write_text("heartbeat = '7s'")
    for one in (
        sources(tmp_path, "other.toml"),
        sources(tmp_path, SWARMD_CONFIG=str(other)),
        sources(tmp_path, "other.toml", SWARMD_CONFIG="/gone"),
    ):
        assert one.read().values["heartbeat"] == "7s"
    assert sources(tmp_path, "/dev/null").read().file == ""
    with pytest.raises(ConfigError, match=r"usual\.toml:1:9: Expected '='"):
        sources(tmp_path).read()


def test_a_refused_value_is_told_with_its_place(tmp_path: Path, usual: Path) -> None:
    usual.write_text("heartbeat = 'x'")
    found = sources(tmp_path).read()
    assert found.explained(ValueError("--heartbeat: no")) == f"{usual}:1:13: heartbeat: no"


def test_what_should_be_known(tmp_path: Path) -> None:
    assert len(sources(tmp_path, SWARMD_X="1").remarks()) == 1
