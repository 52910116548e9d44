import orjson

from swarmd.manager.containers.sizes import with_sizes
from tests.manager.rig import Rig, result_of


def test_sizes_come_from_the_engines_that_hold_what_is_listed() -> None:
    rig = Rig(3)
    rig.has_container(1, "a" * 64, "one")
    rig.has_container(2, "b" * 64, "two")
    listed = [{"Id": "a" * 64, "SizeRw": 5, "SizeRootFs": 9}, {"Id": "c" * 64}]
    rig.wire(1).on("GET", "/containers/json", (200, listed))
    chunks = [b'[{"Id":"' + b"a" * 64 + b'"}', b',{"Id":"' + b"b" * 64 + b'"}]']
    one, two = orjson.loads(result_of(with_sizes(rig.fleet, chunks)))
    assert (one["SizeRw"], one["SizeRootFs"]) == (5, 9)
    assert "SizeRw" not in two
    assert rig.wire(1).asked == [("GET", "/v1.41/containers/json?all=1&size=1")]
    assert rig.wire(3).asked == []
