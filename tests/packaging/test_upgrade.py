"""An upgrade of the Debian package where it is in use: on a host that boots, under a client."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.booted import BootedFleet, no_booting
from tests.lab.image import busybox_archive
from tests.lab.waiting import eventually
from tests.packaging.builds import Build
from tests.packaging.test_deb import newer

pytestmark = [pytest.mark.packaging, pytest.mark.engines]

# As docs/installing.rst has it, for an engine of the same machine.
_SET_UP = """
set -eu
dpkg --force-depends -i /mnt/given/old.deb
systemctl start docker
docker load -q -i /mnt/given/busybox.tar
echo 'unix:///run/docker.sock name=here' >> /etc/swarmd/hosts
echo 'host = ["tcp://127.0.0.1:2375"]' >> /etc/swarmd/swarmd.toml
unit=/etc/systemd/system/swarmd.service.d
mkdir -p $unit
printf '[Service]\\nSupplementaryGroups=docker\\n' > $unit/engine.conf
swarmd --check-config
systemctl enable --quiet --now swarmd
"""
_DOCKER = "docker -H tcp://127.0.0.1:2375"
_FOLLOW = f"({_DOCKER} logs -f web; echo ended) </dev/null >/root/heard 2>&1 &"


@pytest.fixture
def fleet(built: Build, tmp_path: Path) -> Iterator[BootedFleet]:
    """One host that has booted, with two releases of the package within reach."""
    why = no_booting()
    if why:
        pytest.skip(why)
    booted = BootedFleet("cloud")
    booted.up()
    try:
        shutil.copy(built.deb, booted.given / "old.deb")
        shutil.copy(newer(built.deb, tmp_path), booted.given / "new.deb")
        (booted.given / "busybox.tar").write_bytes(busybox_archive())
        yield booted
    finally:
        booted.down()


def test_what_runs_goes_on_through_an_upgrade(fleet: BootedFleet) -> None:
    def root(command: str) -> str:
        return fleet.ssh("cloud", command, within=300).strip()

    def heard() -> list[str]:
        return root("cat /root/heard").splitlines()

    root(_SET_UP)
    eventually(lambda: "Status: Healthy" in root(f"{_DOCKER} info || true"), 90)
    loop = "i=0; while true; do i=$((i+1)); echo $i; sleep 0.2; done"
    made = root(f"{_DOCKER} run -d --name web busybox sh -c '{loop}'")
    root(_FOLLOW)
    eventually(lambda: len(heard()) > 5, 60)
    files = "cat /etc/swarmd/hosts /etc/swarmd/policy.toml /etc/swarmd/swarmd.toml"
    before, mine = root("systemctl show -p MainPID --value swarmd"), root(files)

    said = root("dpkg --force-depends --force-confold -i /mnt/given/new.deb 2>&1")
    assert "over (0." in said and "failed" not in said.lower(), said
    after = root("systemctl show -p MainPID --value swarmd")
    assert after not in ("0", before)
    assert root("systemctl is-active swarmd") == "active"
    assert root("systemctl is-enabled swarmd") == "enabled"
    assert root(files) == mine
    assert root(f"{_DOCKER} ps --no-trunc -q") == made

    # Who listens hears on, every line once, and what is new is served as well.
    count = len(heard())
    eventually(lambda: len(heard()) > count + 10, 60)
    lines = heard()
    assert lines == [str(number) for number in range(1, len(lines) + 1)]
    assert root(f"{_DOCKER} run --rm busybox echo served") == "served"
    root(f"{_DOCKER} rm -f web")
    eventually(lambda: heard()[-1] == "ended", 60)
