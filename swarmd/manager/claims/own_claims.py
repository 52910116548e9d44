"""One's own claims, from the moment they stand until everybody has seen what came of them.

What has ended without a result says so at once. What has led to something stays until all others
have heard of that from the engine; who has not by then asks the engine.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.interfaces import IReactorTime

from swarmd.cluster import actions as news
from swarmd.cluster.reservations import ClaimChange
from swarmd.cluster.state import State
from swarmd.core.names import IDENTITY
from swarmd.manager.claims.claim import encoded, read_claim
from swarmd.manager.claims.claim_book import ClaimBook
from swarmd.manager.claims.committer import Committer
from swarmd.manager.claims.held_claim import HeldClaim
from swarmd.manager.claims.keys import is_head

GRACE = 10.0  # seconds that what has ended stays, for all to hear of it


class OwnClaims:
    """The claims of this swarmd that stand."""

    def __init__(
        self, state: State, committer: Committer, book: ClaimBook, clock: IReactorTime
    ) -> None:
        self._state = state
        self._committer = committer
        self._book = book
        self._clock = clock
        self._creates: dict[str, HeldClaim] = {}  # ID of the reservation -> its claim
        self._renames: dict[str, HeldClaim] = {}  # new name -> its claim
        self._held: dict[str, bytes] = {}  # head -> value of what is under way
        self._made: dict[str, HeldClaim] = {}  # ID of the container -> its claim
        self._ended: list[tuple[float, str, bytes]] = []  # when it may go, head, value
        state.reservations.watchers.append(self._on_change)
        state.watch(self._on_action)

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, held: HeldClaim, reservation: str = "", *, renaming: bool = False) -> None:
        """From now on it is known; with ``reservation``, that one's end is its end.

        Args:
            renaming: It ends with what the state knows of the name, unless that is said before.
        """
        self._held[held.claim.head] = held.value
        if reservation:
            self._creates[reservation] = held
        if renaming:
            self._renames[held.claim.name] = held

    def end(self, held: HeldClaim, *, made: bool) -> None:
        """``made``: something has come of it, of which engines tell."""
        self._renames.pop(held.claim.name, None)
        if made:
            self._held.pop(held.claim.head, None)
            self._let_go_later(held.claim.head, held.value)
        else:
            self.free(held.claim.head, held.value)

    def free(self, head: str, value: bytes, *, hurried: bool = True) -> None:
        """Says that what stands there is over."""
        self._held.pop(head, None)
        over = encoded(replace(read_claim(head, value), over=True))
        self._committer.end(head, over, instead_of=value, hurried=hurried)
        self._let_go_later(head, over)

    def _let_go_later(self, head: str, value: bytes) -> None:
        self._ended.append((self._clock.seconds() + GRACE, head, value))

    def sweep(self) -> None:
        """Lets go what everybody knows by now."""
        now = self._clock.seconds()
        due = [each for each in self._ended if each[0] <= now]
        if due:
            self._ended = [each for each in self._ended if each[0] > now]
        for _, head, value in due:
            self._committer.end(head, b"", instead_of=value)
        values = {value for _, _, value in self._ended}
        self._made = {one: held for one, held in self._made.items() if held.value in values}

    def tidy(self) -> None:
        """What stands as one's own, and is nobody's any more, is over: its answer was lost."""
        known = {(head, value) for _, head, value in self._ended} | set(self._held.items())
        for head, entry in list(self._book.entries.items()):
            own = is_head(head) and self._book.is_own(entry.value)
            if own and (head, entry.value) not in known and not self._committer.awaits(head):
                self.free(head, entry.value)

    # What becomes of creates

    def _on_change(self, change: ClaimChange) -> None:
        if change.kind == "made" and change.id in self._creates:
            held = self._creates.pop(change.id)
            held.made = change.made
            self._made[change.made] = held
            self.end(held, made=True)
        elif change.kind == "free" and change.id in self._creates:
            held = self._creates.pop(change.id)
            self.end(held, made=self._is_there(held))
        elif change.kind == "unname" and change.name in self._renames:
            held = self._renames[change.name]
            named = self._state.containers.get(held.claim.subject)
            if held.claim.subject == change.id and named is not None:
                self.end(held, made=named.name == change.name)

    def _is_there(self, held: HeldClaim) -> bool:
        container = held.claim.container
        identity = container.labels.get(IDENTITY, "") if container is not None else ""
        return bool(self._state.catalogue.identities.find(identity))

    def _on_action(self, action: news.Action) -> None:
        """What is gone again frees its name for all, who have mostly seen it by its engine."""
        gone = ""
        if isinstance(action, news.ContainerGone):
            gone = action.id
        elif isinstance(action, news.EventSeen) and action.event.verb == "destroy":
            gone = action.event.id
        held = self._made.pop(gone, None) if gone else None
        if held is not None:
            self.free(held.claim.head, held.value, hurried=False)
