from __future__ import annotations

from swarmd.core.model import Engine
from swarmd.manager.images.engine_details import list_details
from tests.manager.rig import Rig, result_of


def test_what_each_engine_tells_is_kept_apart() -> None:
    rig = Rig(2)
    rig.wire(1).on("GET", "/images/json", (200, [{"Id": "x", "SharedSize": 1}]))
    rig.wire(2).on("GET", "/images/json", (500, {"message": "no"}))

    def line(engine: Engine) -> str:
        return "/v1.47/images/json?all=1&manifests=1"

    details, outcomes = result_of(list_details(rig.fleet, line))
    assert details == {(rig.engine(1).key, "x"): {"Id": "x", "SharedSize": 1}}
    assert [outcome.ok for outcome in outcomes] == [True, False]
