"""Others' claims: they count here like reservations, until what they are about is seen.

What goes without a word, because its owner is gone or believes that everybody has seen it, is in
doubt unless it has been seen: its engine is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from twisted.logger import Logger

from swarmd.cluster import actions as news
from swarmd.cluster.state import State
from swarmd.core.container.container_state import Container
from swarmd.core.errors import NameTaken
from swarmd.core.model import Engine
from swarmd.core.names import IDENTITY
from swarmd.manager.claims.claim import CREATE, LISTED, RENAME, Claim, read_claim
from swarmd.manager.claims.interfaces import UseCounter

MARK = "claim-"  # before the IDs of reservations that are others'
_SEEING = (news.ContainersListed, news.ContainerInspected)


@dataclass(slots=True)
class ForeignClaim:
    """One claim of another swarmd's, and what it holds here.

    Attributes:
        engine: None as long as nobody here knows that engine.
        seen: What it is about was seen: engines tell all about it now.
        held: Ends what it holds beside the reservation.
    """

    claim: Claim
    engine: Engine | None = None
    seen: bool = False
    held: ExitStack = field(default_factory=ExitStack)

    @property
    def id(self) -> str:
        return MARK + self.claim.id

    @property
    def identity(self) -> str:
        container = self.claim.container
        return container.labels.get(IDENTITY, "") if container is not None else ""


class ForeignClaims:
    """The claims of all other swarmds, by their heads.

    Args:
        own: Whose claims are not others'.
    """

    _log = Logger()

    def __init__(self, state: State, local: UseCounter, own: str) -> None:
        self.standing: dict[str, ForeignClaim] = {}
        self.on_end: Callable[[ForeignClaim], None] = lambda ended: None
        self._state = state
        self._local = local
        self._own = own
        self._unseen: dict[str, dict[str, ForeignClaim]] = {}  # key of the engine -> by head
        self._homeless: dict[str, ForeignClaim] = {}
        state.watch(self._on_action)

    def blocks(self, head: str) -> ForeignClaim | None:
        """Who has what the head stands for, as far as engines have not told yet."""
        found = self.standing.get(head)
        return found if found is not None and not found.seen else None

    def unseen(self) -> list[Engine]:
        """The engines that may have made what nobody has seen here."""
        return [self._state.engines[key] for key in self._unseen if key in self._state.engines]

    # News from the store

    def hear(self, head: str, value: bytes | None) -> None:
        """What stands at a head now; None if nothing does."""
        claim = self._read(head, value) if value is not None else None
        old = self.standing.get(head)
        if old is not None and (claim is None or claim.over or claim.id != old.claim.id):
            self._end(head, old, free=value is not None)
        if old is None and claim is not None and claim.over and claim.kind in LISTED:
            engine = self._state.roster.owner(claim.engine)  # it came and went unheard
            if engine is not None:
                self._mark_lists(engine)
        if claim is not None and not claim.over and head not in self.standing:
            self._begin(head, ForeignClaim(claim))

    def _mark_lists(self, engine: Engine) -> None:
        for kind in ("networks", "volumes"):
            self._state.mark_stale(engine.key, kind)

    def _read(self, head: str, value: bytes) -> Claim | None:
        try:
            claim = read_claim(head, value)
        except ValueError as error:
            self._log.warn("{head} in the store: {error}", head=head, error=error)
            return None
        return None if claim.owner == self._own else claim

    def _begin(self, head: str, one: ForeignClaim) -> None:
        self.standing[head] = one
        if one.claim.engine:
            one.engine = self._state.roster.owner(one.claim.engine)
        if one.claim.engine and one.engine is None:
            self._homeless[head] = one
            return
        self._count(head, one)

    def _count(self, head: str, one: ForeignClaim) -> None:
        claim, engine = one.claim, one.engine
        if engine is not None and claim.uses:
            one.held.enter_context(self._local.claimed(claim.uses, engine))
        if claim.kind == RENAME:
            self._take_name(claim)
        elif claim.container is not None and engine is not None:
            self._reserve(head, one, engine, claim.container)

    def _take_name(self, claim: Claim) -> None:
        try:
            self._state.reservations.take_name(claim.name, claim.subject)
        except NameTaken:
            return  # its head says so all the same

    def _reserve(self, head: str, one: ForeignClaim, engine: Engine, asked: Container) -> None:
        """Unless it was seen, or is told of by another process of this swarmd."""
        pending = self._state.reservations.pending.values()
        if any(each.container.labels.get(IDENTITY) == one.identity for each in pending):
            return
        container = asked._replace(id=one.id, engine=engine.key)
        try:
            self._state.reservations.take(container, engine)
        except NameTaken:
            self._state.reservations.take(container._replace(names=()), engine)
        self._unseen.setdefault(engine.key, {})[head] = one
        self._look(engine.key)

    def _end(self, head: str, one: ForeignClaim, *, free: bool) -> None:
        """``free`` if its owner has said that it is over."""
        del self.standing[head]
        self._homeless.pop(head, None)
        self._forget(head, one)
        one.held.close()
        claim, engine = one.claim, one.engine
        if engine is not None and (claim.uses or claim.kind in LISTED):
            self._mark_lists(engine)
        if claim.kind == CREATE and not one.seen:
            self._end_create(one, free=free)
        elif claim.kind == RENAME:
            self._end_rename(claim, free=free)
        self.on_end(one)

    def _end_create(self, one: ForeignClaim, *, free: bool) -> None:
        reservation = self._state.reservations.pending.get(one.id)
        if reservation is None:
            return
        if free or not reservation.container.name:
            self._state.release(one.id)
        else:
            self._state.doubt(one.id, lambda: None)

    def _end_rename(self, claim: Claim, *, free: bool) -> None:
        container = self._state.containers.get(claim.subject)
        if free or container is None or container.name == claim.name:
            self._state.reservations.free_name(claim.name, claim.subject)
        else:
            self._state.release_name(claim.name, claim.subject, granted=None)

    # News from engines

    def _on_action(self, action: news.Action) -> None:
        if isinstance(action, news.EngineValidated):
            self._bring_home()
        elif isinstance(action, news.EngineUnlisted):
            self._unseen.pop(action.key, None)
        elif action.key in self._unseen:
            if isinstance(action, news.EventSeen):
                self._event(action)
            elif isinstance(action, _SEEING):
                self._look(action.key)

    def _bring_home(self) -> None:
        for head, one in list(self._homeless.items()):
            one.engine = self._state.roster.owner(one.claim.engine)
            if one.engine is not None:
                del self._homeless[head]
                self._count(head, one)

    def _event(self, action: news.EventSeen) -> None:
        """A container's events bear its labels: what it takes is known from the claim."""
        event = action.event
        identity = event.attributes.get(IDENTITY) if event.kind == "container" else None
        for head, one in list(self._unseen[action.key].items()) if identity else ():
            if one.identity == identity:
                self._see(head, one, event.id)

    def _look(self, key: str) -> None:
        for head, one in list(self._unseen.get(key, {}).items()):
            for found in self._state.catalogue.identities.find(one.identity):
                if self._state.containers[found].engine == key:
                    self._see(head, one, found)

    def _see(self, head: str, one: ForeignClaim, container_id: str) -> None:
        """The container takes the place of the reservation."""
        one.seen = True
        self._forget(head, one)
        reservation = self._state.reservations.pending.get(one.id)
        if reservation is not None:
            name = one.claim.name
            made = reservation.container._replace(id=container_id, names=(name,), pending=False)
            self._state.confirm(one.id, made)

    def _forget(self, head: str, one: ForeignClaim) -> None:
        key = one.engine.key if one.engine is not None else ""
        heads = self._unseen.get(key, {})
        heads.pop(head, None)
        if not heads:
            self._unseen.pop(key, None)

    def heads_of(self, engine: Engine) -> Iterator[str]:
        yield from self._unseen.get(engine.key, {})
