"""A registry of images: Debian's docker-registry, on the bridge of a fleet, without TLS."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path

from tests.lab.ports import free_port
from tests.lab.waiting import eventually

USER, PASSWORD = "lab", "lab-secret"
_HASH = "$2b$04$wc4FP.E1Xk2pWYyyqyErAeLqa0BdJ0PRuw1agQVh5ffKyzODyrLKa"


def missing() -> str:
    """Why none can be started here; "" if it can."""
    return "" if shutil.which("docker-registry") else "a registry needs docker-registry"


class Registry:
    """Attributes:
    address: "HOST:PORT", as it stands before an image's name.
    """

    def __init__(self, folder: Path, host: str, *, private: bool = False) -> None:
        """``private`` asks for ``USER`` and ``PASSWORD``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.address = f"{host}:{free_port(host)}"
        self._folder = folder
        self._private = private
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        config = self._folder / "config.yml"  # JSON is YAML
        config.write_text(json.dumps(self._config()))
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._listens, what="the registry listens")

    def _config(self) -> dict[str, object]:
        config: dict[str, object] = {
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "data")}},
            "http": {"addr": self.address},
        }
        if self._private:
            users = self._folder / "users"
            users.write_text(f"{USER}:{_HASH}\n")
            config["auth"] = {"htpasswd": {"realm": "lab", "path": str(users)}}
        return config

    def _listens(self) -> bool:
        host, port = self.address.split(":")
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((host, int(port))) == 0

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
