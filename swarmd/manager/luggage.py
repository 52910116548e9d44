"""What a container brings to its node: networks and volumes that nobody uses yet.

They live on one node and draw containers there; only where that node will not do, and as long as
they are nobody's, they follow the container instead.
"""

from __future__ import annotations

from dataclasses import replace

from swarmd.core.config import CreateRequest
from swarmd.core.model import Engine
from swarmd.manager.networks import Networks
from swarmd.manager.volumes import Volumes
from swarmd.scheduler.request import Placement


class Luggage:
    """The networks and volumes that a create names."""

    def __init__(self, networks: Networks, volumes: Volumes) -> None:
        self._networks = networks
        self._volumes = volumes

    def left_behind(self, wanted: Placement, leaves: str = "") -> Placement:
        """``wanted`` without what could be moved to wherever the container goes.

        Args:
            leaves: Key of the engine that it leaves: networks of that one are copied, and its
                volumes come up empty, which whoever moves a container has to judge.
        """
        networks = (
            name
            for name in wanted.networks
            if not self._networks.movable(name) and not self._networks.only_on(name, leaves)
        )
        volumes = (
            name
            for name in wanted.volumes
            if not self._volumes.movable(name) and not self._volumes.only_on(name, leaves)
        )
        return replace(wanted, networks=tuple(networks), volumes=tuple(volumes))

    async def bring(self, config: CreateRequest, engine: Engine, leaves: str = "") -> None:
        """Moves or copies what is elsewhere to ``engine``, before the create is sent there."""
        for name in config.networks:
            copied = self._networks.only_on(name, leaves)
            network = self._networks.movable(name)
            if copied is not None:
                await self._networks.copy(copied, engine)
            elif network is not None and network.engine is not engine:
                await self._networks.move(network, engine)
        for name in config.volumes:
            volume = self._volumes.movable(name)
            if volume is not None and volume.engine is not engine:
                await self._volumes.move(volume, engine)

    def unpacked(self, config: CreateRequest, engine: Engine) -> None:
        """The container is there: its volumes may hold data from now on."""
        self._volumes.mounted(engine, config.volumes)
