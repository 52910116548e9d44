"""The gate itself; what it keeps out is in tests/authz/test_ways_around.py."""

from __future__ import annotations

from swarmd.authz.policy_parser import parse_policy
from tests.authz.rig import ALICE, READER, ROOT, STRANGER, GuardedRig, create
from tests.hostile.rig import logged


def test_a_denial_is_logged_and_names_the_role() -> None:
    rig = GuardedRig()
    with logged() as log:
        status, body = rig.as_(READER, "DELETE", "/containers/mine").answer()
    assert (status, "reader" in body["message"]) == (403, True)
    assert any("DELETE" in line and "containers:remove" in line for line in log)


def test_a_new_policy_counts_from_the_next_request_on() -> None:
    rig = GuardedRig()
    assert rig.status(ALICE, "GET", "/containers/mine/json") == 200
    rig.guard.replace(parse_policy(""))
    assert rig.status(ALICE, "GET", "/containers/mine/json") == 403


def test_learning_denies_nothing_and_tells() -> None:
    rig = GuardedRig('mode = "learn"')
    with logged() as log:
        body = create(Privileged=True, Binds=["/srv:/x"])
        assert rig.status(STRANGER, "POST", "/containers/create", body) == 201
        assert rig.status(ALICE, "GET", "/containers/theirs/json") == 200
    denials = [line for line in log if "would be denied" in line]
    assert any("containers:run" in line for line in denials)
    assert any("privileged" in line for line in denials)
    learnt = parse_policy(rig.guard.learner.policy())
    rig.guard.replace(learnt)
    assert rig.status(STRANGER, "POST", "/containers/create", body) == 201
    assert rig.status(STRANGER, "POST", "/containers/create", create(PidMode="host")) == 403


def test_without_a_scope_the_tree_is_the_same_for_all() -> None:
    rig = GuardedRig()
    assert len(rig.json(ROOT, "/containers/json?all=1")) == 3
    assert rig.guard._trees == {}
