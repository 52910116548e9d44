from __future__ import annotations

import subprocess
import sys
import threading

from twisted.internet.task import Clock

from swarmd.service.process.orphan import PATIENCE, when_quiet

_FORKS = """
import os, sys
from swarmd.service.process.orphan import fork_away
before = os.getpid()
fork_away()
print(os.getpid() != before, flush=True)
"""
_HANGS = """
import signal, time
from twisted.internet.task import Clock
from swarmd.service.process import orphan
orphan.HANG = 1
orphan.watch_oneself(Clock())
time.sleep(60)
"""


def test_the_copy_goes_on_and_the_first_one_has_ended_well() -> None:
    done = subprocess.run([sys.executable, "-c", _FORKS], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"True\n")


def test_one_whose_reactor_stands_still_is_ended() -> None:
    done = subprocess.run([sys.executable, "-c", _HANGS], capture_output=True, timeout=60)
    assert done.returncode == -14


def test_threads_at_work_are_waited_for_and_not_for_ever() -> None:
    clock, done, called = Clock(), threading.Event(), list[float]()
    worker = threading.Thread(target=done.wait, name="reads-1")
    worker.start()
    foreseen = {each.name.split("-")[0] for each in threading.enumerate()} - {"reads"}
    when_quiet(clock, foreseen, lambda: called.append(clock.seconds()))
    assert called == []
    clock.pump([0.1] * int(PATIENCE * 10 + 2))
    assert len(called) == 1
    done.set()
    worker.join()
    when_quiet(clock, foreseen, lambda: called.append(clock.seconds()))
    assert len(called) == 2
