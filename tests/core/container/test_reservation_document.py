"""What one process says of a container under way is what the other counts."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmd.core.container.container_state import Container, Demand, HostPort
from swarmd.core.container.reservation_document import described, reserved

AMOUNTS = st.integers(0, 1 << 62)
TEXTS = st.text("ab-/", max_size=5)
PORTS = st.builds(HostPort, st.integers(0, 65535), st.sampled_from(["tcp", "udp"]), TEXTS)
DEMANDS = st.fixed_dictionaries(
    {
        "cpus": AMOUNTS,
        "memory": AMOUNTS,
        "ports": st.lists(PORTS, max_size=3).map(tuple),
        "devices": st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
        "least_memory": AMOUNTS,
        "reserve": st.sampled_from(["", "hard", "soft"]),
    }
).map(lambda fields: Demand(**fields))
CONTAINERS = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "engine": TEXTS,
        "names": st.lists(TEXTS, max_size=2).map(tuple),
        "labels": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "demand": DEMANDS,
        "networks": st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
        "tied": st.lists(TEXTS, max_size=2).map(tuple),
        "tty": st.booleans(),
        "sized": st.just(True),
        "pending": st.just(True),
    }
).map(lambda fields: Container(**fields))


@given(CONTAINERS)
def test_it_comes_back_as_it_was(container: Container) -> None:
    assert reserved(orjson.loads(orjson.dumps(described(container)))) == container


@pytest.mark.parametrize(
    "change",
    [{"cpus": -1}, {"memory": "1"}, {"memory": True}, {"ports": [[80]]}, {"ports": [["a", "", ""]]},
     {"names": [1]}, {"labels": []}, {"labels": {"a": 1}}, {"devices": ["gpu"]}, {"engine": None},
     {"networks": 1}, {"created": "x"}],
)  # fmt: skip
def test_what_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        reserved({**described(Container("a", "b")), **change})


def test_what_lacks_something_is_refused() -> None:
    with pytest.raises(ValueError):
        reserved({})
