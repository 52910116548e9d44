"""A claim of one's own that stands, and what may be done as long as it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from swarmd.manager.claims.claim import Claim
from swarmd.manager.claims.interfaces import Member

Gate = Callable[[], str]


@dataclass(slots=True, eq=False)
class HeldClaim:
    """One claim that was committed.

    Attributes:
        value: What was put at its head.
        session: ID of that to which it is bound.
        made: The ID of the container that has come of it; "" before.
    """

    claim: Claim
    value: bytes
    member: Member
    session: str
    made: str = ""

    def gate(self) -> str:
        """Asked right before the first byte goes to an engine: why that must not be; "" if it may.

        A process that was stopped for a while has perhaps lost what it claimed.
        """
        held = self.member.joined and self.member.session_id == self.session
        return "" if held else "the session in the store that claimed it has ended"
