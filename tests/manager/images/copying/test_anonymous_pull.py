"""A pull by digest that nobody watches, from a registry that may not answer."""

from __future__ import annotations

import pytest

from swarmd.core.errors import EngineRefused, EngineUnreachable
from swarmd.manager.images.copying.anonymous_pull import PATIENCE, SILENCE, AnonymousPull
from tests.manager.wired import END, HEAD, Running, Wired, lines

DIGEST = "sha256:" + "d" * 64


class Case:
    def __init__(self) -> None:
        self.rig = Wired(1)
        pull = AnonymousPull(self.rig.fleet, f"reg:5000/app@{DIGEST}", self.rig.engine(1))
        self.running = Running(pull.run())
        self.end = self.rig.end(1)


def test_by_its_digest_without_credentials() -> None:
    case = Case()
    line = "POST /v1.41/images/create?fromImage=reg%3A5000%2Fapp&tag=sha256%3A" + "d" * 64
    sent = bytes(case.end.wire.sent)
    assert sent.startswith(line.encode() + b" HTTP/1.1\r\n") and b"X-Registry" not in sent
    case.end.answers(HEAD + lines({"status": "Pulling"}) + END)
    assert case.running.results == [None]
    assert not case.rig.clock.getDelayedCalls()


def test_refused() -> None:
    case = Case()
    case.end.answers(b'HTTP/1.1 404 No\r\nContent-Length: 18\r\n\r\n{"message":"none"}')
    assert isinstance(case.running.error, EngineRefused) and case.running.error.status == 404


def test_refused_in_its_progress() -> None:
    case = Case()
    case.end.answers(HEAD + lines({"errorDetail": {"message": "denied"}}) + END)
    assert isinstance(case.running.error, EngineRefused) and str(case.running.error) == "denied"


def test_a_registry_that_no_packet_reaches() -> None:
    case = Case()
    case.rig.clock.advance(PATIENCE)
    assert isinstance(case.running.error, EngineUnreachable)
    assert "nothing is heard of its registry within 8 s" in str(case.running.error)
    assert case.end.wire.aborted


@pytest.mark.parametrize("seconds", [PATIENCE, SILENCE - 1])
def test_once_it_has_begun_there_is_time(seconds: float) -> None:
    case = Case()
    case.end.answers(HEAD)
    case.rig.clock.advance(seconds)
    assert not case.running.done
    case.rig.clock.advance(SILENCE)
    assert isinstance(case.running.error, EngineUnreachable)
