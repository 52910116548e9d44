"""The programs of a benchmark, and what the kernel says they used."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.bench.engines import address
from tests.bench.load import Address, Client

_NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/pid;
error_log {folder}/err;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream engine {{ server {engine}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Program:
    """A process that is measured."""

    process: subprocess.Popen[bytes]
    address: Address

    @property
    def cpu(self) -> float:
        """Seconds so far, of user and system, in ticks of 10 ms."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """Resident MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@contextmanager
def running(command: list[str], at: Address, log: Path) -> Iterator[Program]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield Program(process, at)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def engines(folder: Path, number: int, size: int) -> Iterator[Program]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.engines", *map(str, (number, size, port))]
    with running(command, (address(0), port), folder / "engines.log") as program:
        wait_for(lambda: (folder / "engines.log").read_bytes().startswith(b"ready"))
        lines = [f"{address(each)}:{port}\n" for each in range(number)]
        (folder / "hosts").write_text("".join(lines))
        yield program


@contextmanager
def swarmd(folder: Path) -> Iterator[Program]:
    here = ("127.0.0.1", free_port())
    listen = f"tcp://127.0.0.1:{here[1]}"
    arguments = ["-m", "swarmd", "--hosts", str(folder / "hosts"), "-H", listen]
    with running([sys.executable, *arguments], here, folder / "swarmd.log") as program:
        wait_for(lambda: answers(here))
        yield program


@contextmanager
def nginx(folder: Path, behind: Address) -> Iterator[Program | None]:
    """In front of one engine; None where it is not installed."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        yield None
        return
    conf = folder / "nginx.conf"
    engine = f"{behind[0]}:{behind[1]}"
    here = ("127.0.0.1", free_port())
    conf.write_text(_NGINX.format(folder=folder, engine=engine, port=here[1]))
    with running([binary, "-c", str(conf)], here, folder / "nginx.log") as program:
        wait_for(lambda: answers(here))
        yield program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(done: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError("not ready in time")
        time.sleep(0.02)


def answers(at: Address) -> bool:
    try:
        client = Client(at)
    except OSError:
        return False
    try:
        return bool(client.ask("GET", "/_ping"))
    except (OSError, RuntimeError):
        return False
    finally:
        client.close()


def healthy(at: Address) -> int:
    """How many nodes are."""
    client = Client(at)
    rows = orjson.loads(client.ask("GET", "/info"))["SystemStatus"]
    client.close()
    return sum(value == "Healthy" for _, value in rows)
