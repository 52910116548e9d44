"""The systemd unit: its command line is one that swarmd takes."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest

from swarmd.config.options import Options

TEXT = (Path(__file__).parents[2] / "conf" / "swarmd.service").read_text()


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(TEXT)
    return unit["Service"]


def test_it_runs_twistd_in_the_foreground() -> None:
    words = shlex.split(service()["ExecStart"])
    assert words[1:4] == ["--nodaemon", "--pidfile=", "swarmd"]


@pytest.mark.parametrize("commented", [False, True])
def test_its_options_exist(commented: bool) -> None:
    text = TEXT.replace("\\\n#", "").replace("#   ", "") if commented else TEXT
    lines = re.findall(r"^ExecStart=\S.* swarmd (.*)$", text, flags=re.MULTILINE)
    known = {f"--{name.rstrip('=')}" for name in Options().longOpt}
    for line in lines:
        given = {word for word in line.split() if word.startswith("--")}
        assert given and given <= known
    assert len(lines) == 1 + commented


def test_it_comes_back_and_tells_when_it_is_ready() -> None:
    assert service()["Type"] == "notify"
    assert service()["Restart"] == "always"
    assert int(service()["LimitNOFILE"]) >= 65536
