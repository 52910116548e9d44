"""What changes while swarmd runs, as its settings do; the options of these are marked as live."""

from __future__ import annotations

from collections.abc import Callable

from swarmd.cluster.views.info import FleetIdentity
from swarmd.config.own_names import own_names
from swarmd.config.settings import Settings
from swarmd.front.site import DockerSite
from swarmd.manager.containers.create import Creator
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.images.copying.distribute import Distributor
from swarmd.service.process.open_files import affordable


class LiveSettings:
    """Whoever goes by settings that may change hears of it here."""

    def __init__(self) -> None:
        self._users: list[Callable[[Settings], None]] = []

    def follow(self, use: Callable[[Settings], None]) -> None:
        self._users.append(use)

    def change(self, settings: Settings) -> None:
        for use in self._users:
            use(settings)


def change_tracking(fleet: Fleet, new: Settings) -> None:
    fleet.retime(new.heartbeat, new.failure_retry, new.refresh_min, new.refresh_max)


def change_listeners(site: DockerSite, start: Settings, new: Settings) -> None:
    """``start`` has the addresses that are listened on."""
    site.max_connections = affordable(new.max_connections)
    site.answer_to(own_names(start.listen) | set(new.allow_hosts))


def change_placement(
    placer: Placer, creator: Creator, identity: FleetIdentity, new: Settings
) -> None:
    """``identity`` shows it."""
    placer.policy, creator.retries = new.policy, new.create_retry
    identity.strategy, identity.filters = new.policy.strategy, new.policy.filters
    identity.overcommit = new.policy.overcommit


def change_making(fleet: Fleet, distributor: Distributor, new: Settings) -> None:
    fleet.network_driver, distributor.builds = new.network_driver, new.distribute_builds
