"""The settings of swarmd, from its options: checked and in plain units.

Every check is made here, before anything listens, and each refusal is one line: a ValueError
whose text names the option.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from swarmd.config.listen_addresses import check_apart, is_exposed, parse_listen
from swarmd.config.observability import Observability, audit_log, observability
from swarmd.config.option_table import OPTIONS
from swarmd.config.own_names import parse_allowed
from swarmd.config.policy_file import read_policy
from swarmd.config.store_options import StoreOptions, store_options
from swarmd.config.tls_options import TlsFiles, engine_files, listen_files
from swarmd.core.addresses import PLAIN_PORT, TLS_PORT
from swarmd.core.container.create_request import RESCHEDULE_POLICIES
from swarmd.core.errors import BadParameter
from swarmd.core.expressions import parse_expression
from swarmd.core.units import parse_duration
from swarmd.discovery import source
from swarmd.discovery.entry import Entry
from swarmd.discovery.registered import USUAL, EngineRegistry, registry
from swarmd.manager.nodes.operator_state import OperatorState
from swarmd.manager.rescheduling.absent_nodes import Rules
from swarmd.manager.rescheduling.candidates import ON_FAILURE
from swarmd.publishing.addresses import PublishAt, publish_at
from swarmd.scheduler.policy import PlacementPolicy
from swarmd.scheduler.registry import make_policy
from swarmd.streams.ssh.files import SshFiles
from swarmd.streams.ssh.key_file import check_key

DEFAULT_LISTEN = OPTIONS["host"].usual
# By Twisted's names; the last two are what classic Swarm had above "error".
LOG_LEVELS = {
    "debug": "debug",
    "info": "info",
    "warn": "warn",
    "error": "error",
    "fatal": "critical",
    "panic": "critical",
}
CLUSTER_OPTIONS = {
    "swarm.overcommit": "0.05",
    "swarm.createretry": "0",
    "swarm.reserve": "hard",
}
DEFAULT_POLICY = make_policy(overcommit=0.05)
NO_RESCHEDULING = Rules()
NO_SSH = SshFiles()
NOT_OBSERVED = Observability()
AT_NODES = PublishAt()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked settings: all that ``service`` needs to build swarmd.

    Attributes:
        listen: As ``listen_addresses.parse_listen`` gives them.
        discovery: A URL for ``discovery.source.make_source``.
        policy: Strategy, filters and over-commit.
        heartbeat: Seconds between two health checks of an engine.
        network_driver: Of a network that is created without saying which.
        volumes_everywhere: A volume is created on every engine, as classic Swarm did.
        distribute_builds: Where a built image is copied: "", "all" or a constraint.
        create_retry: How many further engines are tried when a create fails.
        tls: For the listeners; None means plain.
        engine_tls: Towards engines; None means plain.
        ssh: For engines that are reached by SSH.
        failure_retry: Failures in a row that make an engine unhealthy.
        refresh_min: Seconds; each engine is listed anew at some moment between these two.
        refresh_max: Seconds.
        log_level: A name of Twisted's LogLevel.
        authz: Absolute path of the policy; None lets everybody do everything.
        state_dir: Absolute; None keeps no state on disk.
        rescheduling: What happens when a node is lost.
        audit_log: Where calls that change something are recorded; "" for nowhere.
        max_connections: Of clients at one time, over all listeners.
        observability: Probes, metrics, logs, traces.
        drain_time: Seconds that streams have to finish once another process serves.
        allow_hosts: Further names by which clients may call this machine.
        publish: Where published ports answer beside their nodes.
        ui: There is a page for browsers.
        reuse_port: Other processes listen on the same TCP ports.
        sharing: How it agrees with other swarmds; None: it is alone.
        registry: Where in a store engines are, if ``discovery`` names one.
    """

    discovery: str
    listen: tuple[str, ...] = (DEFAULT_LISTEN,)
    policy: PlacementPolicy = DEFAULT_POLICY
    heartbeat: float = 5.0
    create_retry: int = 0
    tls: TlsFiles | None = None
    engine_tls: TlsFiles | None = None
    ssh: SshFiles = NO_SSH
    failure_retry: int = 3
    refresh_min: float = 30.0
    refresh_max: float = 60.0
    log_level: str = "info"
    insecure: bool = False
    reuse_port: bool = False
    authz: str | None = None
    state_dir: str | None = None
    rescheduling: Rules = NO_RESCHEDULING
    audit_log: str = ""
    max_connections: int = 10_000
    drain_time: float = 600.0
    allow_hosts: tuple[str, ...] = ()
    network_driver: str = "bridge"
    volumes_everywhere: bool = False
    distribute_builds: str = ""
    publish: PublishAt = AT_NODES
    ui: bool = True
    observability: Observability = NOT_OBSERVED
    sharing: StoreOptions | None = None
    registry: EngineRegistry = USUAL

    @property
    def engine_port(self) -> int:
        """The port of an engine whose address has none."""
        return TLS_PORT if self.engine_tls else PLAIN_PORT

    def tls_for(self, entry: Entry) -> TlsFiles | None:
        """What to present to, and to demand from, one engine; None if it is spoken to plainly.

        Raises:
            ValueError: Its line and the options do not say enough.
        """
        own, common = entry.tls, self.engine_tls or TlsFiles()
        if own.mode == "off" or entry.is_local_or_ssh:
            return None
        verify = own.mode == "verify" or (not own.mode and (common.verify or bool(own.ca)))
        if not (own.mode or own.ca or self.engine_tls):
            if own.cert:
                raise ValueError("tlscert= does not say whom to trust: add tlscacert=, or tls=on")
            return None
        ca = own.ca or common.ca
        if verify and not ca:
            raise ValueError("tls=verify needs a CA: tlscacert= in its line, or --engine-tlscacert")
        pair = (own.cert, own.key) if own.cert else (common.cert, common.key)
        inherited = common.crl if ca == common.ca else ""
        crl = (own.crl or inherited) if verify else ""
        return TlsFiles(ca, *pair, verify, own.name, crl)


def from_options(options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Settings from parsed ``Options``; ValueError for the first thing that is wrong."""
    cluster = _cluster_options(options["cluster-opt"])
    settings = Settings(
        discovery=discovery_url(options),
        listen=_listen(options["host"], environ),
        policy=_policy(options, cluster),
        heartbeat=_heartbeat(options),
        create_retry=_create_retry(cluster["swarm.createretry"]),
        tls=listen_files(options),
        engine_tls=engine_files(options),
        ssh=ssh_files(options),
        failure_retry=_number(options, "engine-failure-retry"),
        refresh_min=_positive_duration(options, "engine-refresh-min-interval"),
        refresh_max=_positive_duration(options, "engine-refresh-max-interval"),
        log_level=_log_level(options),
        insecure=bool(options["insecure"]),
        reuse_port=bool(options["reuse-port"]),
        authz=_authz(options["authz"]),
        state_dir=_state_dir(options["state-dir"]),
        rescheduling=_rescheduling(options),
        audit_log=audit_log(options["audit-log"] or ""),
        max_connections=_number(options, "max-connections"),
        drain_time=_named("drain-time", parse_duration, options["drain-time"]),
        allow_hosts=tuple(
            _named("allow-host", parse_allowed, one) for one in options["allow-host"]
        ),
        network_driver=options["default-network-driver"],
        volumes_everywhere=_volumes_everywhere(options["volume-scope"]),
        distribute_builds=_distribution(options["distribute-builds"]),
        publish=publish_at(options["publish"], options["publish-range"]),
        ui=_ui(options["ui"]),
        observability=observability(options, environ),
        sharing=store_options(options),
        registry=registry(options["discovery-opt"]),
    )
    _check(settings, environ)
    _check_discovery(options, settings)
    return settings


def _check(settings: Settings, environ: Mapping[str, str]) -> None:
    """What can only be judged with all options known."""
    check_apart(settings.listen, settings.observability.metrics_listen, environ)
    if settings.refresh_max < settings.refresh_min:
        raise ValueError(
            "--engine-refresh-max-interval cannot be less than --engine-refresh-min-interval"
        )
    if not settings.insecure and not (settings.tls and settings.tls.verify):
        for listen in settings.listen:
            if is_exposed(listen, environ):
                raise ValueError(
                    f"--host {listen} is open to others, and whoever reaches the Docker API is "
                    "root on every engine: use --tlsverify, or tcp://127.0.0.1:PORT, or "
                    "unix:///PATH, or say --insecure if that is meant"
                )


def _check_discovery(options: Mapping[str, Any], settings: Settings) -> None:
    def check(url: str) -> None:
        source.check(url, settings.engine_port, settings.registry)

    if options["hosts"]:  # whose errors name the file
        check(settings.discovery)
    else:
        _discovered(check, settings.discovery)


def discovery_url(options: Mapping[str, Any]) -> str:
    """Where the engines are listed; ValueError if that is not told, or told twice."""
    given = options["discovery"]
    if options["hosts"] and given:
        raise ValueError(f"both --hosts and DISCOVERY {given!r} are given; one says it all")
    if options["hosts"]:
        return source.normalise(f"file://{options['hosts']}")
    if not given:
        raise ValueError("no engines are given: use --hosts FILE, or nodes://HOST:PORT,...")
    return _discovered(source.normalise, given)


def _policy(options: Mapping[str, Any], cluster: Mapping[str, str]) -> PlacementPolicy:
    _named("strategy", make_policy, options["strategy"])
    for name in options["filter"]:
        _named("filter", lambda one: make_policy(filters=[one]), name)
    overcommit = _overcommit(cluster["swarm.overcommit"])

    def policy(reserve: str) -> PlacementPolicy:
        strategy, filters = options["strategy"], options["filter"]
        return make_policy(strategy, filters, overcommit=overcommit, reserve=reserve)

    return _named("cluster-opt", policy, cluster["swarm.reserve"])


def _listen(given: list[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    wanted = [text.strip() for text in given if text.strip()] or [DEFAULT_LISTEN]
    listen = [_named("host", lambda text: parse_listen(text, environ), text) for text in wanted]
    return tuple(dict.fromkeys(listen))


def _cluster_options(given: list[str]) -> dict[str, str]:
    values = dict(CLUSTER_OPTIONS)
    for text in given:
        key, mark, value = text.partition("=")
        if not mark:
            raise ValueError(f"--cluster-opt {text!r} is not KEY=VALUE")
        if key not in values:
            raise ValueError(f"--cluster-opt {key!r} not supported; there are {_listed(values)}")
        values[key] = value
    return values


def _overcommit(text: str) -> float:
    value = _named("cluster-opt swarm.overcommit", float, text)
    if not math.isfinite(value):
        raise ValueError(f"--cluster-opt swarm.overcommit: {text} is not a number")
    return value


def _create_retry(text: str) -> int:
    value = _named("cluster-opt swarm.createretry", int, text)
    if value < 0:
        raise ValueError(f"--cluster-opt swarm.createretry can not be negative, {text} is invalid")
    return value


def ssh_files(options: Mapping[str, Any]) -> SshFiles:
    """Absolute, but for what is in somebody's home."""
    known_hosts, key = (
        path if not path or path.startswith("~") else os.path.abspath(path)
        for path in (options["ssh-known-hosts"], options["ssh-key"] or "")
    )
    if key:
        _named("ssh-key", check_key, os.path.expanduser(key))
    return SshFiles(known_hosts, os.path.expanduser(key))


def _heartbeat(options: Mapping[str, Any]) -> float:
    seconds = _positive_duration(options, "heartbeat")
    if seconds < 1:
        raise ValueError("--heartbeat should be at least one second")
    return seconds


def _positive_duration(options: Mapping[str, Any], name: str) -> float:
    seconds = _named(name, parse_duration, options[name])
    if seconds <= 0:
        raise ValueError(f"--{name} should be longer than nothing")
    return seconds


def _volumes_everywhere(scope: str) -> bool:
    if scope not in ("one", "all"):
        raise ValueError(f"--volume-scope {scope!r} is neither one nor all")
    return scope == "all"


def _distribution(wish: str | None) -> str:
    if wish and wish != "all":
        try:
            parse_expression(wish)
        except BadParameter as error:
            raise ValueError(f"--distribute-builds: {error}") from None
    return wish or ""


def _number(options: Mapping[str, Any], name: str) -> int:
    """A whole number above 0."""
    text = str(options[name])
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**9):
        raise ValueError(f"--{name}: {text!r} is not a whole number above 0")
    return int(text)


def _log_level(options: Mapping[str, Any]) -> str:
    name = options["log-level"] or ("debug" if options["debug"] else OPTIONS["log-level"].usual)
    if name not in LOG_LEVELS:
        raise ValueError(f"--log-level {name!r} is none of {_listed(LOG_LEVELS)}")
    return LOG_LEVELS[name]


def _authz(given: str | None) -> str | None:
    if not given:
        return None
    path = os.path.abspath(given)
    try:
        read_policy(path)
    except ValueError as error:
        raise ValueError(f"--authz: {error}") from None
    return path


def _state_dir(given: str | None) -> str | None:
    if not given:
        return None
    path = os.path.abspath(given)
    if not os.path.exists(path):
        make = "make it, for the user that swarmd runs as (install -d -o swarmd -m 700 FOLDER)"
        raise ValueError(f"--state-dir {path} is not there: {make}")
    if not os.path.isdir(path) or not os.access(path, os.W_OK | os.X_OK):
        raise ValueError(f"--state-dir {path} is not a folder that swarmd may write to")
    OperatorState(path)
    return path


def _ui(given: str) -> bool:
    if given not in ("on", "off"):
        raise ValueError(f"--ui {given!r} is neither on nor off")
    return given == "on"


def _rescheduling(options: Mapping[str, Any]) -> Rules:
    default = options["reschedule"]
    if default not in RESCHEDULE_POLICIES:
        raise ValueError(f"--reschedule {default!r} is none of {_listed(RESCHEDULE_POLICIES)}")
    return Rules(
        default=default == ON_FAILURE,
        grace=_named("reschedule-grace", parse_duration, options["reschedule-grace"]),
        confirm=bool(options["reschedule-confirm"]),
    )


def _named(name: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"--{name}: {error}") from None


def _discovered(ask: Callable[[str], T], url: str) -> T:
    try:
        return ask(url)
    except ValueError as error:
        raise ValueError(f"DISCOVERY: {error}") from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
