from __future__ import annotations

import re
from ipaddress import ip_network

import pytest

from swarmd.authz.policy import AllowedPorts, Glob, Limits, Quota
from swarmd.authz.policy_parser import parse_policy
from swarmd.core.request.scope import Scope

GOOD = """
mode = "learn"
[[identity]]
cn = "alice"
ou = ["ml", "x"]
san = "DNS:*"
uid = 0
gid = [1, 2]
network = ["10.0.0.0/8", "::1"]
roles = ["a"]
[role.a]
allow = ["read", "images:*", "containers:exec"]
scope = "team=ml"
[role.a.create]
privileged = true
host = ["network"]
capabilities = ["cap_net_admin"]
binds = ["/srv/", "/"]
ports = ["80", "8000-8999/udp"]
images = ["busybox:*"]
subnets = ["10.9.0.0/16", "fd00::/8"]
[role.a.quota]
containers = 3
cpus = 1.5
memory = "2g"
gpus = 1
[role.b]
create = "anything"
"""


def test_a_whole_policy() -> None:
    policy = parse_policy(GOOD)
    (who,), role = policy.who, policy.roles["a"]
    assert policy.learn and who.roles == ("a",)
    assert (who.cn, who.ou) == ((Glob("alice"),), (Glob("ml"), Glob("x")))
    assert (who.uid, who.gid) == (frozenset({0}), frozenset({1, 2}))
    assert who.network == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert role.scope == Scope("team", "ml") and "images:*" in role.allow
    assert role.limits == Limits(
        privileged=True,
        host=frozenset({"network"}),
        capabilities=frozenset({"NET_ADMIN"}),
        binds=("/srv", "/"),
        ports=(AllowedPorts(80, 80), AllowedPorts(8000, 8999, "udp")),
        images=(Glob("busybox:*"),),
        subnets=(ip_network("10.9.0.0/16"), ip_network("fd00::/8")),
    )
    assert role.quota == Quota(3, 1_500_000_000, 2 << 30, 1)
    assert policy.roles["b"].limits is None and policy.roles["b"].allow == frozenset()


def test_nothing_allows_nothing() -> None:
    policy = parse_policy("")
    assert policy.who == () and not policy.learn


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ]", "line 1"),
        ("nonsense = 1", "nonsense: unknown key"),
        ('mode = "off"', "mode: 'off'"),
        ("[identity]\ncn='a'", "identity: write [[identity]]"),
        ("[[identity]]\ncn='a'", "identity 1: roles are missing"),
        ("[[identity]]\ncn='a'\nroles=['x']", "identity 1.roles: there is no role 'x'"),
        ("[role.x]\n[[identity]]\nroles=['x']", "identity 1: say who it is"),
        ("[role.x]\n[[identity]]\ncn=[]\nroles=['x']", "identity 1.cn: a text"),
        ("[role.x]\n[[identity]]\nuid=true\nroles=['x']", "identity 1.uid: a number"),
        ("[role.x]\n[[identity]]\nnetwork='x'\nroles=['x']", "identity 1.network: 'x'"),
        ("[role.x]\n[[identity]]\ncm='x'\nroles=['x']", "identity 1.cm: unknown key"),
        ("role = 1", "role: a table"),
        ("[role.'a b']", "role.a b: a role's name"),
        ("[role.x]\nalow=[]", "role.x.alow: unknown key; known are allow"),
        ("[role.x]\nallow=['fly']", "role.x.allow: 'fly' is no right"),
        ("[role.x]\nallow=['fly:read']", "role.x.allow: 'fly:read' is no right"),
        ("[role.x]\nscope='ml'", "role.x.scope: a label"),
        ("[role.x]\nscope='a=b\\n'", "role.x.scope: a label"),
        ("[role.x]\ncreate='all'", "role.x.create: a table"),
        ("[role.x.create]\nprivileged=1", "role.x.create.privileged: true or false"),
        ("[role.x.create]\nbinds=['srv']", "role.x.create.binds: 'srv'"),
        ("[role.x.create]\nbinds=['/a/../b']", "role.x.create.binds: '/a/../b'"),
        ("[role.x.create]\nports=['0']", "role.x.create.ports: '0'"),
        ("[role.x.create]\nports=['9-8']", "role.x.create.ports: '9-8'"),
        ("[role.x.create]\nports=['70000']", "role.x.create.ports: '70000'"),
        ("[role.x.create]\nsubnets=['10.9.0.1/16']", "role.x.create.subnets: 10.9.0.1/16 has host"),
        ("[role.x.create]\nhost=['net']", "role.x.create.host: 'net'"),
        ("[role.x.quota]\nmemory='lots'", "role.x.quota.memory: a size"),
        ("[role.x.quota]\nmemory=true", "role.x.quota.memory: a size"),
        ("[role.x.quota]\ncpus=-1", "role.x.quota.cpus: a number"),
        ("[role.x.quota]\ncpus=nan", "role.x.quota.cpus: a number"),
        ("[role.x.quota_each]\ngpus=1.5", "role.x.quota_each.gpus: a whole number"),
    ],
)
def test_every_mistake_has_its_place(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_policy(text)
