"""On sockets of loopback: where nobody listens, a refusal is the good answer."""

from __future__ import annotations

import socket
from unittest.mock import patch

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from swarmd.manager.overlay import port_check
from tests.wire.loopback import REACTOR

HERE = "127.0.0.1"


def _free(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as opened:
        opened.bind((HERE, 0))
        return int(opened.getsockname()[1])


class PortCheckTests(TestCase):
    def _found(self, tcp: tuple[int, int], udp: tuple[int, int]) -> port_check.Found:
        changed = {"TCP": tcp, "UDP": udp, "TIMEOUT": 0.2}
        patched = patch.multiple(port_check, **changed)
        patched.start()
        self.addCleanup(patched.stop)
        return Deferred.fromCoroutine(port_check.port_check(REACTOR)(HERE))

    async def test_nobody_listens_and_nothing_is_in_the_way(self) -> None:
        tcp = _free(socket.SOCK_STREAM), _free(socket.SOCK_STREAM)
        udp = _free(socket.SOCK_DGRAM), _free(socket.SOCK_DGRAM)
        assert await self._found(tcp, udp) == ((), ())

    async def test_who_listens_is_told_and_who_says_nothing(self) -> None:
        with socket.socket() as taken, socket.socket(type=socket.SOCK_DGRAM) as mute:
            for opened in (taken, mute):
                opened.bind((HERE, 0))
            taken.listen()
            first, second = taken.getsockname()[1], mute.getsockname()[1]
            closed, silent = await self._found(
                (_free(socket.SOCK_STREAM), first), (second, _free(socket.SOCK_DGRAM))
            )
        assert closed == (f"{first}/tcp is taken by another program",)
        assert silent == (f"{second}/udp does not answer",)
