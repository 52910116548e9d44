import socket
from pathlib import Path

from twisted.internet.task import Clock

from swarmd.service.process.systemd import Notifier


def test_says_ready_then_watchdog_then_stopping(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind(path)
        inbox.settimeout(1)
        clock = Clock()
        environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "4000000"}
        notifier = Notifier(environ, clock, lambda: "3 of 3 nodes healthy")
        notifier.startService()
        assert inbox.recv(999) == b"READY=1"
        assert inbox.recv(999) == b"WATCHDOG=1\nSTATUS=3 of 3 nodes healthy"
        clock.advance(2)
        assert inbox.recv(999).startswith(b"WATCHDOG=1")
        notifier.stopService()
        assert inbox.recv(999) == b"STOPPING=1"
        assert clock.getDelayedCalls() == []


def test_without_systemd_nothing_is_sent() -> None:
    clock = Clock()
    notifier = Notifier({}, clock, lambda: "")
    notifier.startService()
    assert clock.getDelayedCalls() == []
    notifier.stopService()


def test_a_missing_socket_does_no_harm(tmp_path: Path) -> None:
    clock = Clock()
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}, clock, lambda: "")
    notifier.startService()
    notifier.stopService()
    assert clock.getDelayedCalls() == []


def test_an_abstract_socket(tmp_path: Path) -> None:
    name = f"swarmd-test-{tmp_path.name}-{id(tmp_path)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
        inbox.bind("\0" + name)
        inbox.settimeout(1)
        notifier = Notifier({"NOTIFY_SOCKET": "@" + name}, Clock(), lambda: "")
        notifier.startService()
        assert inbox.recv(999) == b"READY=1"
        notifier.stopService()
