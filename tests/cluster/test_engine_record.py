from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.model import Health


def test_health() -> None:
    engine = EngineRecord("e1", "e1")
    seen = []
    for engine.health in Health:
        seen.append((engine.validated, engine.healthy))
    assert seen == [(False, False), (True, True), (True, False)]


def test_one_address_listed_anew_is_another_engine() -> None:
    assert EngineRecord("e1", "e1") != EngineRecord("e1", "e1")
