"""The Ansible example brings up a fleet: real systemd, real engines, the stock docker CLI."""

from __future__ import annotations

import re
import shutil
import ssl
from pathlib import Path

import pytest

from tests.conf.examples.conftest import Booting
from tests.conf.examples.fleet_by_play import FleetByPlay
from tests.lab.certificates import Authority, Certificate
from tests.lab.image import busybox_archive

pytestmark = [pytest.mark.packaging, pytest.mark.engines]


@pytest.fixture
def play(boot: Booting, tmp_path: Path) -> FleetByPlay:
    if shutil.which("ansible-playbook") is None:
        pytest.skip("ansible is not installed")
    return FleetByPlay(tmp_path, boot("cloud", "node-1", "node-2", "node-3"))


def test_a_fleet_from_its_first_run_to_a_new_host(play: FleetByPlay) -> None:
    play.labels |= {"node-1": "zone=east storage=ssd", "node-2": "zone=west"}
    play.settings["users"] = ["alice", "bob"]
    assert play.run("--check")["cloud"] > 0
    assert not (play.folder / "certificates").exists()  # it changed nothing
    assert min(play.run().values()) > 0
    assert play.changes() == []
    assert play.changes("--check") == []

    _runs_containers(play)
    _lets_nobody_else_in(play)
    _renews_and_grows(play)


def _runs_containers(play: FleetByPlay) -> None:
    docker = play.docker("alice")
    docker("load", input=busybox_archive())
    said = docker("run", "--rm", "-e", "constraint:zone==west", "busybox", "hostname").text
    assert re.fullmatch("[0-9a-f]{12}", said)
    docker("run", "-d", "--name", "web", "-e", "constraint:storage==ssd", "busybox", "sleep", "999")
    assert docker.inspect("web")["Node"]["Name"] == "node-1"


def _lets_nobody_else_in(play: FleetByPlay) -> None:
    """An engine's port takes the door's certificate alone; nothing else listens to the network."""
    alice, stranger = play.certificate("alice"), Authority(play.folder / "other").issue("eve")
    of_engines = play.folder / "certificates" / "engines" / "ca.pem"
    engine = play.docker("alice", "node-1", trusting(of_engines, alice))
    assert "certificate" in engine.fails("ps")
    assert "certificate" in play.docker("eve", "cloud", trusting(alice.ca, stranger)).fails("ps")
    for machine in ("cloud", "node-1", "node-2"):
        sockets = play.fleet.machine(machine).run("ss", "-tlnH").splitlines()
        heard = {line.split()[3] for line in sockets}
        assert {each.rpartition(":")[2] for each in heard if "127.0.0" not in each} == {
            "22",
            "2376",
        }


def trusting(ca: Path, theirs: Certificate) -> Certificate:
    """Who has these files, and has heard of that authority."""
    mixed = Certificate(theirs.folder.parent / f"{theirs.folder.name}-mixed")
    shutil.copytree(theirs.folder, mixed.folder)
    shutil.copy(ca, mixed.ca)
    return mixed


def _renews_and_grows(play: FleetByPlay) -> None:
    """A new certificate restarts its dockerd alone, under which containers run on."""
    docker, node = play.docker("alice"), play.fleet.machine("node-1")
    before = docker.inspect("web")["State"]["StartedAt"]
    served = ssl.get_server_certificate((node.ip, 2376))
    (play.folder / "certificates" / "engines" / "node-1" / "cert.pem").unlink()
    play.labels["node-3"] = "zone=north"
    play.settings |= {"users": ["alice"], "revoked": ["bob"]}
    changed = play.run()
    assert changed["node-1"] == 2 and changed["node-2"] == 0 and changed["node-3"] > 2
    assert ssl.get_server_certificate((node.ip, 2376)) != served
    assert docker.inspect("web")["State"] | {"StartedAt": before} == docker.inspect("web")["State"]
    docker("load", input=busybox_archive())
    docker("run", "--rm", "-e", "constraint:zone==north", "busybox", "true")
    assert "certificate" in play.docker("bob").fails("ps")
    docker("rm", "-f", "web")
    assert play.changes() == []
