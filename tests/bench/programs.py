"""The programs of a benchmark, and what the kernel says they used."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.bench.engines import address
from tests.bench.load import Address, Client
from tests.lab.ports import free_port
from tests.wire.certificates import Authority, Pair

_NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/pid;
error_log {folder}/err;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; keepalive_requests 1000000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream engine {{ server {engine}; keepalive 64; keepalive_requests 1000000000; }}
  map $http_upgrade $conn {{ default upgrade; '' ''; }}
  server {{
    listen 127.0.0.1:{port}{listening};
    location / {{
      proxy_pass {scheme}://engine; proxy_http_version 1.1; proxy_buffering off;
      proxy_request_buffering off;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $conn;
    }}
  }}
}}
"""


_HAPROXY = """global
  nbthread 1
defaults
  mode tcp
  option splice-auto
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen engine
  bind 127.0.0.1:{port}{listening}
  server e {engine}{towards}
"""


@dataclass(frozen=True)
class Tls:
    """Paths of what all programs show, and the clients' side of it."""

    ca: str
    server: Pair
    client: Pair

    @property
    def context(self) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=self.ca)
        made.check_hostname = False
        made.load_cert_chain(self.client.cert, self.client.key)
        return made


def certificates(folder: Path, number: int) -> Tls:
    """RSA, as most have."""
    authority = Authority(folder)
    names = ["127.0.0.1", "engine", *(address(each) for each in range(number))]
    server = authority.issue("server", *names, use_rsa=True)
    return Tls(authority.path, server, authority.issue("client", client=True, use_rsa=True))


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
def engines(folder: Path, number: int, size: int, tls: Tls | None = None) -> Iterator[Program]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.engines", *map(str, (number, size, port, 0))]
    if tls is not None:
        command += [tls.ca, tls.server.cert, tls.server.key]
    at = Address(address(0), port, tls and tls.context)
    with running(command, at, folder / "engines.log") as program:
        wait_for(lambda: (folder / "engines.log").read_bytes().startswith(b"ready"))
        lines = [f"{address(each)}:{port}\n" for each in range(number)]
        (folder / "hosts").write_text("".join(lines))
        yield program


@contextmanager
def swarmd(folder: Path, tls: Tls | None = None, options: Sequence[str] = ()) -> Iterator[Program]:
    here = Address("127.0.0.1", free_port(), tls and tls.context)
    listen = f"tcp://127.0.0.1:{here.port}"
    arguments = ["-m", "swarmd", "--hosts", str(folder / "hosts"), "-H", listen, *options]
    if tls is not None:
        arguments += ["--tlsverify", "--tlscacert", tls.ca]
        arguments += ["--tlscert", tls.server.cert, "--tlskey", tls.server.key]
    with running([sys.executable, *arguments], here, folder / "swarmd.log") as program:
        wait_for(lambda: answers(here))
        yield program


@contextmanager
def nginx(folder: Path, behind: Address, tls: Tls | None = None) -> Iterator[Program | None]:
    """In front of one engine; None where it is not installed."""
    own = ""
    if tls is not None:
        pair = f"ssl_certificate {tls.server.cert}; ssl_certificate_key {tls.server.key};"
        client = f"ssl_client_certificate {tls.ca}; ssl_verify_client on;"
        own = f" ssl; {pair} {client} proxy_ssl_verify on; proxy_ssl_trusted_certificate {tls.ca}"
        own += "; proxy_ssl_name engine"  # addresses are names that it does not check
    words = {"listening": own, "scheme": "https" if tls else "http"}
    with _proxy("nginx", _NGINX, ["-c"], folder, behind, tls, words) as program:
        yield program


@contextmanager
def haproxy(folder: Path, behind: Address, tls: Tls | None = None) -> Iterator[Program | None]:
    """The same, copying bytes; with TLS it ends one connection and begins another."""
    words = {"listening": "", "towards": ""}
    if tls is not None:
        both = folder / "both.pem"
        both.write_text(Path(tls.server.cert).read_text() + Path(tls.server.key).read_text())
        words["listening"] = f" ssl crt {both} ca-file {tls.ca} verify required"
        words["towards"] = f" ssl ca-file {tls.ca} verify required"
    with _proxy("haproxy", _HAPROXY, ["-f"], folder, behind, tls, words) as program:
        yield program


@contextmanager
def _proxy(
    name: str,
    template: str,
    arguments: list[str],
    folder: Path,
    behind: Address,
    tls: Tls | None,
    words: dict[str, str],
) -> Iterator[Program | None]:
    binary = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if binary is None:
        yield None
        return
    conf = folder / f"{name}.conf"
    here = Address("127.0.0.1", free_port(), tls and tls.context)
    engine = f"{behind.host}:{behind.port}"
    conf.write_text(template.format(folder=folder, engine=engine, port=here.port, **words))
    with running([binary, *arguments, str(conf)], here, folder / f"{name}.log") as program:
        wait_for(lambda: answers(here))
        yield program


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
