from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarmd.config.sources.config_file import LARGEST, ConfigError, parse_config, read_config
from swarmd.config.sources.given import GivenOption


def values(text: str) -> dict[str, Any]:
    return {name: one.value for name, one in parse_config(text, "/etc/swarmd/s.toml").items()}


def test_each_kind_of_value() -> None:
    text = """
        hosts = "hosts"
        "heartbeat" = '2s'
        max-connections = 5_000
        tlsverify = true
        allow-host = []
        host = [
          "tcp://127.0.0.1:1", # one
          "unix:///run/x",
        ]
        audit-log = "journald"
        """
    assert values(text) == {
        "hosts": "/etc/swarmd/hosts",
        "heartbeat": "2s",
        "max-connections": "5000",
        "tlsverify": True,
        "allow-host": [],
        "host": ["tcp://127.0.0.1:1", "unix:///run/x"],
        "audit-log": "journald",
    }


def test_where_each_value_stands_is_kept() -> None:
    found = parse_config('\nhost =  ["a",\n"b"]', "/f")["host"]
    assert found == GivenOption(["a", "b"], "host", "/f:2", "/f:2:9", ["/f:2:10", "/f:3:1"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hartbeat = '5s'", "/f:1:1: hartbeat: there is no such option; is heartbeat meant?"),
        ("\n log_level = 'warn'", "/f:2:2: log_level: there is no such option; is log-level"),
        ("log.level = 'warn'", "/f:1:1: log.level: there is no such option; is log-level meant?"),
        ("log-level = 'warn'\nlog_level = 'warn'", "/f:2:1: log_level: there is no such option"),
        ("frobnicate = 1", "/f:1:1: frobnicate: there is no such option"),
        ("'' = 1", "/f:1:1: '': there is no such option"),
        ('"a\\u001b[2J" = 1', r"/f:1:1: a\x1b[2J: there is no such option"),
        ("debug = true\n[tls]\ncert = 1\nkey = 2", "/f:2:1: [tls]: there are no tables here"),
        ("[[host]]\na = 1", "/f:1:1: [host]: there are no tables here"),
        ("host.a = 1", "/f:1:1: host.a: there is no such option"),
        ("addr = 'x'", "/f:1:1: addr is only accepted on command lines of classic Swarm"),
        ("config = '/x'", "/f:1:1: config is for the command line only"),
        ("check-config = true", "/f:1:1: check-config is for the command line only"),
        ("logfile = 'x'", "/f:1:1: logfile is twistd's own: it stands on the command line"),
        ("tls = 'yes'", '/f:1:7: tls is true or false, as in tls = true, not "yes"'),
        ("tls = 1", "/f:1:7: tls is true or false, as in tls = true, not 1"),
        ("max-connections = '9'", "max-connections is a number, as in max-connections = 10000, no"),
        ("max-connections = true", "as in max-connections = 10000, not true"),
        ("max-connections = 1.5", "as in max-connections = 10000, not 1.5"),
        ("heartbeat = 5", '/f:1:13: heartbeat is text in quotes, as in heartbeat = "5s", not 5'),
        ("hosts = ['a']", 'hosts is text in quotes, as in hosts = "…", not a list'),
        ("hosts = {a = 1}", "not a table"),
        ("hosts = 1979-05-27", "not 1979-05-27"),
        ("host = 'a:1'", '/f:1:8: host is a list of texts in quotes, as in host = ["a:1"], not "a'),
        ("host = [1]", 'as in host = ["…"], not a list'),
        ("hosts = ''", "/f:1:9: hosts is empty: give a value, or leave the line out"),
        ("filter = ['health', ' ']", "filter is empty: give a value"),
        ('authz = "a\\u0000b"', r'authz holds a control character: "a\x00b"'),
        ("a b = 1", "/f:1:3: Expected '=' after a key"),
        ("tls = yes", "/f:1:7: Invalid value"),
        ("tls = true\n tls = true", "/f:2:2: tls is given twice, before in line 1"),
        ("tls = ", "/f:1:6: Invalid value: the file ends too early"),
        ("a = " + "[" * 2000, "/f: it is nested too deeply"),
    ],
)
def test_each_mistake_has_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "/f")
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1 and "\n" not in str(caught.value)


def test_all_mistakes_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("a = 1\nheartbeat = 5\n[x]\ny = 1", "/f")
    assert [one.partition(": ")[0] for one in caught.value.problems] == [
        *("/f:1:1", "/f:2:13", "/f:3:1"),
    ]
    assert str(caught.value).endswith("(and 2 more: --check-config)")


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbftls = true\n", b"# x\r\ntls = true\r\n", b"tls\t=\ttrue"]
)
def test_what_editors_of_other_systems_write(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(data)
    assert read_config(str(path))["tls"].value is True


def test_no_file_at_all() -> None:
    assert read_config("/dev/null") == {}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (os.mkdir, "Is a directory"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b"#" * (10 << 20)), "it is larger than 1 MiB"),
        (lambda path: path.write_bytes(b"tls = \xff"), "it is no text in UTF-8, at byte 6"),
        (lambda path: path.write_text("tls = true", "utf-16"), "it is no text in UTF-8, at byte 0"),
        (lambda path: None, "No such file"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, place: Callable[[Path], Any], said: str) -> None:
    path = tmp_path / "s.toml"
    place(path)
    with pytest.raises(ConfigError) as caught:
        read_config(str(path))
    assert str(caught.value).startswith(f"cannot read configuration {path}: ")
    assert said in str(caught.value)
    assert caught.value.missing == (said == "No such file")


def test_the_largest_that_is_taken_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("host = [\n" + "'a:1',\n" * ((LARGEST - 20) // 7) + "]")
    assert len(read_config(str(path))["host"].items) > 100_000
