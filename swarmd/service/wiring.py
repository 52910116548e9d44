"""The wiring of the daemon: the only place that knows all parts, and the reactor."""

from __future__ import annotations

import os
import platform
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from twisted.application.service import MultiService
from twisted.logger import ILogObserver, Logger
from twisted.web.resource import Resource

from swarmd import __version__
from swarmd.api.access.guard import Guard
from swarmd.api.build import Build
from swarmd.api.networks import Networks as NetworksNoun
from swarmd.api.root import Root
from swarmd.api.routing.resource import Noun
from swarmd.api.tree import make_tree
from swarmd.api.volumes import Volumes as VolumesNoun
from swarmd.cluster.actions import EngineNoted
from swarmd.cluster.state import State
from swarmd.cluster.views.info import FleetIdentity
from swarmd.config.link_factory import LinkFactory
from swarmd.config.options import Options as Options
from swarmd.config.settings import Settings
from swarmd.core.names import random_name
from swarmd.discovery.source import Source, make_source
from swarmd.engine.limits import Timing
from swarmd.engine.tracking_context import TrackingContext
from swarmd.files.in_thread import in_thread
from swarmd.front.site import DockerSite
from swarmd.manager.builds.base_images import BaseImages
from swarmd.manager.builds.build_placement import BuildPlacement
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.duplicate_names import DuplicateNames
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.fleet.event_hub import EventHub
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.startup_gate import StartupGate
from swarmd.manager.images.copying.distribute import Distributor
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.images.name_times import NameTimes
from swarmd.manager.interfaces import FleetView
from swarmd.manager.moving.follow import Follower
from swarmd.manager.networks.local_networks import LocalNetworks
from swarmd.manager.volumes.local_volumes import LocalVolumes
from swarmd.service.authorization import Authorization
from swarmd.service.daemon import Swarmd
from swarmd.service.daemon_id import daemon_id
from swarmd.service.handover.assembly import handle_signals, make_handover
from swarmd.service.handover.memory import SharedMemory
from swarmd.service.handover.operators_work import OperatorsWork
from swarmd.service.live_settings import (
    change_listeners,
    change_making,
    change_placement,
    change_tracking,
)
from swarmd.service.observation import Observation
from swarmd.service.operations import Operations
from swarmd.service.page import make_page
from swarmd.service.process.gc_tuning import RareCollection
from swarmd.service.process.listeners import ListenerGroup
from swarmd.service.process.logs import LevelObserver, place
from swarmd.service.process.open_files import affordable
from swarmd.service.process.rejections import Rejections
from swarmd.service.process.systemd import Notifier
from swarmd.service.publishing import make_publishers
from swarmd.service.reconfiguration import Reconfiguration
from swarmd.service.request_logs import RequestLogs
from swarmd.service.server import make_listeners, make_site
from swarmd.service.sharing import Sharing, make_sharing
from swarmd.streams.dialing.resolver import names
from swarmd.streams.reactor import speed_up
from swarmd.tls.reload import TlsReload

_log = Logger()


def makeService(options: Options) -> MultiService:
    """Called by twistd, once the options are known to be good."""
    from twisted.internet import reactor as installed

    reactor: Any = installed
    speed_up(reactor)
    reactor.installNameResolver(names(reactor))
    most = affordable(options.settings.max_connections)
    settings = replace(options.settings, max_connections=most)
    log = _own_log_observer(options, reactor)
    daemon = make_service(settings, reactor, log=log, forked=_forks(options), options=options)
    if log is not None:
        daemon.live.follow(lambda new: log.change(new.log_level, new.observability.log_format))
    for remark in options.sources.remarks():
        _log.warn("{remark}", remark=remark)
    RareCollection().setServiceParent(daemon)
    signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(daemon.reread))
    handle_signals(reactor, daemon.handover, options.parent)
    return daemon


def _forks(options: Options) -> bool:
    """Unless twistd is told otherwise; ``swarmd`` by itself never does."""
    outer: Any = options.parent or {}
    return not outer.get("nodaemon", True)


def _own_log_observer(options: Options, reactor: Any) -> LevelObserver | None:
    """In place of twistd's, and to the same place; except for syslog, which stays its own."""
    outer: Any = options.parent or {}
    where = place(outer, sys.stdout, reactor.callFromThread)
    if where is None:
        return None
    settings = options.settings
    return LevelObserver(settings.log_level, where, settings.observability.log_format)


def make_service(
    settings: Settings,
    reactor: Any,
    *,
    log: ILogObserver | None = None,
    forked: bool = False,
    options: Options | None = None,
    now: Callable[[], float] = time.time,
    rng: random.Random | None = None,
) -> Swarmd:
    """Everything, connected but not started.

    Args:
        reactor: Also the clock.
        options: Where the settings are from, if that is to be read again.
        rng: All randomness there is; seeded by tests.
    """
    rng, daemon = rng or random.Random(), Swarmd(log, forked=forked)
    logs = _request_logs(settings, reactor, now, daemon)
    fleet, tls_reload = _fleet(settings, reactor, now, rng, daemon)
    source = _discovery(settings, reactor, fleet, daemon)
    startup = StartupGate(fleet.state.engines, reactor, lambda: source.listed)
    observation = Observation(settings, fleet, startup, logs)
    sharing, rejections = make_sharing(settings, reactor, now, rng), Rejections(reactor.seconds)
    tree = _tree(settings, reactor, fleet, rng, daemon, sharing)
    _duplicate_names(fleet, reactor).setServiceParent(daemon)
    startup.setServiceParent(daemon)
    site = make_site(settings, reactor, fleet, tree.root, rejections.report, startup)
    listeners = make_listeners(settings, reactor, site, tls_reload, rejections)
    observation.observe(reactor, site)
    published = make_publishers(settings, reactor, fleet, daemon)
    notifier = Notifier(os.environ, reactor, fleet.summary)
    doors = ListenerGroup([listeners, *observation.listeners, *published])
    parts = site, doors, tree.work, tree.memory, startup, notifier, logs, daemon
    daemon.handover = make_handover(settings, reactor, fleet, *parts)
    listeners.setServiceParent(daemon)
    observation.setServiceParent(daemon)
    _follow(daemon, settings, options, reactor, fleet, site, observation)
    notifier.setServiceParent(daemon)
    return daemon


def _request_logs(
    settings: Settings, reactor: Any, now: Callable[[], float], daemon: Swarmd
) -> RequestLogs:
    logs = RequestLogs(settings, reactor, now)
    logs.setServiceParent(daemon)
    daemon.live.follow(logs.change)
    return logs


def _fleet(
    settings: Settings,
    reactor: Any,
    now: Callable[[], float],
    rng: random.Random,
    daemon: Swarmd,
) -> tuple[Fleet, TlsReload]:
    """The fleet, and how its engines are reached."""
    state = State(reactor.seconds)
    hub = EventHub(state)
    context = _tracking_context(settings, reactor, now, rng, state, hub)
    tls_reload = TlsReload(reactor, now, in_thread(reactor), note=partial(_note_tls, state))
    tls_reload.setServiceParent(daemon)
    fleet = Fleet(state, hub, context, LinkFactory(settings, tls_reload, reactor), now)
    fleet.setServiceParent(daemon)
    _report_tls(tls_reload, fleet)
    return fleet, tls_reload


def _report_tls(tls_reload: TlsReload, fleet: Fleet) -> None:
    fleet.notices.add(tls_reload.notices)
    fleet.expiring.add(tls_reload.expiring)
    fleet.bad_files["tls"] = tls_reload.problems


def _follow(
    daemon: Swarmd,
    settings: Settings,
    options: Options | None,
    reactor: Any,
    fleet: Fleet,
    site: DockerSite,
    observation: Observation,
) -> None:
    """Settings that change while it runs."""
    daemon.live.follow(observation.change)
    daemon.live.follow(partial(change_tracking, fleet))
    daemon.live.follow(partial(change_listeners, site, settings))
    if options is not None:
        sources, running = options.sources, options.configuration
        part = Reconfiguration(sources, running, daemon.live.change, in_thread(reactor))
        part.setServiceParent(daemon)
        fleet.notices.add(part.notices)
        fleet.bad_files["config"] = part.problems


def _note_tls(state: State, key: str, texts: Sequence[str]) -> None:
    state.dispatch(EngineNoted(key, "tls", texts))


def _discovery(settings: Settings, reactor: Any, fleet: Fleet, daemon: Swarmd) -> Source:
    source = make_source(
        settings.discovery,
        reactor,
        fleet.apply,
        fleet.report,
        settings.engine_port,
        in_thread(reactor),
        settings.registry,
    )
    source.setName("discovery")
    fleet.notices.add(source.notices)
    fleet.bad_files["hosts"] = lambda: [fleet.problem] if fleet.problem else []
    source.setServiceParent(daemon)
    return source


def _tracking_context(
    settings: Settings,
    reactor: Any,
    now: Callable[[], float],
    rng: random.Random,
    state: State,
    hub: EventHub,
) -> TrackingContext:
    timing = Timing(
        heartbeat=settings.heartbeat,
        failure_retry=settings.failure_retry,
        refresh_min=settings.refresh_min,
        refresh_max=settings.refresh_max,
    )
    return TrackingContext(
        reactor, now, rng.random, state.dispatch, hub.publish, state.engines, timing
    )


def _random_id(rng: random.Random) -> str:
    return f"{rng.getrandbits(256):064x}"


class _Tree(NamedTuple):
    """All that can be asked; and what of those who do it changes hands at an upgrade."""

    root: Resource
    work: OperatorsWork
    memory: SharedMemory


def _tree(
    settings: Settings,
    reactor: Any,
    fleet: Fleet,
    rng: random.Random,
    daemon: Swarmd,
    sharing: Sharing | None,
) -> _Tree:
    """All that can be asked, and who does it."""
    plans, supply = PullPlans(fleet.now), Supply(fleet)
    placer = Placer(fleet, settings.policy, lambda: rng.getrandbits(32))
    networks, volumes = _local(settings, fleet, placer)
    local = LocalResources(fleet, networks, volumes, supply)
    distributor = Distributor(fleet, placer, supply, settings.distribute_builds)
    creator = _creator(settings, rng, fleet, placer, plans, local)
    follower = Follower(fleet, creator, local, partial(_random_id, rng))
    builders, own_images = Builders(fleet, reactor), OwnImages()
    builds, identity = BuildPlacement(fleet, placer, builders, reactor), _fleet_identity(settings)
    daemon.live.follow(partial(change_placement, placer, creator, identity))
    daemon.live.follow(partial(change_making, fleet, distributor))
    operations = Operations(settings, reactor, rng, fleet, creator, placer, plans, local, sharing)
    _attach(operations, distributor, fleet, daemon, identity, sharing)
    if sharing is not None:
        sharing.claim(fleet, creator, local)
    page = make_page(reactor, fleet, identity, operations) if settings.ui else None

    def tree(seen: FleetView) -> Root:
        """The nouns, for whoever sees so much of the fleet."""
        root = make_tree(seen, identity, creator, plans, supply, own_images, reactor)
        root.putChild(b"networks", NetworksNoun(seen, networks, local, follower))
        root.putChild(b"volumes", VolumesNoun(seen, volumes))
        bases = BaseImages(seen, supply)
        Build(seen, builds, builders, distributor, bases, own_images).attach(root)
        if page is not None:
            root.putChild(b"swarmd", page.home(seen))
        return root

    root = _guarded(settings, reactor, fleet, operations, tree, daemon)
    memory = SharedMemory(plans, own_images, builders, builds, fleet.hub)
    return _Tree(root, operations.work, memory)


def _local(settings: Settings, fleet: Fleet, placer: Placer) -> tuple[LocalNetworks, LocalVolumes]:
    fleet.network_driver = settings.network_driver
    return LocalNetworks(fleet, placer), LocalVolumes(
        fleet, placer, everywhere=settings.volumes_everywhere
    )


def _attach(
    operations: Operations,
    distributor: Distributor,
    fleet: Fleet,
    daemon: Swarmd,
    identity: FleetIdentity,
    sharing: Sharing | None,
) -> None:
    operations.setServiceParent(fleet)
    operations.work.copies = lambda: distributor.under_way
    daemon.live.follow(operations.change)
    NameTimes(fleet)
    if sharing is not None:
        sharing.setServiceParent(fleet)
        sharing.attach(fleet, identity)


def _guarded(
    settings: Settings,
    reactor: Any,
    fleet: Fleet,
    operations: Operations,
    tree: Callable[[FleetView], Root],
    daemon: Swarmd,
) -> Resource:
    """The root, behind the policy if there is one."""
    root = tree(fleet)
    own = operations.attach(root)
    if settings.authz is None:
        return root
    authorization = Authorization(settings.authz, reactor, fleet, root, tree, in_thread(reactor))
    return _guard(authorization, own, daemon)


def _creator(
    settings: Settings,
    rng: random.Random,
    fleet: Fleet,
    placer: Placer,
    plans: PullPlans,
    local: LocalResources,
) -> Creator:
    invent, make_id = partial(random_name, rng.choice), partial(_random_id, rng)
    return Creator(fleet, placer, plans, local, invent, make_id, settings.create_retry)


def _guard(authorization: Authorization, own: Noun, daemon: Swarmd) -> Guard:
    """The root behind the policy; ``own`` is the resource of swarmd's own paths."""
    own.add("policy", GET=authorization.learned)
    authorization.setServiceParent(daemon)
    return authorization.guard


def _duplicate_names(fleet: Fleet, reactor: Any) -> DuplicateNames:
    duplicates = DuplicateNames(fleet.state, reactor)
    fleet.notices.add(duplicates.notices)
    return duplicates


def _fleet_identity(settings: Settings) -> FleetIdentity:
    proxies = {name: os.environ.get(name, "") for name in ("http_proxy", "https_proxy", "no_proxy")}
    return FleetIdentity(
        name=socket.gethostname(),
        version=__version__,
        id=daemon_id(settings.listen),
        strategy=settings.policy.strategy,
        filters=settings.policy.filters,
        overcommit=settings.policy.overcommit,
        kernel=platform.release(),
        proxies=proxies,
    )
