from __future__ import annotations

from swarmd.core.container.container_state import Demand
from swarmd.core.model import Engine
from swarmd.manager.rebalancing.scene import Scene
from swarmd.scheduler.evenness import Burden
from swarmd.scheduler.registry import make_policy
from tests.scheduler.fleet import CPU, make_engine, run


def filled(name: str, count: int, **labels: str) -> Engine:
    engine = make_engine(name, **labels)
    for _ in range(count):
        container = run(engine, cpus=CPU // 10)
        engine.containers[container.id] = container
    return engine


def test_who_gives_first_and_who_takes_first() -> None:
    cordoned = filled("d", 9)
    cordoned.cordoned = True
    engines = [filled("a", 1), filled("b", 3), filled("c", 4, weight="4"), cordoned]
    scene = Scene(engines, make_policy())
    assert [key[0] for key in scene.givers()] == ["b", "a", "c"] or scene.givers()[0][0] == "b"
    assert scene.takers() == scene.givers()[::-1] and "d:2375" not in scene.nodes


def test_a_move_counts_for_the_next() -> None:
    scene = Scene([filled("a", 4), filled("b", 0)], make_policy())
    one = scene.burden([run(make_engine("x"), cpus=CPU // 10)])
    assert one == Burden(1, CPU // 10)
    for _ in range(2):
        assert scene.improves("a:2375", "b:2375", one)
        scene.move("a:2375", "b:2375", one)
    assert not scene.improves("a:2375", "b:2375", one)
    assert not scene.improves("a:2375", "a:2375", one)


def test_zones_count_before_nodes() -> None:
    engines = [filled("a", 2, zone="x"), filled("b", 2, zone="x"), filled("c", 3, zone="y")]
    scene = Scene(engines, make_policy("spread:zone"))
    one = Burden(1)
    assert not scene.improves("c:2375", "a:2375", one)  # 4 in x, 3 in y
    scene.move("a:2375", "c:2375", one)
    assert not scene.improves("b:2375", "c:2375", one)


def test_soft_reservations_and_what_has_ended() -> None:
    engine = make_engine("a")
    ended = run(engine, state="exited", memory=5)
    soft = run(engine)._replace(demand=Demand(0, 100, reserve="soft", least_memory=10))
    assert Scene([engine], make_policy()).burden([ended, soft]) == Burden(1, 0, 10)
