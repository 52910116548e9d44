from __future__ import annotations

from typing import Any

import pytest

from swarmd.cluster.reducers.merge import after_event, after_inspect, after_list
from swarmd.core.container.container_state import Container, Demand, HostPort

NOW = 10_000.0
EXACT = Container(
    "c" * 64,
    "k",
    ("web", "app/db"),
    image="busybox",
    created=500.25,
    state="running",
    demand=Demand(cpus=5, memory=6, ports=(HostPort(80),), devices=(("gpu", "0"),)),
    started_at=9_700.0,
    health="healthy",
    tty=True,
    entry=b"{",
    detailed=True,
)


def one(**changes: Any) -> Container:
    return EXACT._replace(**changes)


def listed(**changes: Any) -> Container:
    plain = {"created": 500.9, "demand": Demand(), "health": "none", "tty": False}
    return one(**{**plain, "detailed": False, "started_at": 9_670.0, **changes})


def test_exact_times_stay_while_the_text_fits() -> None:
    known = after_list(EXACT, listed(), "Up 5 minutes", NOW)
    assert (known.started_at, known.detailed, known.tty) == (9_700.0, True, True)
    assert known.created == 500.25


def test_a_text_that_does_not_fit_is_believed() -> None:
    known = after_list(EXACT, listed(started_at=9_997.5), "Up 2 seconds", NOW)
    assert (known.started_at, known.detailed) == (9_997.5, False)


def test_an_end_that_no_event_told() -> None:
    new = listed(state="exited", finished_at=9_998.5, exit_code=3)
    known = after_list(EXACT, new, "Exited (3) 1 second ago", NOW)
    assert (known.state, known.finished_at, known.exit_code) == ("exited", 9_998.5, 3)
    assert (known.started_at, known.detailed) == (9_700.0, False)


def test_an_end_that_an_event_told_before() -> None:
    old = one(state="exited", finished_at=9_998.1, exit_code=3)
    new = listed(state="exited", finished_at=9_998.5, exit_code=3)
    known = after_list(old, new, "Exited (3) 1 second ago", NOW)
    assert (known.finished_at, known.detailed) == (9_998.1, True)
    other = after_list(old, new._replace(exit_code=4), "Exited (4) 1 second ago", NOW)
    assert (other.exit_code, other.detailed) == (4, False)


def test_an_end_without_a_known_start() -> None:
    new = listed(state="exited", started_at=9_000.0, finished_at=9_000.0)
    known = after_list(one(started_at=0.0), new, "Exited (0) 16 minutes ago", NOW)
    assert known.started_at == 9_000.0


def test_texts_without_age_change_no_times() -> None:
    known = after_list(EXACT, listed(state="dead"), "Dead", NOW)
    assert (known.state, known.started_at, known.detailed) == ("dead", 9_700.0, True)


@pytest.mark.parametrize(
    ("exact", "shown", "kept"),
    [(500.25, 500.9, 500.25), (499.5, 500.9, 500.0), (501.5, 500.9, 500.999999), (0, 500.9, 500.9)],
)
def test_the_second_of_creation_is_the_engines(exact: float, shown: float, kept: float) -> None:
    known = after_list(one(created=exact), listed(created=shown), "Up 5 minutes", NOW)
    assert known.created == pytest.approx(kept)


def test_a_running_container_holds_the_ports_that_are_listed() -> None:
    new = listed(demand=Demand(ports=(HostPort(81),)))
    known = after_list(EXACT, new, "Up 5 minutes", NOW)
    assert known.demand == EXACT.demand._replace(ports=(HostPort(81),))


def test_a_created_container_holds_the_ports_that_it_asked_for() -> None:
    known = after_list(one(state="created"), listed(state="created"), "Created", NOW)
    assert known.demand is EXACT.demand


@pytest.mark.parametrize(
    ("state", "listed_health", "kept"),
    [
        ("running", "none", "none"),
        ("running", "unhealthy", "unhealthy"),
        ("paused", "none", "healthy"),
        ("paused", "starting", "starting"),
    ],
)
def test_health_is_not_told_by_every_text(state: str, listed_health: str, kept: str) -> None:
    new = listed(state=state, health=listed_health)
    assert after_list(EXACT, new, "Up 5 minutes", NOW).health == kept


def test_an_inspect_does_not_tell_the_entry_nor_the_aliases() -> None:
    new = one(names=("www",), image="sha256:1", entry=b"", demand=Demand(), tty=False)
    known = after_inspect(EXACT, new)
    assert known.names == ("www", "app/db")
    assert (known.image, known.entry, known.demand, known.tty) == ("busybox", b"{", Demand(), False)
    assert after_inspect(one(image=""), new).image == "sha256:1"


EXITED = one(state="exited", finished_at=9_800.0, exit_code=1)

EVENTS = [
    ("start", "", {}, EXITED, {"state": "running", "started_at": 9_900.0, "health": "starting"}),
    ("start", "", {}, one(health="none"), {"health": "none", "exit_code": 0}),
    ("die", "", {"exitCode": "137"}, EXACT, {"state": "exited", "exit_code": 137}),
    ("die", "", {}, EXACT, {"finished_at": 9_900.0, "exit_code": 0}),
    ("pause", "", {}, EXACT, {"state": "paused"}),
    ("pause", "", {}, EXITED, {"state": "exited"}),
    ("unpause", "", {}, one(state="paused"), {"state": "running"}),
    ("unpause", "", {}, EXITED, {"state": "exited"}),
    ("health_status", "unhealthy", {}, EXACT, {"health": "unhealthy"}),
    ("rename", "", {"name": "www", "oldName": "/web"}, EXACT, {"names": ("www", "app/db")}),
    ("rename", "", {}, EXACT, {"names": ("web", "app/db")}),
    ("update", "", {}, EXACT, {"detailed": False}),
    ("stop", "", {}, EXACT, {"state": "running"}),
    ("kill", "", {"signal": "9"}, EXACT, {"state": "running"}),
]


@pytest.mark.parametrize(("verb", "detail", "attributes", "old", "changed"), EVENTS)
def test_events(
    verb: str, detail: str, attributes: dict[str, str], old: Container, changed: dict[str, Any]
) -> None:
    new = after_event(old, verb, detail, attributes, 9_900.0)
    assert {key: getattr(new, key) for key in changed} == changed


def test_both_orders_of_stop_and_die_end_the_same() -> None:
    for verbs in (("die", "stop"), ("stop", "die")):
        known = EXACT
        for verb in verbs:
            known = after_event(known, verb, "", {"exitCode": "0"}, 9_900.0)
        assert (known.state, known.finished_at) == ("exited", 9_900.0)


def test_replayed_events_change_nothing() -> None:
    assert after_event(EXITED, "start", "", {}, 9_700.0) is EXITED
    assert after_event(EXACT, "die", "", {"exitCode": "1"}, 9_600.0) is EXACT
