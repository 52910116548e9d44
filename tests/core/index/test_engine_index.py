from swarmd.cluster.engine_record import EngineRecord
from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.index.bits import Bits
from swarmd.core.index.engine_index import EngineIndex, Load, load_of
from swarmd.core.model import Engine, Health, Network, Spec, Volume
from swarmd.core.pattern import glob, regex


def make(name: str, **labels: str) -> Engine:
    spec = Spec(f"ID-{name}", name, 4, 1000)
    healthy = Health.HEALTHY
    return EngineRecord(f"{name}:1", name, name=name, spec=spec, labels=labels, health=healthy)


def indexed(*engines: Engine) -> EngineIndex:
    index = EngineIndex(engines)
    index.refresh()
    return index


def names(index: EngineIndex, bits: Bits) -> list[str]:
    return [engine.name for engine in index.engines(bits)]


def test_labels_by_value_and_by_pattern() -> None:
    index = indexed(make("a", zone="x"), make("b", zone="y"), make("c"))
    assert names(index, index.labelled("zone", glob("x"))) == ["a"]
    assert names(index, index.labelled("zone", regex("[xy]"))) == ["a", "b"]
    assert names(index, index.labelled("zone", glob("*"))) == ["a", "b", "c"]
    assert names(index, index.labelled("rank", glob("*"))) == ["a", "b", "c"]
    assert names(index, index.labelled("rank", glob("1"))) == []
    assert names(index, index.bearing("zone")) == ["a", "b"]
    assert names(index, index.unlabelled("zone")) == ["c"]


def test_names_and_ids() -> None:
    index = indexed(make("a"), make("b"))
    assert names(index, index.named(glob("ID-b"))) == ["b"]
    assert names(index, index.named(regex("^[ab]$"))) == ["a", "b"]
    assert names(index, index.keyed(["b:1", "gone:1"])) == ["b"]
    assert names(index, index.where(lambda engine: engine.name > "a", index.everyone)) == ["b"]


def test_what_runs_and_what_lies_there() -> None:
    engine = make("a", overcommit="0.5")
    demand = Demand(cpus=5, memory=7, ports=(HostPort(80), HostPort(53, "udp", "10.0.0.1")))
    engine.tally.add(Container("c1", engine.key, ("web",), state="running", demand=demand))
    engine.image_refs, engine.images = {"busybox:latest": "sha256:1"}, {}
    engine.networks = {"n1": Network("n1", "app")}
    engine.volumes = {"data": Volume("data")}
    index = indexed(engine, make("b"))
    assert load_of(engine) == Load(4, 1000, 5, 7, "0.5")
    found = (
        index.ports.of((80, "tcp")),
        index.ports.of((53, "udp")),
        index.images.of("busybox:latest"),
        index.networks.of("n1"),
        index.networks.of("app"),
        index.volumes.of("data"),
        index.active.of(1),
        index.loads.of(load_of(engine)),
    )
    assert set(found) == {1}
    assert index.ports.of((53, "tcp")) == 0


def test_what_changes_is_seen_with_the_next_question() -> None:
    one, two = make("a"), make("b")
    index = indexed(one, two)
    one.health, two.cordoned, two.labels = Health.UNHEALTHY, True, {"zone": "x"}
    index.touch(one)
    index.touch(two)
    assert names(index, index.health.of(Health.HEALTHY)) == ["a", "b"]
    index.refresh()
    assert names(index, index.health.of(Health.HEALTHY)) == ["b"]
    assert names(index, index.cordoned.of(True)) == ["b"]
    assert names(index, index.labelled("zone", glob("x"))) == ["b"]


def test_a_slot_is_given_again_with_nothing_left_in_it() -> None:
    one, two = make("a", zone="x"), make("b")
    index = indexed(one, two)
    index.drop(one)
    assert names(index, index.everyone) == ["b"]
    assert index.labelled("zone", glob("x")) == 0 and not index.labels
    index.touch(one)
    index.add(make("c", zone="y"))
    index.refresh()
    assert names(index, index.everyone) == ["c", "b"]
    assert names(index, index.labelled("zone", glob("y"))) == ["c"]
    assert index.named(glob("a")) == 0


def test_so_many_changes_are_not_left_for_the_next_question() -> None:
    engines = [make(f"e{number}") for number in range(600)]
    index = EngineIndex(engines)
    assert index.health.of(Health.HEALTHY).bit_count() > 500
    index.refresh()
    assert index.health.of(Health.HEALTHY) == index.everyone == (1 << 600) - 1


def test_references_that_name_different_images() -> None:
    one, two, three = make("a"), make("b"), make("c")
    for engine, refs in (
        (one, {"x:1": "A", "y:1": "A"}),
        (two, {"x:1": "B"}),
        (three, {"x:1": "B"}),
    ):
        engine.image_refs = refs
    index = indexed(one, two, three)
    assert index.meanings.split == {"x:1"}
    two.image_refs = {"y:1": "B"}
    index.touch(two)
    index.refresh()
    assert index.meanings.split == {"x:1", "y:1"}
    index.drop(three)
    assert index.meanings.split == {"y:1"}
    index.drop(one)
    index.drop(two)
    assert not index.meanings.split and not index.meanings
