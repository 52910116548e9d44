from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.task import Clock

from swarmd.discovery.entry import Entry
from swarmd.discovery.hosts_watch import HostsFile
from swarmd.discovery.node_list import NodeList
from swarmd.discovery.registered import registry
from swarmd.discovery.source import check, is_polled, make_source, normalise


def addresses_of(url: str, default_port: int = 2375) -> list[str]:
    entries: list[Entry] = []
    source = make_source(url, Clock(), entries.extend, pytest.fail, default_port)
    source.startService()
    source.stopService()
    return [entry.address for entry in entries]


def test_a_hosts_file(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("a\n")
    assert addresses_of(f"file://{tmp_path}/hosts", 2376) == ["a:2376"]


@pytest.mark.parametrize("url", ["nodes://a:1,b", "a:1,b", "tcp://a:1,b", "a:1,tcp://b"])
def test_a_list(url: str) -> None:
    assert addresses_of(url) == ["a:1", "b:2375"]


@pytest.mark.parametrize(
    ("url", "kind"), [("file:///x", HostsFile), ("unix:///x", NodeList), ("ssh://x", NodeList)]
)
def test_kinds(url: str, kind: type) -> None:
    assert isinstance(make_source(url, Clock(), pytest.fail, pytest.fail), kind)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("etcd:///b", "etcd:///b: an endpoint without a host"),
        ("etcd://a:x/b", "etcd://a:x/b: "),
        ("consul://a/b c", "consul://a/b c: 'b c' is no key"),
        ("zk://me:secret@a,b/c", "zk://a,b/c: a log-in is given by a file, not in the URL"),
        ("dns+srv://", "dns+srv:// names nothing"),
        ("dns+srv://a b", "'a b' is no name of SRV records"),
        ("dns+srv://x:y/_docker._tcp.example.com", "x:y"),
        ("token://abc", "the token service was shut down in 2019"),
        ("foo://a", "discovery service 'foo' not supported"),
        ("http://a", "discovery service 'http' not supported"),
        ("file://", "file:// names nothing"),
        ("nodes://", "nodes:// names nothing"),
        ("a,,b", "has an empty place"),
        ("file:///nowhere/hosts", "cannot read hosts file /nowhere/hosts: No such file"),
    ],
)
def test_what_cannot_be_discovered(url: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:
        check(url)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["etcd://a,b:1/c/d", "consul://a", "zk://[::1]:2181", "dns+srv://_docker._tcp.example.com"],
)
def test_who_has_to_be_asked_is_not_asked_at_first(url: str) -> None:
    check(url)
    assert is_polled(url)
    assert normalise(url) == url


@pytest.mark.parametrize("url", ["a", "nodes://a", "file:///x"])
def test_who_need_not_be_asked(url: str) -> None:
    assert not is_polled(url)


def test_files_of_a_store_are_looked_at() -> None:
    with pytest.raises(ValueError, match="log-in in /none: No such file"):
        check("etcd://a", registry=registry(["kv.loginfile=/none"]))


def test_bad_lines_do_not_keep_a_hosts_file_from_being_used(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("a b c\n")
    check(f"file://{tmp_path}/hosts")


def test_a_folder_is_no_hosts_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Is a directory"):
        check(f"file://{tmp_path}")


def test_relative_paths_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert normalise("file://hosts") == f"file://{tmp_path}/hosts"
    assert normalise("file:///etc/hosts") == "file:///etc/hosts"
    assert normalise("a,b") == "nodes://a,b"
