"""The whole tree, put together."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime

from swarmd.api import unsupported
from swarmd.api.commit import Commit
from swarmd.api.containers import Containers
from swarmd.api.disk_usage import SystemFolder
from swarmd.api.events import Events
from swarmd.api.exec import Execs
from swarmd.api.images import Images
from swarmd.api.registry import Registry
from swarmd.api.root import Root
from swarmd.api.system import System
from swarmd.cluster.views.info import FleetIdentity
from swarmd.manager.builds.own_images import OwnImages
from swarmd.manager.containers.create import Creator
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.images.copying.supply import Supply
from swarmd.manager.interfaces import FleetView


def make_tree(
    fleet: FleetView,
    identity: FleetIdentity,
    creator: Creator,
    plans: PullPlans,
    supply: Supply,
    own: OwnImages,
    clock: IReactorTime,
) -> Root:
    containers = Containers(fleet, creator)
    root = Root(fleet, containers.often)
    System(fleet, identity).attach(root)
    SystemFolder(fleet).attach(root)
    root.add("events", GET=Events(fleet, clock).events)
    root.putChild(b"containers", containers)
    root.putChild(b"exec", Execs(fleet))
    root.putChild(b"images", Images(fleet, plans, supply, own))
    Registry(fleet).attach(root)
    root.add("commit", POST=Commit(fleet, own).commit)
    unsupported.attach(root)
    return root
