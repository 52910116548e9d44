"""Chooses the engine of a build: constraints, then where its images are, then the strategy."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.interfaces import IReactorTime

from swarmd.cluster.images.image_lookup import engines_with_image
from swarmd.core.container.container_state import Demand
from swarmd.core.container.create_request import CreateRequest, parse_create
from swarmd.core.errors import Conflict
from swarmd.core.expressions import parse_expressions
from swarmd.core.image.build_request import BuildRequest
from swarmd.core.model import Engine
from swarmd.manager.builds.builders import Builders
from swarmd.manager.builds.locations import Locations
from swarmd.manager.containers.create_order import References, check_affinities
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import settle_lists
from swarmd.scheduler.filters.platform import parse_platform
from swarmd.scheduler.placement import ANY_PLATFORM, Placement
from swarmd.scheduler.refusal import NoCandidate

PATIENCE = 5.0  # seconds that a session or an upload waits for its build


class BuildPlacement:
    """All builds, and the sessions that belong to them.

    Attributes:
        builds, sessions: On which engines they are, by ID.
    """

    def __init__(
        self, fleet: Fleet, placer: Placer, builders: Builders, clock: IReactorTime
    ) -> None:
        self._fleet = fleet
        self._placer = placer
        self._builders = builders
        self.builds = Locations(clock)
        self.sessions = Locations(clock)

    async def place(self, build: BuildRequest, client: str) -> Engine:
        """Where ``build`` goes; what belongs to it will follow.

        Raises:
            ApiError: No engine will do, in the scheduler's words.
        """
        if build.uploads_for:
            return self._at(await self.builds.wait(build.uploads_for, PATIENCE), client)
        await settle_lists(self._fleet, "images", *(["networks"] if build.network else []))
        engine = self._choose(build, self._candidates(build), client)
        self.builds.put(build.id, engine.key)
        self.sessions.put(build.session, engine.key)
        return engine

    def network_of(self, build: BuildRequest) -> str:
        """The network of its steps, as the engine knows it."""
        references = self._references(build)
        kind, colon, ref = build.network.rpartition("container:")
        return f"{kind}{colon}{references.plain(ref)}"

    def _references(self, build: BuildRequest) -> References:
        return References(self._fleet.state, _steps(build))

    async def session(self, session: str, client: str) -> Engine:
        """With its build; where none comes, as buildx's never does, with the client's calls."""
        if self._builders.building(client):
            return self._at(self.sessions.find(session), client)
        return self._at(await self.sessions.wait(session, PATIENCE), client)

    def engine_of(self, build_id: str) -> Engine | None:
        return self._fleet.state.engines.get(self.builds.find(build_id) or "")

    def _at(self, key: str | None, client: str) -> Engine:
        return self._fleet.state.engines.get(key or "") or self._builders.engine(client)

    def _candidates(self, build: BuildRequest) -> list[Engine]:
        """Best first. An engine can build for another platform than its own, so that is a wish."""
        affinities = parse_expressions(build.affinities)
        check_affinities(self._fleet.state, affinities)
        references = self._references(build)
        wanted = Placement(
            demand=Demand(memory=build.memory),
            dependencies=tuple(references.dependencies()),
            networks=tuple(references.plain(name) for name in _steps(build).networks),
            pins=tuple(references.node_pins()),
            constraints=parse_expressions(build.constraints),
            affinities=affinities,
            platform=parse_platform(build.platform),
        )
        try:
            return self._placer.rank(wanted)
        except NoCandidate:
            if wanted.platform == ANY_PLATFORM:
                raise
            return self._placer.rank(replace(wanted, platform=ANY_PLATFORM))

    def _choose(self, build: BuildRequest, ranked: list[Engine], client: str) -> Engine:
        session = self.sessions.find(build.session) if build.session else None
        if session is not None:
            return _fixed(session, ranked)
        state = self._fleet.state
        having = {e.key for ref in build.images for e in engines_with_image(state, ref)}
        holders = (engine for engine in ranked if engine.key in having)
        builder = self._builders.engine(client) if build.buildkit else ranked[0]
        return next(holders, builder if builder in ranked else ranked[0])


def _steps(build: BuildRequest) -> CreateRequest:
    """A container as each of its steps is one, as far as that says where it can run."""
    return parse_create({"Image": "scratch", "HostConfig": {"NetworkMode": build.network}})


def _fixed(key: str, ranked: list[Engine]) -> Engine:
    """The session is open already, so there is no choice left."""
    for engine in ranked:
        if engine.key == key:
            return engine
    raise Conflict(
        "this build's session went to another node than its constraints want; "
        "build again, or use the legacy builder: DOCKER_BUILDKIT=0"
    )
