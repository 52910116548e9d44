"""``make demo``: a small fleet on this machine, or the local Docker engine, behind swarmd."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.lab.daemon import Swarmd
from tests.lab.engine import Engine
from tests.lab.engines import Fleet, missing

PORT = 2375
LOCAL = "/var/run/docker.sock"

_TRY = """
swarmd listens on {url}, in front of {what}. In another terminal:

    export DOCKER_HOST={url}
    docker info
    docker run --rm busybox echo hello
    docker run -d --name web -p 8080:80 busybox httpd -f
    docker ps
    docker run -d --name db -e constraint:rank==2 busybox sleep 600
    docker inspect -f '{{{{.Node.Name}}}}' db
    docker exec -it db sh
    docker events

Ctrl-C ends all of it.
"""


def up(count: int) -> int:
    """``count`` engines without swarmd, until Ctrl-C."""
    with _engines(count) as engines:
        print("\n".join(engine.address for engine in engines), flush=True)
        _wait()
    return 0


def demo(count: int = 3) -> int:
    if _taken(PORT):
        print(f"Something listens on 127.0.0.1:{PORT} already: end it first.", file=sys.stderr)
        return 1
    why = missing()
    if not why:
        with _engines(count) as engines:
            return _serve(engines, f"{count} real engines")
    if not os.path.exists(LOCAL):
        print(f"{why}, and there is no {LOCAL} to front instead.", file=sys.stderr)
        return 1
    print(f"{why}: so this fronts the Docker engine of this machine. Its containers are yours!")
    return _serve([f"unix://{LOCAL}"], "the local engine")


def _serve(engines: Sequence[Engine | str], what: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        swarmd = Swarmd(Path(folder), engines, port=PORT)
        try:
            swarmd.start(len(engines))
            print(_TRY.format(url=swarmd.url, what=what), flush=True)
            _wait()
        finally:
            if swarmd.running():
                swarmd.stop()
    return 0


@contextmanager
def _engines(count: int) -> Iterator[list[Engine]]:
    print(f"Starting {count} engines …", file=sys.stderr, flush=True)
    fleet = Fleet(count)
    try:
        fleet.up()
        yield fleet.engines
    finally:
        fleet.down()


def _wait() -> None:
    """Until Ctrl-C, or until somebody ends this process."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
