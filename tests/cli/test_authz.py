from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarmd.cli.authz import as_json, check, identity_of, run, shown
from swarmd.core.request.identity import Identity
from tests.authz.rig import POLICY


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    return str(path)


def test_a_table_of_rights(policy: str) -> None:
    text, allowed = answer(policy)
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()}
    assert allowed and rows["RIGHT"][:3] == ["admin", "ml", "(team=ml)"]
    assert rows["containers:run"] == ["yes", "yes", "yes", "yes", "-", "yes"]
    assert rows["fleet:admin"] == ["yes", "-", "-", "-", "-", "yes"]
    text, _ = answer(policy, "cn=alice")
    assert text.splitlines()[0].split() == ["RIGHT", "ml", "(team=ml)"]


def test_who_asks() -> None:
    given = ["cn=a", "ou=b", "ou=c", "san=DNS:d", "uid=1", "gid=2", "gid=3", "address=::1"]
    assert identity_of(given) == Identity("a", ("b", "c"), ("DNS:d",), 1, (2, 3), "::1")


def answer(policy: str, *words: str) -> tuple[str, bool]:
    found = check(policy, words)
    return shown(found), found.allowed


def test_single_calls(policy: str, tmp_path: Path) -> None:
    assert answer(policy, "cn=eve") == ("eve has no role", False)
    may = answer(policy, "cn=alice", "POST", "/v1.41/containers/x/exec")
    assert may == ("allowed by role ml as containers:exec within team=ml", True)
    text, allowed = answer(policy, "ou=audit", "POST", "/containers/x/exec")
    assert not allowed and "containers:exec is not allowed" in text
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"Image": "busybox", "HostConfig": {"Privileged": True}}))
    create = ["POST", "/containers/create", str(body)]
    text, allowed = answer(policy, "cn=alice", *create)
    assert not allowed and "role.ml.create.privileged" in text
    assert answer(policy, "cn=root", *create)[1]
    body.write_text("[]")
    assert not answer(policy, "cn=alice", *create)[1]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([], 2),
        (["--help"], 0),
        (["check", "{policy}"], 0),
        (["check", "{policy}", "cn=eve"], 1),
        (["check", "{policy}", "cn=eve", "GET"], 2),
        (["check", "/no/such"], 1),
    ],
)
def test_how_it_ends(policy: str, words: list[str], status: int) -> None:
    with pytest.raises(SystemExit) as ended:
        run([word.format(policy=policy) for word in words])
    assert ended.value.code == status


def test_as_json(policy: str) -> None:
    found = json.loads(as_json(check(policy, ["cn=alice"])))
    (role,) = found["Roles"]
    assert found["Allowed"] and (role["Name"], role["Scope"]) == ("ml", "team=ml")
    assert "containers:exec" in role["Rights"]
    found = json.loads(as_json(check(policy, ["cn=eve"])))
    assert found == {"Allowed": False, "Roles": [], "Reasons": ["eve has no role"]}
