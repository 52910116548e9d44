import orjson

from swarmd.manager.nodes.operator_state import Loss
from swarmd.manager.rescheduling.absence import Absence, read_absence


def test_it_is_the_same_after_its_way_to_another_process() -> None:
    loss = Loss("i", "web", "a:1", "e", "node-1", True, {"Id": "i"}, declared=True)
    for left in (0.0, 3.5, None):
        absence = Absence("a:1", (loss,), left)
        assert read_absence(orjson.loads(orjson.dumps(absence.document()))) == absence
