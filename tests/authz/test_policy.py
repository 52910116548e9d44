from __future__ import annotations

from ipaddress import ip_network

import pytest

from swarmd.authz.policy import Glob, Policy, Role, Who, allowed, denial
from swarmd.authz.rights import BUILDKIT, UNKNOWN, Right
from swarmd.core.request.identity import Identity
from swarmd.core.request.scope import Scope

READ, EXEC = Right("containers", "read", True), Right("containers", "exec", True)


@pytest.mark.parametrize(
    ("glob", "value", "fits"),
    [
        ("a.b", "a.b", True),
        ("a.b", "axb", False),
        ("reg/*", "reg/a", True),
        ("reg/*", "reg/a/b", False),
        ("reg/**", "reg/a/b:1", True),
        ("*:1", "a:1", True),
        ("alice", "alice\n", False),
        ("*", "", True),
    ],
)
def test_globs(glob: str, value: str, fits: bool) -> None:
    assert Glob(glob).fits(value) is fits


def test_every_condition_must_hold() -> None:
    who = Who(
        ("r",),
        cn=(Glob("a*"),),
        ou=(Glob("ml"),),
        san=(Glob("DNS:*.x"),),
        network=(ip_network("10.0.0.0/8"), ip_network("::1/128")),
    )
    fit = Identity("alice", ("hr", "ml"), ("DNS:a.x",), address="10.1.1.1")
    assert who.fits(fit)
    for changed in (
        Identity("bob", fit.units, fit.names, address=fit.address),
        Identity("", fit.units, fit.names, address=fit.address),
        Identity("alice", ("hr",), fit.names, address=fit.address),
        Identity("alice", fit.units, ("DNS:a.y",), address=fit.address),
        Identity("alice", fit.units, fit.names, address="11.1.1.1"),
        Identity("alice", fit.units, fit.names),
    ):
        assert not who.fits(changed)


def test_users_and_groups_and_mapped_addresses() -> None:
    assert Who(("r",), uid=frozenset({0})).fits(Identity(uid=0))
    assert not Who(("r",), uid=frozenset({0})).fits(Identity())
    assert Who(("r",), gid=frozenset({5})).fits(Identity(uid=1, gids=(4, 5)))
    near = Who(("r",), network=(ip_network("10.0.0.0/8"),))
    assert near.fits(Identity(address="::ffff:10.0.0.1"))
    assert not near.fits(Identity(address="fe80::1%eth0"))


def test_rights_by_verb_and_noun() -> None:
    assert Role("r", frozenset({"read"})).allows(READ)
    assert not Role("r", frozenset({"read"})).allows(EXEC)
    assert Role("r", frozenset({"containers:*"})).allows(EXEC)
    assert Role("r", frozenset({"containers:exec"})).allows(EXEC)
    assert Role("r", frozenset({"*"})).allows(UNKNOWN)
    assert not Role("r", frozenset({"*"}), Scope("a", "b")).allows(UNKNOWN)


def test_buildkit_is_named_by_a_role_with_limits() -> None:
    """Its calls bring the host's network and devices, whatever ``create`` says."""
    for word in ("*", "images:*"):
        assert not Role("r", frozenset({word})).allows(BUILDKIT)
        assert Role("r", frozenset({word}), limits=None).allows(BUILDKIT)
    for word in ("buildkit", "images:buildkit"):
        assert Role("r", frozenset({word})).allows(BUILDKIT)
        assert not Role("r", frozenset({word}), Scope("a", "b")).allows(BUILDKIT)
    said = denial(Identity("alice"), BUILDKIT, (Role("r", frozenset({"*"})),))
    assert said.endswith("beyond what the role may create: allow has to name it")


def test_the_first_role_that_allows_it_counts() -> None:
    ml = Role("ml", frozenset({"read"}), Scope("team", "ml"))
    admin = Role("admin", frozenset({"*"}))
    who = (Who(("ml",), ou=(Glob("ml"),)), Who(("admin", "ml"), cn=(Glob("alice"),)))
    policy = Policy(who, {"ml": ml, "admin": admin})
    alice = Identity("alice", ("ml",))
    assert policy.roles_of(alice) == (ml, admin)
    assert policy.role_for(alice, READ) is ml
    assert policy.role_for(alice, EXEC) is admin
    assert policy.role_for(Identity(), READ) is None


def test_what_one_of_several_roles_allows_is_allowed() -> None:
    scoped = Role("a", frozenset({"*"}), Scope("team", "a"))
    reader = Role("b", frozenset({"fleet:read"}))
    assert allowed((scoped,), "containers", "logs") and not allowed((scoped,), "fleet", "read")
    assert allowed((scoped, reader), "fleet", "read") and not allowed((), "system", "read")
    assert not allowed((reader,), "no", "right")


def test_words() -> None:
    alice, scope = Identity("alice"), Scope("a", "b")
    assert denial(alice, EXEC, ()) == (
        "denied by policy: alice has no role; containers:exec is needed"
    )
    one = (Role("r", frozenset()),)
    assert denial(alice, EXEC, one) == (
        "denied by policy: alice has the role r, and containers:exec is not allowed"
    )
    scoped = (Role("r", frozenset({"*"}), scope),)
    assert "unknown:admin reaches beyond a scope" in denial(alice, UNKNOWN, scoped)
