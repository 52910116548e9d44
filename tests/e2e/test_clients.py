"""Other people's clients: what they print of the fleet is what they print of one engine alone.

Ruby's docker-api (Debian's ruby-docker-api), dockerode (npm, in .venv/node), aiodocker (PyPI), and
Ansible with community.docker (Debian's ansible). ``make test`` installs them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.conftest import Host
from tests.lab.engine import Engine
from tests.lab.engines import Fleet
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually

pytestmark = pytest.mark.fleet

SCRIPTS = Path(__file__).parent / "clients"
PATIENCE = 180  # seconds
os.environ.setdefault("NODE_PATH", str(SCRIPTS.parents[2] / ".venv/node/node_modules"))


def need(*command: str) -> None:
    """Skips where a harmless ``command`` of the client does not work; in CI it has to."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
        why = done.stderr.strip()[-500:] if done.returncode else ""
    except FileNotFoundError as error:
        why = str(error)
    if why and "CI" in os.environ:
        pytest.fail(why)
    if why:
        pytest.skip(f"{' '.join(command)}: {why}")


def printed(*command: str) -> list[str]:
    """Its lines, without what can never be the same twice."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-2000:]
    return [
        re.sub(r"\b([0-9a-f]{64}|[0-9a-f]{12})\b", "ID", one) for one in done.stdout.split("\n")
    ]


@pytest.fixture
def alone(mixed_fleet: Fleet) -> Iterator[Engine]:
    """An engine of the same release that stands beside."""
    yield mixed_fleet.engines[0]
    mixed_fleet.remove_all()


def of_both(host: Host, alone: Engine, *command: str) -> list[str]:
    """What it prints of an engine alone and of swarmd, which must be the same."""
    with ThreadPoolExecutor(2) as pool:  # they mostly wait
        urls = (f"tcp://{alone.address}", host.url)
        engine, fleet = pool.map(lambda url: printed(*command, url), urls)
    assert fleet == engine
    return fleet


def test_ruby(host: Host, alone: Engine) -> None:
    need("ruby", "-e", 'require "docker"')
    assert len(of_both(host, alone, "ruby", str(SCRIPTS / "docker_api.rb"))) > 15


def test_dockerode(host: Host, alone: Engine) -> None:
    need("node", "-e", 'require("dockerode")')
    assert len(of_both(host, alone, "node", str(SCRIPTS / "dockerode.js"))) > 10


def test_aiodocker(host: Host, alone: Engine) -> None:
    assert len(of_both(host, alone, sys.executable, str(SCRIPTS / "aio.py"))) > 10


@pytest.mark.parametrize("host", ["tls"], indirect=True)
def test_ansible(host: Host, tmp_path: Path) -> None:
    need("ansible-doc", "community.docker.docker_container")
    try:
        assert "changed=6" in play(host, "site.yml", tmp_path)
        assert "changed=0" in play(host, "site.yml", tmp_path)
        # What shares its network is made again with it.
        assert "changed=2" in play(host, "site.yml", tmp_path, "-e", "value=2")
    finally:
        assert "changed=4" in play(host, "empty.yml", tmp_path)
    assert "changed=0" in play(host, "empty.yml", tmp_path)


def test_ansible_with_an_image_of_another_node(host: Host, tmp_path: Path) -> None:
    need("ansible-doc", "community.docker.docker_container")
    host.fleet["node-1"].load(busybox_archive("only:1", Labels={"only": "here"}))
    eventually(lambda: host.api.call("GET", "/images/only:1/json").status == 200)
    try:
        assert "changed=1" in play(host, "elsewhere.yml", tmp_path)
        assert host.api.get("/containers/far/json")["Node"]["Name"] == "node-3"
        assert "changed=1" in play(host, "elsewhere.yml", tmp_path, "-e", "state=absent")
    finally:
        host.fleet.remove_all()
        host.api.call("DELETE", "/images/only:1?force=1")


def test_ansible_makes_a_container_anew(host: Host, tmp_path: Path) -> None:
    need("ansible-doc", "community.docker.docker_container")
    kept, nodes = tmp_path / "kept", set()
    kept.mkdir()
    lines = kept / "lines"
    lines.touch()
    for times in (1, 2, 3):
        assert "changed=1" in play(host, "again.yml", tmp_path, "-e", f"kept={kept}")
        node = host.api.get("/containers/web/json")["Node"]["Name"]
        nodes.add(node)
        eventually(lambda n=times: lines.read_text().split() == ["one"] * n)
        for _ in range(2):  # elsewhere there is less to do
            body = {"Image": "busybox", "Env": [f"constraint:node=={node}"]}
            host.api.post("/containers/create", {**body, "Cmd": ["sleep", "600"]})
    assert len(nodes) == 1


def play(host: Host, playbook: str, home: Path, *more: str) -> str:
    """What one run says; with --diff it shows what it found to do."""
    env = {
        **os.environ,
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        **_access(host),
    }
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        env.pop(name, None)  # it would go before the CA that is given
    command: Sequence[str] = (
        *("ansible-playbook", "--diff", "-i", "localhost,"),
        str(SCRIPTS / playbook),
        *more,
    )
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=env)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


def _access(host: Host) -> dict[str, str]:
    if host.tls is None:
        return {"DOCKER_HOST": host.url}
    files = {"ca": host.tls.ca, "cert": host.tls.cert, "key": host.tls.key}
    folder = host.tls.cert.parent / "docker"
    folder.mkdir(exist_ok=True)
    for name, path in files.items():
        (folder / f"{name}.pem").unlink(missing_ok=True)
        (folder / f"{name}.pem").symlink_to(path)
    return {
        "DOCKER_HOST": host.url,
        "DOCKER_CERT_PATH": str(folder),
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_TLS_HOSTNAME": "127.0.0.1",
    }
