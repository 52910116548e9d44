"""The Debian package, from its installation on a clean root until nothing is left of it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.cli import Docker
from tests.lab.daemon import free_port
from tests.lab.engines import Fleet
from tests.lab.waiting import eventually
from tests.packaging.builds import Build, call
from tests.packaging.debian_root import DebianRoot, bootstrap

pytestmark = pytest.mark.packaging
RELEASES = {"bookworm": "3.11", "trixie": "3.13"}
# What the package depends on, and what shows its pages; there before it is installed offline.
_NEEDED = ("python3", "systemd", "procps", "libstdc++6", "man-db")
_CONFFILES = ("hosts", "policy.toml", "swarmd.toml")


@pytest.fixture(scope="module", params=RELEASES)
def root(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DebianRoot]:
    """A clean one; the tests below go on with it one after the other."""
    folder = tmp_path_factory.mktemp(request.param)
    archive = folder / "root.tar"
    bootstrap(request.param, archive, _NEEDED)
    yield DebianRoot(folder / "root", archive)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def installed(root: DebianRoot, built: Build) -> tuple[DebianRoot, dict[str, str], str]:
    before = root.snapshot()
    return root, before, root.install(built.deb)


Installed = tuple[DebianRoot, dict[str, str], str]


def test_lintian_finds_no_error(built: Build) -> None:
    found = call("lintian", "--no-cfg", "--allow-root", "--fail-on", "error", built.deb)
    assert not re.search(r"^E:", found, re.MULTILINE), found


def test_nothing_of_the_network_and_nothing_of_twisted_is_shipped(built: Build) -> None:
    listed = call("dpkg-deb", "-c", built.deb)
    assert "dropin.cache" not in listed and "__pycache__" not in listed
    assert "/twisted/plugins/__init__.py" in listed  # Twisted's, in the private environment alone
    assert not re.search(r"\./usr/lib/python3|\./opt|\./usr/local", listed)


def test_it_is_installed_without_a_network_or_a_complaint(installed: Installed) -> None:
    root, _, said = installed
    assert not re.search(r"(?i)warning|error|failed|traceback", said), said
    assert "swarmd version" in root.run("swarmd", "--version")
    assert "One Docker API" in root.run("/usr/lib/swarmd/bin/twistd", "--help")
    assert re.search(r"^swarmd:x:\d+:", root.file("/etc/passwd").read_text(), re.MULTILINE)


def test_it_uses_its_own_libraries_alone(
    installed: Installed, request: pytest.FixtureRequest
) -> None:
    """Compiled for the release's own Python; and nobody's PYTHONPATH counts."""
    root, _, _ = installed
    script = "import sys, orjson, re2, cffi, twisted; print(sys.version); print(sys.path)"
    script += "; print([one.__file__ for one in (orjson, re2, cffi, twisted)])"
    said = root.run("/usr/lib/swarmd/bin/python3", "-I", "-c", script)
    assert said.startswith(RELEASES[request.node.callspec.params["root"]])
    assert said.count("/usr/lib/swarmd/lib/python3") == 5 and "dist-packages" not in said


def test_every_kind_of_store_is_spoken_to(installed: Installed) -> None:
    """ZooKeeper's library, which the wheel does without, is there."""
    root, _, _ = installed
    for store in ("etcd", "consul", "zk"):
        said = root.run(
            "swarmd", "--check-config", "--store", f"{store}://127.0.0.1:1/p", check=False
        )
        assert "kazoo" not in said and f"{store}://" in said, said


def test_the_service_waits_for_its_operator(installed: Installed) -> None:
    root, _, _ = installed
    assert root.run("systemctl", "is-enabled", "swarmd", check=False).strip() == "disabled"
    names = [path.name for path in root.file("/usr/lib/systemd/system").glob("swarmd*")]
    assert set(names) == {"swarmd.service", "swarmd.socket", "swarmd@.service"}
    assert root.run("systemctl", "is-enabled", "swarmd.socket", check=False).strip() == "disabled"
    for name in names:
        said = root.run("systemd-analyze", "verify", name.replace("@.", "@lab."), check=False)
        assert "swarmd" not in said, said


def test_pages_render_without_a_warning(installed: Installed) -> None:
    root, _, _ = installed
    for page in ("swarmd.8", "swarmd.toml.5", "swarmd-hosts.5", "swarmd-policy.5"):
        title, section = page.rsplit(".", 1)
        said = root.run("man", "--warnings", "-E", "UTF-8", "-P", "cat", section, title)
        assert "warning" not in said.lower() and f"{title}({section})" in said


@pytest.fixture
def serving(installed: Installed, fleet: Fleet, tmp_path: Path) -> Iterator[str]:
    """The URL of the unit's own command line, run as the unit's user, with real engines."""
    root, _, _ = installed
    port = free_port()
    lines = [engine.address for engine in fleet]
    _append(root, "hosts", "\n".join(lines))
    _append(root, "swarmd.toml", f'host = ["tcp://127.0.0.1:{port}"]')
    unit = root.file("/usr/lib/systemd/system/swarmd.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    as_user = ["setpriv", "--reuid=swarmd", "--regid=swarmd", "--clear-groups", *shlex.split(line)]
    process = root.start(tmp_path / "log", *as_user)
    try:
        yield f"tcp://127.0.0.1:{port}"
    finally:
        root.kill(process)
    assert "Unable to write" not in (tmp_path / "log").read_text()


def _append(root: DebianRoot, name: str, text: str) -> None:
    with open(root.file(f"/etc/swarmd/{name}"), "a") as file:
        file.write(f"\n{text}\n")


def test_it_serves_a_fleet(
    serving: str, fleet: Fleet, tmp_path: Path, installed: Installed
) -> None:
    root, _, _ = installed
    docker = Docker("/usr/bin/docker", serving, None, tmp_path)

    def ready() -> bool:
        return f"Nodes: {len(fleet.engines)}" in docker("info", status=None).text

    eventually(ready, 60, what="swarmd of the package sees the fleet")
    assert docker("run", "--rm", "busybox", "echo", "served").text == "served"
    root.run("swarmd", "--check-config")


def test_an_upgrade_keeps_what_the_operator_wrote(
    installed: Installed, built: Build, tmp_path: Path
) -> None:
    root, _, _ = installed
    _append(root, "hosts", "# mine")
    mine = {name: root.file(f"/etc/swarmd/{name}").read_text() for name in _CONFFILES}
    assert "# mine" in mine["hosts"]
    said = root.install(newer(built.deb, tmp_path))
    assert "0.1.0-1" in said and "warning" not in said.lower()
    assert {name: root.file(f"/etc/swarmd/{name}").read_text() for name in _CONFFILES} == mine
    assert "swarmd version" in root.run("swarmd", "--version")


def newer(package: Path, folder: Path) -> Path:
    """The same package as a later release, whose sample of a hosts file differs, too."""
    tree = folder / "tree"
    call("dpkg-deb", "-R", package, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 9.9.9-1", control.read_text()))
    hosts = tree / "etc" / "swarmd" / "hosts"
    hosts.write_text(hosts.read_text() + "# a new word in the sample\n")
    call("dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, folder / "swarmd_9.9.9-1.deb")
    return folder / "swarmd_9.9.9-1.deb"


def test_removed_it_leaves_the_configuration_and_purged_nothing(installed: Installed) -> None:
    root, before, _ = installed
    written = "/var/lib/swarmd/operators.json", "/var/log/swarmd/access.log"
    for path in map(root.file, written):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    root.run("systemctl", "enable", "swarmd.service", "swarmd.socket")
    root.run("dpkg", "-r", "swarmd")
    left = {name for name in root.snapshot().keys() - before.keys() if name.startswith("usr/")}
    assert left == set()
    assert all(root.file(f"/etc/swarmd/{name}").exists() for name in _CONFFILES)
    assert all(root.file(path).exists() for path in written)
    root.run("dpkg", "-P", "swarmd")
    assert not any(root.file(path).parent.exists() for path in written)
    after = root.snapshot()
    changed = {name for name in after.keys() | before.keys() if after.get(name) != before.get(name)}
    assert changed == set()


def test_a_purge_keeps_the_account_that_owns_a_key(root: DebianRoot, built: Build) -> None:
    """The next account to get its number could read the key."""
    root.install(built.deb)
    key = root.file("/etc/swarmd/tls/key.pem")
    key.parent.mkdir()
    key.write_text("secret")
    root.run("chown", "swarmd:", "/etc/swarmd/tls/key.pem")
    said = root.run("dpkg", "-P", "swarmd")
    assert "it is kept" in said and key.exists()
    assert "swarmd:" in root.file("/etc/passwd").read_text()
    assert os.listdir(root.file("/etc/swarmd")) == ["tls"]


def test_no_process_is_left(root: DebianRoot) -> None:
    assert root.processes() == []
