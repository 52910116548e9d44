"""Which way the bulk of one direction goes: through the kernel, by a thread, or as it comes."""

from __future__ import annotations

from collections.abc import Callable

from swarmd.codec.framing import Sized, Walk
from swarmd.streams.offload.bulk import Offload, has_tls
from swarmd.streams.relay import Carrier, Side
from swarmd.streams.splice import Bulk, can_splice


def hand_over(
    side: Side, take: Callable[[bytes], None], carriers: list[Carrier], walk: Walk | None = None
) -> None:
    """Has ``take`` get what ``side`` sends, up to its bulk, which nobody need read.

    Args:
        carriers: Gets whoever carries it, to be stopped before either connection is closed.
        walk: Of its body; None if only the connection ends it. Where chunks have to be looked for
            the kernel cannot have it, for it does not say what it moves.
    """
    side.deliver = take
    framing = walk.framing if walk is not None else None
    if framing is not None and framing.done:
        return
    if has_tls(side):
        carriers.append(Offload(side, walk=walk))
    elif can_splice(side) and (framing is None or isinstance(framing, Sized)):
        bulk = Bulk(side, framing.left if framing is not None else None)
        bulk.begin()
        carriers.append(bulk)
