"""An image has many names; whoever may not have it may have it by none of them.

``secret:1`` is team web's, ``cafe:1`` too; ``tool:1`` is ALICE's own; busybox is everybody's.
"""

from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster import actions
from swarmd.core.request.identity import Identity
from tests.authz.rig import ALICE, BUSYBOX, DAVE, ERIN, ML, ROOT, GuardedRig, create, inspected

SECRET, TOOL, CAFE = ("sha256:" + start * 16 for start in ("5ec0", "7001", "ab01"))
PUSHED = "sha256:" + "d1" * 32  # a digest
FREE = "sha256:" + "d2" * 32
MINE = Identity(common_name="mine")
POLICY = """
[[identity]]
cn = "mine"
roles = ["named"]
[role.named]
allow = ["*"]
[role.named.create]
images = ["busybox", "5ec*", "*:9"]
"""


def listed(one: str, labels: dict[str, str], *refs: str) -> dict[str, Any]:
    kinds = {
        "RepoDigests": [r for r in refs if "@" in r],
        "RepoTags": [r for r in refs if "@" not in r],
    }
    return {"Id": one, "Created": 1, "Labels": labels, "ParentId": "", **kinds}


@pytest.fixture
def rig(rig: GuardedRig) -> GuardedRig:
    web, ml = {"team": "web"}, {"team": "ml"}
    images = [
        listed(SECRET, web, "secret:1", f"secret@{PUSHED}", "reg.io:5000/secret:latest"),
        listed(TOOL, ml, "tool:1"),
        listed(CAFE, web, "cafe:latest", "localhost/app:1"),
        listed(BUSYBOX, {}, "busybox:latest", f"busybox@{FREE}"),
    ]
    for number in (1, 2):
        key, at = rig.engine(number).key, rig.clock.seconds()
        rig.fleet.dispatch(actions.ImagesListed(key, images, at))
    return rig


SECRETS = [
    *("secret:1", "library/secret:1", "docker.io/secret:1", "docker.io/library/secret:1"),
    *("index.docker.io/secret:1", "index.docker.io/library/secret:1"),
    *(f"secret@{PUSHED}", f"library/secret@{PUSHED}", f"docker.io/secret:7@{PUSHED}"),
    *("reg.io:5000/secret", "reg.io:5000/secret:latest"),
    *(SECRET, SECRET[7:], SECRET[:15], SECRET[7:19], SECRET[7:8], "sha256:5"),
    *("cafe", "library/cafe", "docker.io/cafe:latest"),
]


@pytest.mark.parametrize("who", [ALICE, ERIN])
@pytest.mark.parametrize("ref", SECRETS)
def test_no_spelling_leads_to_anothers_image(rig: GuardedRig, who: Identity, ref: str) -> None:
    """ALICE may have but a few images of nobody's, ERIN all of them."""
    body = {**create(), "Image": ref}
    assert rig.status(who, "POST", "/containers/create", body) in (403, 404)
    mount = {"Type": "image", "Source": ref, "Target": "/x"}
    body = create(Mounts=[mount])
    assert rig.status(ERIN, "POST", "/containers/create", body) in (400, 404)
    for action in ("json", "history", "get"):
        assert rig.status(who, "GET", f"/images/{ref}/{action}") == 404, action
    assert rig.status(who, "GET", f"/images/get?names={ref}") == 404
    assert rig.status(who, "POST", f"/images/{ref}/tag?repo=mine") == 404
    assert rig.status(who, "DELETE", f"/images/{ref}?force=1") == 404
    assert rig.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/images/tool:1/tag?repo={}&tag={}"),
        ("POST", "/images/tool:1/tag?repo={}:x&tag={}"),  # the tag beside replaces the one within
        ("POST", "/images/tool:1/tag?repo={}:{}"),
        ("POST", "/commit?container=mine&repo={}&tag={}"),
        ("POST", "/commit?container=mine&repo={}:x&tag={}"),
        ("POST", "/images/create?fromSrc=-&repo={}&tag={}"),
        ("POST", "/images/create?fromSrc=-&repo={}:x&tag={}"),
        ("POST", "/images/create?fromSrc=-&repo={}:{}"),
        ("POST", "/build?t={}:{}"),
        ("POST", "/build?t=free&t={}:{}"),
    ],
)
@pytest.mark.parametrize(
    ("repository", "tag"),
    [
        *(
            (f"{domain}secret", "1")
            for domain in ("", "library/", "docker.io/", "docker.io/library/")
        ),
        *((f"{domain}busybox", "latest") for domain in ("library/", "index.docker.io/library/")),
        ("docker.io/localhost/app", "1"),  # for some engines this is localhost/app:1
        ("reg.io:5000/secret", "latest"),
    ],
)
def test_no_spelling_moves_anothers_name(
    rig: GuardedRig, method: str, path: str, repository: str, tag: str
) -> None:
    assert rig.status(ERIN, method, path.format(repository, tag)) == 409
    assert rig.asked == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/images/tool:1/tag?repo=busybox@{FREE}&tag=latest", 400),  # old engines: busybox:latest
        ("/images/tool:1/tag?repo=Busybox", 400),
        ("/images/tool:1/tag?repo=busybox&tag=-", 400),
        ("/build?t=busybox:", 400),
        ("/images/secret:x/push?tag=1", 404),  # would be secret:1
        ("/images/library/secret/push?tag=1", 404),
        ("/images/reg.io:5000/secret:x/push?tag=latest", 404),
        ("/images/create?fromImage=secret&tag=1", 404),
        ("/images/create?fromImage=secret:x&tag=1", 404),
        ("/images/create?fromImage=library/secret:1", 404),
        (f"/images/create?fromImage=docker.io/library/secret&tag={PUSHED}", 404),
        ("/images/create?fromImage=secret", 404),  # all of its tags
        ("/images/create?fromImage=library/secret:", 404),
        ("/images/create?fromImage=secret:1&fromSrc=-&repo=free", 404),  # a pull, for an engine
    ],
)
def test_what_an_engine_would_take_for_anothers_name(
    rig: GuardedRig, path: str, status: int
) -> None:
    assert rig.status(ERIN, "POST", path) == status
    assert rig.asked == []


@pytest.mark.parametrize("ref", ["sha256:3f", "3f" * 32, "sha256:" + "3f" * 32])
def test_no_id_finds_what_is_not_listed(rig: GuardedRig, ref: str) -> None:
    """Engines do not list what images were built on, yet find it by its ID, however short."""
    assert rig.status(ERIN, "POST", "/containers/create", {**create(), "Image": ref}) == 404
    assert rig.asked == []


@pytest.mark.parametrize("ref", ["3f", "deed"])
def test_what_may_be_a_name_goes_out_as_nothing_else(rig: GuardedRig, ref: str) -> None:
    assert rig.status(ERIN, "POST", "/containers/create", {**create(), "Image": ref}) == 201
    assert rig.sent("POST", "/containers/create")["Image"] == f"{ref}:latest"


@pytest.mark.parametrize("who", [ALICE, ERIN])
@pytest.mark.parametrize(
    ("ref", "sent"),
    [
        *((ref, ref) for ref in ("busybox", "library/busybox:latest", f"busybox@{FREE}")),
        *((ref, ref) for ref in (f"docker.io/library/busybox:9@{FREE}", "tool:1", BUSYBOX)),
        *((ref, BUSYBOX) for ref in (BUSYBOX[7:], BUSYBOX[7:19], BUSYBOX[:15], BUSYBOX[7:9])),
        *((ref, TOOL) for ref in (TOOL[7:], TOOL[7:11])),
    ],
)
def test_what_is_allowed_is_so_by_all_its_names(
    rig: GuardedRig, who: Identity, ref: str, sent: str
) -> None:
    """ALICE may have ``busybox:*`` and her own; an ID goes to the engine whole."""
    body = {**create(), "Image": ref}
    assert rig.status(who, "POST", "/containers/create", body) == 201
    assert rig.sent("POST", "/containers/create")["Image"] == sent


@pytest.mark.parametrize("ref", [SECRET, SECRET[7:], "5ec", "sha256:5ec0", "5ec0"])
def test_a_pattern_is_for_names(rig: GuardedRig, ref: str) -> None:
    """MINE may have ``5ec*`` by name, and what that is the ID of is another thing."""
    other = GuardedRig(POLICY)
    key, at = other.engine(1).key, other.clock.seconds()
    image = listed(SECRET, {}, "secret:1")
    other.fleet.dispatch(actions.ImagesListed(key, [image], at))
    body = {**create(), "Image": ref}
    assert other.status(MINE, "POST", "/containers/create", body) == 403
    other.fleet.dispatch(actions.ImagesListed(key, [{**image, "RepoTags": ["x:9"]}], at + 1))
    assert other.status(MINE, "POST", "/containers/create", body) == 201
    assert other.sent("POST", "/containers/create")["Image"] == SECRET


@pytest.mark.parametrize("who", [ROOT, DAVE, ERIN, ALICE])
@pytest.mark.parametrize("ref", ["Busybox", "busybox:", "a b", "busybox@sha256:1", "../busybox"])
def test_what_no_engine_takes_is_refused_as_by_one(
    rig: GuardedRig, who: Identity, ref: str
) -> None:
    status, answer = rig.as_(who, "POST", "/containers/create", {**create(), "Image": ref}).answer()
    assert status == 400 and answer["message"].startswith("invalid reference format")
    assert rig.asked == []


@pytest.mark.parametrize(
    ("ref", "has", "status"),
    [
        (BUSYBOX, BUSYBOX, 204),
        (BUSYBOX[:19], BUSYBOX, 204),
        ("busybox:latest", SECRET, 204),  # as it was made, whatever the name means now
        (SECRET, SECRET, 403),
        ("secret:1", SECRET, 403),
    ],
)
def test_what_a_container_was_made_from_is_judged_alike(
    rig: GuardedRig, ref: str, has: str, status: int
) -> None:
    rig.show(inspected(ML, "mine", ref, Labels={"team": "ml"}), image=has)
    assert rig.status(ALICE, "POST", "/containers/mine/start") == status
