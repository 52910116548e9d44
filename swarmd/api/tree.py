"""The whole tree, put together."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from swarmd.api import unsupported
from swarmd.api.build import Build
from swarmd.api.containers import Containers
from swarmd.api.events import Events
from swarmd.api.exec import Execs
from swarmd.api.images import Images
from swarmd.api.networks import Networks
from swarmd.api.root import Root
from swarmd.api.system import System
from swarmd.api.volumes import Volumes
from swarmd.cluster.info import Identity
from swarmd.manager.create import Creator
from swarmd.manager.fleet import Fleet
from swarmd.manager.networks import Networks as NetworkManager
from swarmd.manager.plans import Plans
from swarmd.manager.volumes import Volumes as VolumeManager


def make_tree(
    fleet: Fleet,
    identity: Identity,
    creator: Creator,
    plans: Plans,
    networks: NetworkManager,
    volumes: VolumeManager,
    build: Build,
    clock: IReactorTime,
) -> Root:
    root = Root(fleet)
    System(fleet, identity).attach(root)
    root.add("events", GET=Events(fleet, clock).events)
    root.putChild(b"containers", Containers(fleet, creator))
    root.putChild(b"exec", Execs(fleet))
    root.putChild(b"images", Images(fleet, plans))
    root.putChild(b"networks", Networks(fleet, networks))
    root.putChild(b"volumes", Volumes(fleet, volumes))
    build.attach(root)
    unsupported.attach(root)
    return root
