import pytest

from swarmd.core.model import Engine, Image
from swarmd.scheduler.placement import Placement
from tests.scheduler.fleet import conditions, expressions, nodes, passing, reasons, run

REDIS = "sha256:" + "ab" * 32


def fleet() -> list[Engine]:
    one, two, three = nodes(3)
    run(one, "web1", labels={"tier": "front", "zone": "a"})
    run(two, "db", state="exited", labels={"tier": "back"})
    run(two, "cache")
    two.image_refs = {"redis:6": REDIS, "registry:5000/team/app:1": "sha256:" + "cd" * 32}
    two.images = {REDIS: Image(REDIS), "sha256:" + "cd" * 32: Image("sha256:" + "cd" * 32)}
    three.image_refs = {"redis:latest": "sha256:" + "ef" * 32}
    return [one, two, three]


CASES = [
    ("container==web1", "1"),
    ("container==/web1", "1"),
    ("container!=web1", "23"),
    ("container==web*", "1"),
    ("container==/^(db|web)/", "12"),
    ("container==nope", ""),
    ("container==cafecafecafe", ""),
    ("container==0000*", "12"),
    ("image==redis", "23"),
    ("image==redis:6", "2"),
    ("image!=redis:6", "13"),
    ("image==redis:latest", "3"),
    ("image==docker.io/library/redis:6", "2"),
    ("image==docker.io/library/redis", "23"),
    ("image==library/redis:6", "2"),
    ("image==library/redis", "23"),
    ("image==index.docker.io/redis:latest", "3"),
    ("image==docker.io/registry:5000/team/app", ""),
    ("image==Redis", ""),
    ("image==redis*", "23"),
    ("image==/^redis$/", "23"),
    ("image==registry:5000/team/app", "2"),
    ("image==" + REDIS, "2"),
    ("image==" + "ab" * 32, "2"),
    ("image==" + "ab" * 6, "2"),
    ("image==nginx", ""),
    ("tier==front", "1"),
    ("tier!=front", "23"),
    ("tier==*", "12"),
    ("tier==/^$/", "2"),
    ("tier==/^b/", "2"),
    ("absent==x", ""),
]


@pytest.mark.parametrize(("text", "kept"), CASES)
def test_kept(text: str, kept: str) -> None:
    wanted = Placement(affinities=expressions(text))
    assert passing("affinity", wanted, fleet()) == [f"node-{digit}" for digit in kept]


def test_container_by_whole_and_by_shortened_id() -> None:
    one, two = nodes(2)
    two.tally.ids.add("ab" * 32)
    one.tally.ids.add("cd" * 32)
    for ref in ("ab" * 32, "ab" * 6):
        wanted = Placement(affinities=expressions(f"container=={ref}"))
        assert passing("affinity", wanted, [one, two]) == ["node-2"]
    too_short = Placement(affinities=expressions("container==abab"))
    assert passing("affinity", too_short, [one, two]) == []


def test_words() -> None:
    engines = nodes(1)
    for text, reason in [
        ("container==nope", "has no container nope"),
        ("image==redis", "has no image redis"),
        ("tier==~a", "has no container with label tier=a"),
    ]:
        assert reasons("affinity", Placement(affinities=expressions(text)), engines) == [reason]
    run(engines[0], "web")
    far = Placement(affinities=expressions("container!=web"))
    assert reasons("affinity", far, engines) == ["has a container web"]
    assert conditions("affinity", far, []) == ["container!=web (soft=false)"]
