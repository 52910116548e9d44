from __future__ import annotations

from swarmd.authz import other
from swarmd.authz.policy import Glob, Limits

NONE = Limits()


def test_builds() -> None:
    ok = {"networkmode": ["default"], "t": ["a"]}
    assert list(other.judge_build(ok, NONE)) == []
    for query in ({"networkmode": ["host"]}, {"networkmode": ["x"]}, {"remote": ["u"]}):
        assert list(other.judge_build(query, NONE)), query
    host = Limits(host=frozenset({"network"}))
    assert list(other.judge_build({"networkmode": ["host"]}, host)) == []


def test_pulls_and_imports() -> None:
    some = Limits(images=(Glob("a:*"),))
    assert list(other.judge_pull({"fromImage": ["a"], "tag": ["1"]}, some)) == []
    assert list(other.judge_pull({"fromImage": ["b"], "tag": ["1"]}, some))
    assert list(other.judge_pull({"fromSrc": ["-"], "repo": ["b"]}, some))
    assert list(other.judge_pull({"fromSrc": ["http://x"]}, NONE))
    assert list(other.judge_pull({"fromSrc": ["-"], "repo": ["b"]}, NONE)) == []


def test_networks_volumes_exec_update() -> None:
    assert list(other.judge_network_create({"Name": "a"}, NONE)) == []
    assert list(other.judge_network_create({"IPAM": {"Driver": "default"}}, NONE)) == []
    assert list(other.judge_network_create({"IPAM": {"Driver": "x"}}, NONE))
    assert list(other.judge_volume({"Name": "a"}, NONE)) == []
    assert list(other.judge_exec({"Privileged": False}, NONE)) == []
    assert list(other.judge_update({"Memory": 1}, NONE)) == []
    assert list(other.judge_connect("a", {"EndpointConfig": {"DriverOpts": {"a": "b"}}}, NONE))


def test_checkpoints_have_no_folder_of_their_own() -> None:
    assert list(other.judge_checkpoint({"dir": [""]}, {"CheckpointID": "a"})) == []
    assert list(other.judge_checkpoint({"dir": ["/etc"]}, {}))
    assert list(other.judge_checkpoint({}, {"CheckpointDir": "/etc"}))
