"""Creates a container: place, reserve, ask the engine, and go on elsewhere if it cannot.

The reservation stands before the request leaves, so creates under way see each other, and until it
is certain that the container is there or never will be: an attempt goes on to its end when who
asked leaves, and one whose answer was lost stays counted until its engine has told. A request that
may have reached an engine is never repeated before it is known that it made nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import count

from swarmd.core.container.container_state import Container
from swarmd.core.errors import ApiError, EngineUnreachable, NameTaken
from swarmd.core.image.image_reference import familiar
from swarmd.core.model import Engine
from swarmd.core.names import check_container_name
from swarmd.manager.claims.claimant import Claimant
from swarmd.manager.claims.committer import OutrunError
from swarmd.manager.claims.contest import Contest
from swarmd.manager.claims.elsewhere import Elsewhere
from swarmd.manager.claims.renames import Renames
from swarmd.manager.containers.attachments import Attachments
from swarmd.manager.containers.attempt import Attempts
from swarmd.manager.containers.create_order import (
    CreateOrder,
    NotMadeError,
    completed,
    reservation,
)
from swarmd.manager.containers.local_resources import LocalResources
from swarmd.manager.containers.node_choice import Choice, NodeChoice
from swarmd.manager.containers.pull_plans import PullPlans
from swarmd.manager.containers.reconcile import Reconciler
from swarmd.manager.containers.start import Starter
from swarmd.manager.fleet.answers import message_of
from swarmd.manager.fleet.fleet import Fleet
from swarmd.manager.fleet.placer import Placer
from swarmd.manager.fleet.read_your_writes import (
    settle_containers,
    settle_details,
    unsettled,
)
from swarmd.manager.fleet.shield import shielded
from swarmd.manager.images.platforms import platform_known
from swarmd.scheduler.refusal import NoCandidate
from swarmd.streams.link import Answer

OUTCOMES = ("created", "no_image", "no_node", "refused", "failed")
CREATED, NO_IMAGE, NO_NODE, REFUSED, FAILED = OUTCOMES
TRIES = 3  # engines asked before the create is given up, beside swarm.createretry

Failures = dict[str, tuple[Engine, ApiError]]  # by the engine's key


class Creator:
    """The creator of containers: all creates.

    Attributes:
        retries: Of swarm.createretry.
        choice: Of nodes.
        starter: Of what was created.

    Args:
        invent: Makes a free name, given a test whether a name is taken.
        identify: Makes a Swarm ID.
    """

    def __init__(
        self,
        fleet: Fleet,
        placer: Placer,
        plans: PullPlans,
        local: LocalResources,
        invent: Callable[[Callable[[str], bool]], str],
        identify: Callable[[], str],
        retries: int = 0,
    ) -> None:
        self._fleet = fleet
        self.choice = NodeChoice(fleet, placer, plans, local)
        self.starter = Starter(fleet, placer)
        self._placer = placer
        self._plans = plans
        self._local = local
        self._attempts = Attempts(fleet, plans)
        self._invent = invent
        self._identify = identify
        self.retries = retries
        self._numbers = count(1)
        self._reconciler = Reconciler(fleet)

    def agree(self, claimant: Claimant) -> None:
        """From now on other swarmds have to agree to each create."""
        self._attempts.claimant = claimant
        self._placer.by_chance = True
        self._local.agree(claimant)
        self.starter.renames = Renames(self._fleet, claimant)
        self._fleet.elsewhere = Elsewhere(self._fleet, claimant)

    async def create(self, order: CreateOrder) -> Answer:
        """Raises ApiError if it can be placed nowhere, or nowhere works."""
        outcome = FAILED
        try:
            answer = await self._create(order)
            outcome = _outcome(answer.status)
        except NoCandidate:
            outcome = NO_NODE
            raise
        except ApiError as error:
            outcome = FAILED if error.status >= 500 else REFUSED
            raise
        finally:
            self._fleet.placements[outcome] += 1
        return answer

    async def _create(self, order: CreateOrder) -> Answer:
        if order.name:
            check_container_name(order.name)
        await self._local.settle(order.config)
        order = completed(self._fleet.state, order, self._invent, self._identify)
        attachments = Attachments(self._local, order.config, order.leaves)
        order = await platform_known(self._fleet, order)
        failures: Failures = {}
        contest = Contest(self._fleet, self._attempts.claimant, order.name)
        while len(failures) < TRIES + self.retries:
            try:
                choice = await self._choose(order, attachments, failures, contest)
            except NoCandidate:
                if failures:
                    break
                raise
            try:
                return await self._create_on(choice, order, attachments, failures)
            except NotMadeError as failure:
                failures[choice.engine.key] = choice.engine, failure.error
            except (OutrunError, NameTaken) as met:
                await contest.lost(met)
        raise _all_failed(list(failures.values()))

    async def _choose(
        self,
        order: CreateOrder,
        attachments: Attachments,
        failures: Failures,
        contest: Contest,
    ) -> Choice:
        """Before it is refused, what may have ended or changed a moment ago is asked for.

        Nothing is waited for from there to the reservation: what another process has claimed until
        then counts.
        """
        self._fleet.state.reservations.hear()
        try:
            return self.choice.choose(order, attachments, failures)
        except NoCandidate:
            await contest.hear()
            changed = unsettled(self._fleet)
            if not (changed or contest.claimant) or failures:
                raise
        await settle_containers(self._fleet, changed)
        await settle_details(self._fleet, _unsized(changed))
        self._fleet.state.reservations.hear()
        return self.choice.choose(order, attachments, failures)

    async def _create_on(
        self,
        choice: Choice,
        order: CreateOrder,
        attachments: Attachments,
        failures: Failures,
    ) -> Answer:
        """One attempt. Raises NotMadeError if this engine certainly made nothing.

        A missing image is the client's to pull, onto this node; a failing engine is left.
        """
        fleet, (engine, demand, old) = self._fleet, choice
        order.admit(demand, old)  # in one turn with the reservation, so that no two slip through
        number, now = next(self._numbers), fleet.now()
        pending = reservation(fleet.state, order, engine, demand, number, now)
        fleet.state.reserve(pending, order.replaces.id if order.replaces else "")
        has_other = partial(self.choice.has_other, order, attachments, engine, failures)
        attempt = self._attempts.run(engine, pending, order, attachments, has_other)
        answer = await shielded(attempt, NotMadeError, OutrunError)
        if answer.status == 404:
            self._plans.note(order.client, familiar(order.config.image), engine.key)
        if answer.status >= 500:
            raise NotMadeError(ApiError(message_of(answer.body), answer.status))
        return answer


def _outcome(status: int) -> str:
    if status == 201:
        return CREATED
    return NO_IMAGE if status == 404 else REFUSED


def _unsized(engines: Iterable[Engine]) -> list[Container]:
    return [one for engine in engines for one in engine.containers.values() if not one.sized]


def _all_failed(failures: list[tuple[Engine, ApiError]]) -> ApiError:
    """The first engine's status; each different reason once, with the nodes that gave it."""
    nodes: dict[str, list[str]] = {}
    for engine, error in failures:
        cause = error.cause if isinstance(error, EngineUnreachable) else error.message
        nodes.setdefault(cause, []).append(engine.name)
    lines = [f"{', '.join(names)}: {cause}" for cause, names in nodes.items()]
    return ApiError("\n".join(lines), failures[0][1].status)
