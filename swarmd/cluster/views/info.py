"""``docker info`` and ``docker version`` of the fleet, in an engine's shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from swarmd.cluster.interfaces import StateView
from swarmd.cluster.publishing.shown_ports import ShownPorts
from swarmd.cluster.views.agreed import agreed, as_of, in_all, programs_of
from swarmd.cluster.views.node_table import Row
from swarmd.core.kept_json import kept_json
from swarmd.core.model import Engine
from swarmd.core.names import natural
from swarmd.core.request import version as api

_LONGEST_LIST = 8

# What an engine can do; the fleet can if no healthy engine says that it cannot.
_ABILITIES = (
    *("MemoryLimit", "SwapLimit", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet"),
    *("PidsLimit", "IPv4Forwarding", "OomKillDisable"),
    # New engines say nothing of these, and older command lines warn of what is not said.
    *("BridgeNfIptables", "BridgeNfIp6tables", "KernelMemory"),
)
# Shown if all healthy engines say the same.
_COMMON = (
    *("Driver", "LoggingDriver", "CgroupDriver", "CgroupVersion", "DefaultRuntime"),
    *("OperatingSystem", "OSVersion", "OSType", "Architecture", "KernelVersion", "InitBinary"),
    "DockerRootDir",
)
# Of these lists, what each healthy engine says.
_DETAILS = ("DriverStatus", "SecurityOptions")
# Which registries may be insecure, and their mirrors, is each engine's own business.
_NO_REGISTRIES: Mapping[str, Any] = {
    "AllowNondistributableArtifactsCIDRs": [],
    "AllowNondistributableArtifactsHostnames": [],
    "InsecureRegistryCIDRs": [],
    "IndexConfigs": {
        "docker.io": {"Name": "docker.io", "Mirrors": [], "Secure": True, "Official": True}
    },
    "Mirrors": [],
}
_NO_SWARM: Mapping[str, Any] = {
    **{"NodeID": "", "NodeAddr": "", "LocalNodeState": "inactive"},
    **{"ControlAvailable": False, "Error": "", "RemoteManagers": None},
}
_PLUGIN_KINDS = ("Volume", "Network", "Authorization", "Log")


class ManagersSeen(NamedTuple):
    """The managers of the fleet, as this one sees them.

    Attributes:
        role: "primary" leads; a "replica" does everything else as well.
        primary: Address of the one that leads.
        rows: Address and words of each, if there may be several.
    """

    role: str
    primary: str
    rows: Sequence[Row] = ()


def _alone() -> ManagersSeen:
    return ManagersSeen("primary", "")


@dataclass(slots=True)
class FleetIdentity:
    """The identity of this manager, and how it was told to work, which may change.

    Attributes:
        managers: Which managers there are at this moment.
        overcommit: By how much of it a host's memory and CPUs may be exceeded, 0.05 as default.
    """

    name: str
    version: str
    id: str = ""
    managers: Callable[[], ManagersSeen] = _alone
    strategy: str = "spread"
    filters: Sequence[str] = ()
    overcommit: float = 0.0
    kernel: str = ""
    os: str = "linux"
    architecture: str = "amd64"
    proxies: Mapping[str, str] = field(default_factory=dict)


def info(
    state: StateView,
    identity: FleetIdentity,
    now: float,
    problem: str = "",
    listeners: int = 0,
    notices: Iterable[str] = (),
    version: api.Version = api.ADVERTISED_FLOOR,
) -> dict[str, Any]:
    """The body of ``GET /info``.

    Args:
        now: Wall-clock seconds.
        problem: What is wrong with discovery, in words.
        listeners: Clients that follow the events.
        notices: What its operator should know of swarmd itself.
        version: Of the API, in whose shape it is.
    """
    engines = sorted(state.engines.values(), key=lambda engine: natural(engine.name))
    valid = [engine for engine in engines if engine.validated]
    body = {
        **_own(identity),
        **_sums(valid),
        **_of_engines([engine for engine in valid if engine.healthy]),
        "NEventsListener": listeners,
        "SystemTime": datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z"),
        "SystemStatus": _head(identity, engines, state.catalogue.ports)
        + state.node_table.rows(engines, identity.overcommit),
        "Warnings": _warnings(engines, problem, notices) or None,
    }
    return as_of(body, version)


def _own(identity: FleetIdentity) -> dict[str, Any]:
    proxies = {key: identity.proxies.get(key, "") for key in ("HttpProxy", "HttpsProxy", "NoProxy")}
    return {
        "ID": identity.id,
        "Name": identity.name,
        "ServerVersion": f"swarm/{identity.version}",
        **proxies,
        "Debug": False,
        "ExperimentalBuild": False,
        "LiveRestoreEnabled": False,
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": _NO_REGISTRIES,
        "Labels": [],
        "Swarm": _NO_SWARM,
    }


def _sums(engines: Sequence[Engine]) -> dict[str, int]:
    """Over all that were ever validated; reservations under way are no containers yet.

    CPUs and memory are what the hosts have. Classic Swarm added its over-commit, which made
    clients believe in hardware that is not there; the table of nodes still shows it.
    """
    containers = sum(len(engine.containers) for engine in engines)
    running = sum(engine.tally.running for engine in engines)
    paused = sum(engine.tally.paused for engine in engines)
    images = set[str]().union(*(engine.images for engine in engines))
    return {
        "Containers": containers,
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": containers - running - paused,
        "Images": len(images),
        "NCPU": sum(engine.spec.cpus for engine in engines),
        "MemTotal": sum(engine.spec.memory for engine in engines),
    }


# What the engines say of themselves


@lru_cache(maxsize=16_384)
def _facts(body: bytes) -> Mapping[str, Any]:
    """What is shown of an engine's own ``/info``; one value for all engines that say the same."""
    try:
        raw = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return _shared_facts(kept_json(_shown(raw))) if isinstance(raw, dict) else {}


def _shown(raw: Mapping[str, Any]) -> dict[str, Any]:
    shown = (*_ABILITIES, *_COMMON)
    kept: dict[str, Any] = {key: raw[key] for key in shown if isinstance(raw.get(key), (str, int))}
    plugins = raw.get("Plugins")
    kept["Plugins"] = _text_lists(plugins) if isinstance(plugins, dict) else {}
    warnings = raw.get("Warnings")
    kept["Warnings"] = [str(one) for one in warnings] if isinstance(warnings, list) else []
    runtimes = raw.get("Runtimes")
    kept["Runtimes"] = runtimes if isinstance(runtimes, dict) else {}
    kept["Programs"] = programs_of(raw)
    return kept | {key: raw[key] for key in _DETAILS if isinstance(raw.get(key), list)}


@lru_cache(maxsize=16_384)
def _shared_facts(shown: bytes) -> Mapping[str, Any]:
    facts: Mapping[str, Any] = orjson.loads(shown)
    return facts


def _text_lists(plugins: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        kind: tuple(str(name) for name in plugins[kind])
        for kind in _PLUGIN_KINDS
        if isinstance(plugins.get(kind), list)
    }


def _of_engines(engines: Sequence[Engine]) -> dict[str, Any]:
    each = (_facts(engine.spec.info) for engine in engines)
    facts = list({id(fact): fact for fact in each}.values())  # a thousand engines say few things
    abilities = {key: all(fact.get(key, True) for fact in facts) for key in _ABILITIES}
    common = {key: _common(fact.get(key, "") for fact in facts) for key in _COMMON}
    plugins = {
        kind: _union(fact.get("Plugins", {}).get(kind, ()) for fact in facts)
        for kind in _PLUGIN_KINDS
    }
    common["OSType"] = common["OSType"] or "linux"
    details = {key: in_all([fact.get(key, []) for fact in facts]) for key in _DETAILS}
    runtimes = _runtimes([fact.get("Runtimes", {}) for fact in facts])
    programs = agreed([fact.get("Programs", {}) for fact in facts])
    own = {"Plugins": plugins, "Runtimes": runtimes}
    return {**abilities, **common, **details, **programs, **own}


def _runtimes(each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Those with which a container runs wherever it is placed."""
    first, *rest = each or [{}]
    return {name: first[name] for name in in_all([list(first), *map(list, rest)])}


def _common(values: Iterable[Any]) -> Any:
    """The value that all share; "" if they differ."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else ""


def _union(groups: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for group in groups for name in group})


def _head(
    identity: FleetIdentity, engines: Sequence[Engine], ports: ShownPorts | None
) -> list[Row]:
    """The rows that classic Swarm has before the table of nodes."""
    managers = identity.managers()
    rows: list[Row] = [("Role", managers.role)]
    if managers.role == "replica":
        rows.append(("Primary", managers.primary))
    if managers.rows:
        rows.append(("Managers", str(len(managers.rows))))
    return [
        *rows,
        *((f" {name}", words) for name, words in managers.rows),
        ("Strategy", identity.strategy),
        ("Filters", ", ".join(identity.filters)),
        *([("Published ports", ports.summary)] if ports is not None else ()),
        ("Nodes", str(len(engines))),
    ]


def _warnings(engines: Sequence[Engine], problem: str, notices: Iterable[str]) -> list[str]:
    """Each warning once, with the nodes that it is about."""
    nodes_by_text: dict[str, list[str]] = {}
    for engine in engines:
        own = _facts(engine.spec.info).get("Warnings") if engine.healthy else None
        for text in (*(own or ()), *engine.warnings) if own or engine.warnings else ():
            nodes_by_text.setdefault(text, []).append(engine.name)
    discovery = [f"discovery: {problem}"] if problem else []
    own = [f"WARNING: {text}" for text in (*discovery, *notices)]
    return own + [f"{text} ({_some(nodes)})" for text, nodes in nodes_by_text.items()]


def _some(nodes: Sequence[str]) -> str:
    """At most eight names: at a thousand nodes nobody reads more."""
    more = f" and {len(nodes) - _LONGEST_LIST} more" if len(nodes) > _LONGEST_LIST else ""
    return ", ".join(nodes[:_LONGEST_LIST]) + more


# Version


def version(state: StateView, identity: FleetIdentity, newest: api.Version) -> dict[str, Any]:
    """The body of ``GET /version``: a component for the manager and one for each node."""
    own = {
        "ApiVersion": api.show(newest),
        "MinAPIVersion": api.show(api.OLDEST),
        "Os": identity.os,
        "Arch": identity.architecture,
        "KernelVersion": identity.kernel,
        "GoVersion": "none (Python)",
        "GitCommit": "",
        "BuildTime": "",
        "Experimental": "false",
    }
    engines = sorted(state.engines.values(), key=lambda engine: natural(engine.name))
    manager = {"Name": "swarmd", "Version": f"swarm/{identity.version}", "Details": own}
    return {
        "Platform": {"Name": "swarmd"},
        "Version": f"swarm/{identity.version}",
        **{**own, "Experimental": False},
        "Components": [manager, *(_component(one) for one in engines if one.validated)],
    }


def _component(engine: Engine) -> dict[str, Any]:
    spec = engine.spec
    details = {
        "ApiVersion": api.show(spec.api_max),
        "MinAPIVersion": api.show(spec.api_min),
        "Os": spec.os_type,
        "Arch": spec.architecture,
        "KernelVersion": spec.kernel,
        "Address": engine.address,
        "Status": engine.health.value,
    }
    return {"Name": f"Engine on {engine.name}", "Version": spec.version, "Details": details}
