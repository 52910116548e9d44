from __future__ import annotations

from pathlib import Path

from swarmd.api.access.guard import Guard
from swarmd.api.routing.resource import Noun
from swarmd.authz.rights import Right
from swarmd.front.site import DockerSite
from swarmd.manager.fleet.fleet import Fleet
from swarmd.service.authorization import Authorization
from tests.api.rig import Client
from tests.authz.rig import ALICE, POLICY, GuardedRig
from tests.front.memory import COMMON


def test_a_tree_for_each_scope_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(POLICY)
    rig, made = GuardedRig(), []

    def tree(seen: Fleet) -> Noun:
        made.append(seen)
        return Noun()

    authorization = Authorization(str(path), rig.clock, rig.fleet, Noun(), tree)
    guard: Guard = authorization.guard
    role = guard.policy.roles_of(ALICE)[0]
    assert guard._tree(role, False) is guard._tree(role, False)
    assert guard._tree(role, True) is not guard._tree(role, False)
    assert [seen.scope for seen in made] == [role.scope, role.scope]
    path.write_text("bad")
    authorization.reread()
    assert any("stays in force" in text for text in rig.fleet.notices())


def test_what_was_learnt_is_told_as_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(POLICY)
    rig, own = GuardedRig(), Noun()
    authorization = Authorization(str(path), rig.clock, rig.fleet, own, lambda seen: Noun())
    authorization.guard.learner.saw(ALICE, Right("containers", "run"))
    own.add("policy", GET=authorization.learned)
    client = Client(DockerSite(own, rig.clock, lambda: COMMON))
    client.send("GET", "/policy")
    assert b'allow = ["containers:run"]' in client.whole()[1]
