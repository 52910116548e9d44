"""A clean Debian of some release in a folder, and its programs inside namespaces of their own."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.lab.packages import mirror

_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_LIMIT = 900.0  # seconds
# What dpkg, and caches of other packages, keep of any installation.
_KEPT = ("var/lib/dpkg", "var/cache", "var/log", "proc", "sys", "dev", "tmp", "run")
# Files that a change and its taking back leave with another copy of their last state beside them.
_COPIES = {"etc/passwd-", "etc/shadow-", "etc/group-", "etc/gshadow-", "etc/.pwd.lock"}
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


def bootstrap(release: str, archive: Path, packages: Sequence[str], *more: str) -> None:
    """Makes the .tar of a Debian from this machine's own mirror."""
    source = f"deb [signed-by={_KEYS}] {mirror()} {release} main"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}"]
    done = subprocess.run(
        [*command, *more, release, str(archive), source],
        capture_output=True, text=True, timeout=_LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


class DebianRoot:
    """One that packages are installed in.

    Attributes:
        folder: The root itself.
    """

    def __init__(self, folder: Path, archive: Path) -> None:
        self.folder = folder
        folder.mkdir()
        # A lab's files are not the tests' machine's: owners are kept, devices too.
        subprocess.run(["tar", "xf", archive, "-C", folder], check=True, timeout=_LIMIT)

    def command(self, *words: str, online: bool = False) -> list[str]:
        """One that runs inside; offline, there is no network but an interface that is down."""
        spaces = ["--mount", "--pid", "--fork", f"--mount-proc={self.folder}/proc"]
        spaces += ["--kill-child"] + ([] if online else ["--net"])
        return ["unshare", *spaces, "chroot", str(self.folder), *words]

    def run(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            self.command(*words), env=_ENVIRONMENT, timeout=_LIMIT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{words}: {done.stdout[-4000:]}"
        return done.stdout

    def start(self, log: Path, *words: str) -> subprocess.Popen[bytes]:
        """A daemon that sees this machine's network."""
        with open(log, "wb") as output:
            return subprocess.Popen(
                self.command(*words, online=True), env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """What was started, with all that it has started.

        unshare alone would not do: who has changed his user does not end with his parent.
        """
        for inside in self.processes():
            os.kill(inside, signal.SIGKILL)
        process.wait(30)

    def processes(self) -> list[int]:
        """Those that run inside."""
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                if os.readlink(f"/proc/{number}/root").startswith(str(self.folder)):
                    found.append(int(number))
        return found

    def install(self, package: Path) -> str:
        shutil.copy(package, self.folder / "tmp")
        return self.run("dpkg", "--force-confold", "-i", f"/tmp/{package.name}")

    def file(self, path: str) -> Path:
        return self.folder / path.lstrip("/")

    def snapshot(self) -> dict[str, str]:
        """Every file with its mode, owner and content."""
        found: dict[str, str] = {}
        for place, folders, files in os.walk(self.folder):
            here = Path(place).relative_to(self.folder)
            folders[:] = [name for name in folders if str(here / name) not in _KEPT]
            for name in (*folders, *files):
                if str(here / name) not in _COPIES:
                    found[str(here / name)] = _state(self.folder / here / name)
        return found


def _state(path: Path) -> str:
    status = path.lstat()
    about = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}"
    if path.is_symlink():
        return f"{about} {os.readlink(path)}"
    if path.is_file():
        return f"{about} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return about
