"""What the head of one request may cost: every list of a query at its bound, and large headers."""

from __future__ import annotations

import base64
import gc
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from swarmd.api.build import Build
from swarmd.codec import head
from swarmd.config.settings import Settings
from swarmd.core.request.bounds import ENTRIES, FILTER_VALUES, MOST, PARAMETERS
from swarmd.manager.builds.base_images import BaseImages
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.fleet.placer import Placer
from swarmd.scheduler.registry import make_policy
from swarmd.service.operations import Operations
from tests.authz.rig import ALICE, BOB, ERIN, ROOT
from tests.hostile.metered import Metered, held

ALL = (ROOT, ALICE, BOB, ERIN)


@pytest.fixture(scope="module", autouse=True)
def rare_collection() -> Iterator[None]:
    """As in the service: a search among a test's own objects is no matter of the request."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Whole(Metered):
    """With builds, nodes and explanations."""

    def __init__(self) -> None:
        super().__init__()
        placer = Placer(self.fleet, make_policy(), lambda: 0)
        builders = Builders(self.fleet, self.clock)

        def complete(seen: Any, tree: Any) -> tuple[Any, Any]:
            builds = BuildPlacement(seen, placer, builders, self.clock)
            bases = BaseImages(seen, self.supply)
            Build(seen, builds, builders, self.distributor, bases, OwnImages()).attach(tree)
            return seen, tree

        make_tree = self.guard._make_tree
        self.guard._make_tree = lambda role, strict: complete(*make_tree(role, strict))
        root: Any = self.guard._root
        complete(self.fleet, root)
        self.operations = Operations(
            Settings("nodes://a"), self.clock, random.Random(0), self.fleet, self.creator(),
            placer, self.plans, self.local,
        )  # fmt: skip
        self.operations.attach(root)


@pytest.fixture(scope="module")
def rig() -> Whole:
    return Whole()


def _json(value: Any) -> str:
    """As short as it can be said, since heads are 64 KiB."""
    return quote(orjson.dumps(value).decode(), safe='{}[]":,')


_LISTS = [
    ("labels", MOST["Labels"]),
    *((name, ENTRIES) for name in ("buildargs", "cachefrom", "ulimits", "outputs")),
]


@pytest.mark.parametrize(("name", "most"), _LISTS)
def test_what_builds_are_told_in_json(
    rig: Whole, name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine takes heads of a mebibyte, of which a scoped role's may become more than came."""
    monkeypatch.setattr(head, "MAX_HEAD", 1 << 20)

    def value(count: int) -> Any:
        texts = [f"x{n}" for n in range(count)]
        return dict.fromkeys(texts, "") if name in ("buildargs", "labels") else texts

    assert len(_json(value(most + 1))) < 64_000
    for who in ALL:
        words = held(rig, who, "POST", f"/v1.44/build?{name}={_json(value(most))}")
        assert "are taken" not in words
        words = held(rig, who, "POST", f"/v1.44/build?{name}={_json(value(most + 1))}")
        assert words == f"{name} has {most + 1} entries, and at most {most} are taken"


_REPEATED = [
    *(("POST", "/v1.44/build?rm=1", name) for name in ("t", "extrahosts", "securityopt", "labels")),
    ("POST", "/v1.44/commit?container=mine", "changes"),
    ("POST", "/v1.44/images/create?fromSrc=-", "changes"),
    ("GET", "/v1.44/images/get?x=", "names"),
    ("DELETE", "/v1.44/images/mine?x=", "platforms"),
    ("GET", "/v1.44/images/json?x=", "filters"),
    ("POST", "/swarmd/explain?x=", "platform"),
]


@pytest.mark.parametrize(("method", "path", "name"), _REPEATED)
@pytest.mark.parametrize("make", ["x{}", "{:04x}", "library/x{}:{}"])
def test_what_is_repeated(rig: Whole, method: str, path: str, name: str, make: str) -> None:
    if name in ("labels", "filters"):
        make = ""
    more = "".join(f"&{name}={make.format(n, n)}" for n in range(PARAMETERS - 1))
    for who in ALL:
        assert "are taken" not in held(rig, who, method, path + more)
        words = held(rig, who, method, f"{path}{more}&{name}=")
        assert words == f"the query has {PARAMETERS + 1} parameters, and at most 1024 are taken"


def test_images_to_save_in_one_parameter(rig: Whole) -> None:
    for who in ALL:
        for make in ("x{}", "{:04x}", "mine/app:{}"):
            names = ",".join(make.format(n) for n in range(ENTRIES))
            assert "are taken" not in held(rig, who, "GET", f"/images/get?names={names}")
            words = held(rig, who, "GET", f"/images/get?names={names},")
            assert words == f"names has {ENTRIES + 1} entries, and at most {ENTRIES} are taken"


_PRUNES = [f"/{noun}/prune" for noun in ("containers", "images", "networks", "volumes", "build")]


@pytest.mark.parametrize("path", [*_PRUNES, "/images/search", "/events"])
@pytest.mark.parametrize("key", ["label", "label!", "until", "container", "event"])
def test_filters_that_engines_read(rig: Whole, path: str, key: str) -> None:
    method = "POST" if path in _PRUNES else "GET"
    asked = f"{path}?term=x&since=1&until=2&filters="
    for who in ALL:
        for form in (list, dict.fromkeys):
            texts = [f"x{n}" for n in range(FILTER_VALUES)]
            given = texts if form is list else dict.fromkeys(texts, True)
            assert "are taken" not in held(rig, who, method, asked + _json({key: given}))
        words = held(rig, who, method, asked + _json({key: [""] * (FILTER_VALUES + 1)}))
        assert words == f"filter {key} has 1025 values, and at most 1024 are taken"
        words = held(rig, who, method, asked + _json({str(n): [] for n in range(ENTRIES + 1)}))
        assert words == "filters has 1025 entries, and at most 1024 are taken"


@pytest.mark.parametrize("name", ["X-Registry-Config", "X-Registry-Auth"])
@pytest.mark.parametrize("nested", [False, True])
def test_credentials_are_passed_on_unread(rig: Whole, name: str, nested: bool) -> None:
    """They are bounded as part of the head, and nothing of swarmd decodes them."""
    said = b"[" * 40_000 if nested else orjson.dumps({f"r{n}": {} for n in range(4000)})
    header = f"{name}: {base64.urlsafe_b64encode(said[:45_000]).decode()}"
    calls = ("/v1.44/build?t=x", "/images/create?fromImage=x", "/images/mine/push?tag=1", "/auth")
    for who in ALL:
        for path in calls:
            assert "too large" not in held(rig, who, "POST", path, b"", header)
    assert "request header fields too large" in held(
        rig, ROOT, "POST", calls[0], b"", header + "x" * 20_000
    )


@pytest.mark.parametrize("field", ["Add", "Remove", "Other"])
def test_labels_of_a_node(rig: Whole, field: str) -> None:
    name = rig.engine(1).name
    for form in (list, dict.fromkeys):
        for who in ALL:
            body = orjson.dumps({field: _texts(form, ENTRIES)})
            words = held(rig, who, "POST", f"/swarmd/nodes/{name}/labels", body)
            assert "are taken" not in words
            body = orjson.dumps({field: _texts(form, ENTRIES + 1)})
            words = held(rig, who, "POST", f"/swarmd/nodes/{name}/labels", body)
            assert words == f"{field} has {ENTRIES + 1} entries, and at most {ENTRIES} are taken"


def _texts(form: Any, count: int) -> Any:
    texts = [f"x{n}" for n in range(count)]
    return texts if form is list else dict.fromkeys(texts, "y")


@pytest.mark.parametrize("field", ["Binds", "Mounts", "PortBindings", "Links"])
def test_explanations(rig: Whole, field: str) -> None:
    most = MOST.get(field, ENTRIES)
    for who in ALL:
        for form in (list, dict.fromkeys):
            body = {"Image": "busybox", "HostConfig": {field: _texts(form, most)}}
            words = held(rig, who, "POST", "/swarmd/explain", orjson.dumps(body))
            assert "are taken" not in words
            body = {"Image": "busybox", "HostConfig": {field: _texts(form, most + 1)}}
            words = held(rig, who, "POST", "/swarmd/explain", orjson.dumps(body))
            assert f"HostConfig.{field} has {most + 1} entries" in words
