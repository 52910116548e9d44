from __future__ import annotations

from swarmd.authz.learning import Learner
from swarmd.authz.policy_parser import parse_policy
from swarmd.authz.rights import Right
from swarmd.core.request.identity import Identity


def test_the_policy_that_it_prints_would_have_allowed_it() -> None:
    learner = Learner()
    run = Right("containers", "run", True)
    who = [
        Identity('al"ice'),
        Identity(names=("DNS:a",)),
        Identity(uid=5),
        Identity(address="10.0.0.1"),
    ]
    for one in who:
        learner.saw(one, run)
    learner.found(who[0], "privileged", True)
    learner.found(who[0], "binds", "/srv")
    learner.found(who[0], "", "nothing allows it")
    learner.found(Identity("never seen"), "binds", "/")
    policy = parse_policy(learner.policy())
    for one in who:
        role = policy.role_for(one, run)
        assert role is not None
    limits = policy.role_for(who[0], run).limits  # type: ignore[union-attr]
    assert limits is not None and limits.privileged and limits.binds == ("/srv",)
