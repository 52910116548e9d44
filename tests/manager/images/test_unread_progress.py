"""Errors in what an engine says."""

from __future__ import annotations

import pytest

from swarmd.manager.images.unread_progress import LINE_LIMIT, UnreadProgress


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", ""),
        (b'{"status": "Pulling"}\r\n{"stream": "Loaded"}\r\n', ""),
        (b'{"error": "disk full"}\n', "disk full"),
        (b'{"errorDetail": {"message": "denied"}}\n', "denied"),
        (b'{"errorDetail": 7}\n[1]\n7\n', ""),
        (b'{"error": "first"}\n{"status": "more"}\n', "first"),
        (b"no JSON\n", "its progress cannot be understood"),
        (b"{" * (LINE_LIMIT + 1), "its progress cannot be understood"),
    ],
)
def test_errors(said: bytes, error: str) -> None:
    heard = UnreadProgress()
    for at in range(0, len(said), 1 << 16):
        heard.receive(said[at : at + (1 << 16)])
    assert heard.error.startswith(error) and bool(heard.error) == bool(error)
