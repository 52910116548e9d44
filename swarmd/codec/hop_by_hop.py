"""Headers that speak about one connection only (RFC 9110 §7.6.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"http2-settings",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
# A client may not have these removed by naming them in Connection: they say where a message ends.
_PROTECTED = frozenset((b"host", b"content-length", b"transfer-encoding", b"upgrade"))


def end_to_end(
    headers: Iterable[tuple[bytes, bytes]], keep: Collection[bytes] = ()
) -> list[tuple[bytes, bytes]]:
    """``headers`` without the hop-by-hop ones and those that Connection names.

    Args:
        keep: Lower-case names of hop-by-hop headers that stay: ``transfer-encoding`` where the body
            is relayed as it comes, ``upgrade`` where the connection is.
    """
    pairs = [(pair[0].lower(), pair) for pair in headers]
    dropped = _HOP_BY_HOP.difference(keep)
    named = [pair[1] for name, pair in pairs if name == b"connection"]
    if named:
        dropped |= {token.strip().lower() for v in named for token in v.split(b",")} - _PROTECTED
    return [pair for name, pair in pairs if name not in dropped]
