"""What SIGHUP changes, in a daemon that is put together but does not run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from swarmd.config.observability import Observability
from swarmd.config.option_table import TABLE
from swarmd.config.options import Options
from swarmd.config.settings import Settings
from swarmd.manager.rescheduling.absent_nodes import Rules
from swarmd.scheduler.registry import make_policy
from swarmd.service import operations, server, wiring
from swarmd.service.live_settings import LiveSettings

# What each live option is seen in: a value of it, the field, and what is in that then.
CHANGED: dict[str, tuple[str, dict[str, Any]]] = {
    "heartbeat": ("2s", {"heartbeat": 2.0}),
    "engine-failure-retry": ("7", {"failure_retry": 7}),
    "engine-refresh-min-interval": ("10s", {"refresh_min": 10.0}),
    "engine-refresh-max-interval": ("90s", {"refresh_max": 90.0}),
    "allow-host": ("x.example", {"allow_hosts": ("x.example",)}),
    "ready-nodes": ("9", {"observability": Observability(ready_nodes=9)}),
    "log-format": ("json", {"observability": Observability(log_format="json")}),
    "trace-requests": ("", {"observability": Observability(trace_requests=True)}),
    "drain-time": ("3s", {"drain_time": 3.0}),
    "max-connections": ("9", {"max_connections": 9}),
    "strategy": ("binpack", {"policy": make_policy("binpack", overcommit=0.05)}),
    "filter": ("port", {"policy": make_policy("spread", ["port"], overcommit=0.05)}),
    "cluster-opt": ("swarm.createretry=3", {"create_retry": 3}),
    "default-network-driver": ("macvlan", {"network_driver": "macvlan"}),
    "distribute-builds": ("all", {"distribute_builds": "all"}),
    "audit-log": ("-", {"audit_log": "-"}),
    "access-log": ("-", {"observability": Observability(access_log="-")}),
    "reschedule": ("on-node-failure", {"rescheduling": Rules(default=True)}),
    "reschedule-grace": ("5s", {"rescheduling": Rules(grace=5.0)}),
    "reschedule-confirm": ("", {"rescheduling": Rules(confirm=True)}),
    "log-level": ("warn", {"log_level": "warn"}),
    "debug": ("", {"log_level": "debug"}),
}


def settings(*words: str) -> Settings:
    options = Options()
    options.parseOptions([*words, "nodes://10.0.0.1:1"])
    return options.settings


@pytest.mark.parametrize("name", CHANGED)
def test_what_each_changes_of_the_settings(name: str) -> None:
    value, fields = CHANGED[name]
    given = settings(f"--{name}", *([value] if value else []))
    assert given == replace(settings(), **fields)


def test_every_live_option_is_looked_at_here() -> None:
    assert {option.name for option in TABLE if option.live} == set(CHANGED)


def test_everybody_hears_of_it() -> None:
    live, seen = LiveSettings(), list[float]()
    live.follow(lambda new: seen.append(new.heartbeat))
    live.follow(lambda new: seen.append(new.refresh_min))
    live.change(replace(settings(), heartbeat=2.0))
    assert seen == [2.0, 30.0]


def test_it_counts_in_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    for name in ("Fleet", "Placer", "Creator", "Distributor"):
        monkeypatch.setattr(wiring, name, keeping(getattr(wiring, name), name, made))
    monkeypatch.setattr(server, "DockerSite", keeping(server.DockerSite, "DockerSite", made))
    monkeypatch.setattr(
        operations, "Rescheduler", keeping(operations.Rescheduler, "Rescheduler", made)
    )
    daemon = wiring.make_service(settings(), MemoryReactorClock())
    words = [f"--{name}={value}" if value else f"--{name}" for name, (value, _) in CHANGED.items()]
    new = settings(*words)
    daemon.live.change(new)
    timing = made["Fleet"]._context.timing
    assert (timing.heartbeat, timing.failure_retry) == (2.0, 7)
    assert daemon.handover.drain_time == 3.0
    assert (timing.refresh_min, timing.refresh_max) == (10.0, 90.0)
    assert made["Placer"].policy == new.policy
    assert made["Creator"].retries == 3
    assert made["Fleet"].network_driver == "macvlan"
    assert made["Distributor"].builds == "all"
    assert made["DockerSite"].max_connections == 9
    assert made["Rescheduler"].rules == Rules(default=True, grace=5.0, confirm=True)
    assert made["DockerSite"].audit.place == made["DockerSite"].access.place == "-"
    assert "x.example" in made["DockerSite"].origin_check.names


def keeping(maker: Any, name: str, made: dict[str, Any]) -> Any:
    def make(*args: Any, **named: Any) -> Any:
        made[name] = maker(*args, **named)
        return made[name]

    return make
