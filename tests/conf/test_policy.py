"""The example policy is one, and says what its comments say."""

from __future__ import annotations

from pathlib import Path

from swarmd.authz.rights import RIGHTS
from swarmd.config.policy_file import read_policy
from swarmd.core.request.identity import Identity

POLICY = Path(__file__).resolve().parents[2] / "conf" / "policy.toml"


def test_the_example_parses_and_gives_what_it_says() -> None:
    policy = read_policy(str(POLICY))
    names = [[r.name for r in policy.roles_of(who)] for who in (
        Identity("admin"), Identity(uid=0), Identity("a", ("ml",)),
        Identity("b", ("web",), address="10.1.1.1"), Identity("b", ("web",), address="11.1.1.1"),
    )]  # fmt: skip
    assert names == [["admin"], ["admin"], ["ml"], ["web"], []]
    assert all(policy.roles["admin"].allows(right) for right in RIGHTS)
