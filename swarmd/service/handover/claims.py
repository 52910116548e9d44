"""What the other process has claimed for creates and renames under way: it counts here as well.

Two processes place containers while the old one ends what it had begun. Each tells the other what
it claims; what is claimed by one that ends without a word is in doubt, and its engine is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any

from swarmd.cluster.reservations import ClaimChange
from swarmd.cluster.state import State
from swarmd.core.container.reservation_document import described, reserved
from swarmd.core.errors import NameTaken
from swarmd.manager.claims.foreign_claims import MARK

_PENDING = "pending-"


class ClaimMirror:
    """The claims of one other process, and ours for it.

    Args:
        mark: Tells its reservations from ours, which are numbered alike, and from those of a third
            process: one in the middle has a mirror to either side.
        send: Gives the other one a change.
    """

    def __init__(self, state: State, mark: str, send: Callable[[Mapping[str, Any]], None]) -> None:
        self._state = state
        self._mark = mark
        self._send = send
        self._hearing = False
        self._theirs: set[str] = set()  # reservations here that are the other's
        self._names: dict[str, str] = {}  # name -> ID of who wants it there

    def __len__(self) -> int:
        """How many reservations here are the other's."""
        return len(self._theirs)

    def open(self) -> None:
        """From now on the other one hears of what changes here; first, of all there is."""
        self.send_all()
        self._state.reservations.watchers.append(self._on_change)

    def send_all(self) -> None:
        """All there is; again for one that did not know some of the engines yet."""
        for change in self._state.reservations.claims():
            if change.id not in self._theirs and change.name not in self._names:
                self._on_change(change)

    def close(self) -> None:
        """The other one has ended: what it had under way, only engines know."""
        watchers = self._state.reservations.watchers
        if self._on_change in watchers:
            watchers.remove(self._on_change)
        with self._heard():
            for each in list(self._theirs):
                self._give_up(each)
            for name, claim in self._names.items():
                if claim not in self._theirs:
                    self._state.release_name(name, claim, granted=None)

    def _give_up(self, claim: str) -> None:
        reservation = self._state.reservations.pending.get(claim)
        if reservation is not None and reservation.container.name:
            self._state.doubt(claim, lambda: None)
        else:
            self._state.release(claim)

    def _on_change(self, change: ClaimChange) -> None:
        """What other swarmds claim, both processes hear of by the store."""
        if not self._hearing and not change.id.startswith(MARK):
            about: dict[str, Any] = {"change": change.kind, "id": change.id}
            if change.container is not None:
                about["container"] = described(change.container)
            self._send({**about, "name": change.name, "made": change.made})

    @contextmanager
    def _heard(self) -> Any:
        self._hearing = True
        try:
            yield
        finally:
            self._hearing = False

    def hear(self, about: Mapping[str, Any]) -> None:
        """A change there."""
        claim, name, kind = self._here(about["id"]), about["name"], about["change"]
        with self._heard():
            if kind == "take":
                self._take(claim, about["container"])
            elif kind == "made":
                self._made(claim, about["made"], about.get("container"))
            elif kind == "name":
                self._take_name(name, claim)
            elif kind == "unname":
                self._names.pop(name, None)
                self._state.reservations.free_name(name, claim)
            else:
                self._theirs.discard(claim)
                self._state.release(claim)

    def _here(self, claim: str) -> str:
        """Its ID here; that of a container is the same everywhere."""
        return f"{_PENDING}{self._mark}-{claim}" if claim.startswith(_PENDING) else claim

    def _take_name(self, name: str, claim: str) -> None:
        try:
            self._state.reservations.take_name(name, claim)
        except NameTaken:  # it replaces who has it
            return
        self._names[name] = claim

    def _take(self, claim: str, document: Mapping[str, Any]) -> None:
        container = reserved(document)._replace(id=claim)
        engine = self._state.engines.get(container.engine)
        if engine is None or claim in self._theirs:
            return
        self._theirs.add(claim)
        try:
            self._state.reservations.take(container, engine)
        except NameTaken:  # it replaces who has it
            self._state.reservations.take(container._replace(names=()), engine)

    def _made(self, claim: str, container_id: str, document: Mapping[str, Any] | None) -> None:
        """The other one describes what came of it: here it may be unknown, or have no name."""
        self._theirs.discard(claim)
        reservation = self._state.reservations.pending.get(claim)
        if document is not None:
            container = reserved(document)
        elif reservation is not None:
            container = reservation.container
        else:
            return
        self._state.confirm(claim, container._replace(id=container_id, pending=False))
