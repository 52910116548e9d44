"""Nothing is sent on a claim that has ended."""

from __future__ import annotations

from swarmd.core.errors import Unavailable
from swarmd.manager.claims.keys import HEADS
from tests.manager.claims.rig import Swarmds


def heads(swarmds: Swarmds) -> list[str]:
    return [key for key in swarmds.server.entries if key.startswith(HEADS)]


def test_nothing_is_sent_once_the_session_has_ended() -> None:
    """The swarmd was frozen between its claim and its first byte."""
    swarmds = Swarmds()
    one = swarmds.all[0]
    session = one.member.session
    assert session is not None
    link, asked = one.fleet.link, []

    def end_first(engine: object) -> object:
        if not asked:
            one.fleet.clock.callLater(0, lambda: None)
            asked.append(engine)
            session.ended = True  # type: ignore[attr-defined]
        return link(engine)  # type: ignore[arg-type]

    one.fleet.link = end_first  # type: ignore[method-assign]
    one.create("web")
    assert asked and not one.fleet.calls
    swarmds.pass_time(5.2)
    assert isinstance(one.last, Unavailable)
