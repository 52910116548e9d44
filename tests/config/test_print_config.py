from __future__ import annotations

from pathlib import Path

import pytest

from swarmd.config.configuration import ConfigSources, Configuration
from swarmd.config.option_table import CURRENT
from swarmd.config.print_config import shown
from swarmd.config.sources.config_file import parse_config
from swarmd.config.sources.given import FLAG, GivenOption


def test_each_value_with_who_gave_it(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('hosts = "hosts"\nhost = ["a:1", "b:2"]\n')
    flags = {"strategy": GivenOption("binpack", "--strategy", FLAG)}
    found = ConfigSources(flags, {"SWARMD_DEBUG": "1"}, "/", str(path)).read()
    lines = [" ".join(line.split()) for line in shown(found).splitlines()]
    assert lines[0] == f"# {path}"
    for line in (
        f'hosts = "{tmp_path}/hosts" # {path}:1',
        f'host = ["a:1", "b:2"] # {path}:2',
        'strategy = "binpack" # flag',
        "debug = true # environment: SWARMD_DEBUG",
        'heartbeat = "5s" # default',
        "max-connections = 10000 # default",
        "# log-level is not set",
        "# authz is not set",
    ):
        assert line in lines
    assert len(lines) == 1 + len(CURRENT)


def test_it_is_a_configuration_file_of_the_same_meaning() -> None:
    text = "log-level = \"warn\"\nfilter = ['health']\ntls = true\nstate-dir = '/a \"b\"'"
    found = Configuration(parse_config(text, "/f"), "/f")
    again = Configuration(parse_config(shown(found), "/f"))
    same = found.values | {"host": ["tcp://127.0.0.1:2375"], "cluster-opt": []}
    assert again.values == same
    assert shown(Configuration({})).startswith("# no configuration file\n")


@pytest.mark.parametrize("secret", ["secret", "se/secret", "se@secret", "/:secret"])
def test_no_password_is_shown(secret: str) -> None:
    given = {"discovery": GivenOption(f"ssh://ops:{secret}@a,ssh://b:22", "DISCOVERY", FLAG)}
    text = shown(Configuration(given))
    assert 'discovery = "ssh://ops:***@a,ssh://b:22"' in text and "secret" not in text
