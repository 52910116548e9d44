from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from swarmd.service.handover import signals as module
from swarmd.service.handover.signals import ProcessSignals


def make(why: str = "", followed: bool = False) -> tuple[ProcessSignals, Any]:
    handover = SimpleNamespace(
        may_be_followed=followed, reason_against_upgrade=lambda: why, called=Mock()
    )
    return ProcessSignals(Mock(), cast(Any, handover), ["swarmd"], "/", "/run/x.pid"), handover


def test_an_upgrade_starts_a_process_and_takes_its_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(module, "relaunch", lambda *given: asked.append(given) or "socket")
    signals, handover = make()
    signals.upgrade()
    handover.called.assert_called_once_with("socket")
    [(command, folder, environ)] = asked
    assert (command, folder, environ["_SWARMD_PIDFILE"]) == (["swarmd"], "/", "/run/x.pid")


@pytest.mark.parametrize("why", ["process 7 is about to take over", ""])
def test_one_that_cannot_be_is_told_and_changes_nothing(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> Any:
        raise FileNotFoundError("no such program")

    monkeypatch.setattr(module, "relaunch", fail)
    signals, handover = make(why)
    signals.upgrade()
    handover.called.assert_not_called()


def test_a_signal_to_end_ends_it_where_nobody_can_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    known = {signal.SIGTERM: lambda number, frame: ended.append(number)}
    monkeypatch.setattr(module.signal, "getsignal", known.get)
    monkeypatch.setattr(module.signal, "signal", known.__setitem__)
    signals, handover = make()
    signals.install()
    known[signal.SIGTERM](signal.SIGTERM, None)
    assert ended == [signal.SIGTERM]
    handover.may_be_followed = True
    known[signal.SIGTERM](signal.SIGTERM, None)
    assert ended == [signal.SIGTERM]
