"""A volume driver of scope global: a server of Docker's plugin protocol, one store for all engines.

Engines keep to a driver that they saw once, and wait long for it when it is gone: so no other fleet
looks where its socket is.
"""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


class Store:
    """The volumes, as folders.

    Attributes:
        name: What ``--driver`` calls it.
        mounts: How often each was mounted and not unmounted yet.
        gate: While it is not set, no volume is made; ``waiting`` is set once one is to be.
    """

    def __init__(self, folder: Path) -> None:
        self.name = f"lab{os.getpid()}"
        self.mounts: dict[str, int] = {}
        self.gate, self.waiting = threading.Event(), threading.Event()
        self.gate.set()
        self._folder = folder
        self._lock = threading.Lock()

    def answer(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        verb: Callable[[str], dict[str, Any]] | None = getattr(self, f"_{call.lower()}", None)
        if verb is None:
            return {"Err": f"no such call: {call}"}
        if call == "Create":
            self.waiting.set()
            self.gate.wait(60)
        with self._lock:
            return {"Err": "", **verb(str(body.get("Name", "")))}

    def _activate(self, name: str) -> dict[str, Any]:
        return {"Implements": ["VolumeDriver"]}

    def _capabilities(self, name: str) -> dict[str, Any]:
        return {"Capabilities": {"Scope": "global"}}

    def _create(self, name: str) -> dict[str, Any]:
        (self._folder / name).mkdir(exist_ok=True)
        return {}

    def _remove(self, name: str) -> dict[str, Any]:
        shutil.rmtree(self._folder / name, ignore_errors=True)
        return {}

    def _list(self, name: str) -> dict[str, Any]:
        return {"Volumes": [self._shown(path.name) for path in self._folder.iterdir()]}

    def _get(self, name: str) -> dict[str, Any]:
        if not (self._folder / name).exists():
            return {"Err": "no such volume"}
        return {"Volume": self._shown(name)}

    def _mount(self, name: str) -> dict[str, Any]:
        self.mounts[name] = self.mounts.get(name, 0) + 1
        return self._path(name)

    def _unmount(self, name: str) -> dict[str, Any]:
        self.mounts[name] -= 1
        return {}

    def _path(self, name: str) -> dict[str, Any]:
        return {"Mountpoint": str(self._folder / name)}

    def _shown(self, name: str) -> dict[str, Any]:
        return {"Name": name, **self._path(name), "Status": {}}


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw.strip() else {}
        answer = json.dumps(self.server.store.answer(self.path.rpartition(".")[2], body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.1+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def address_string(self) -> str:
        return "engine"

    def log_message(self, format: str, *args: Any) -> None:
        """The test looks at what became of it instead."""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        super().__init__(str(path), _Handler)


@contextmanager
def served(folder: Path, plugins: Path) -> Iterator[Store]:
    """While it lasts, every engine that looks into ``plugins`` can use the driver."""
    store = Store(folder)
    path = plugins / f"{store.name}.sock"
    server = _Server(store, path)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        path.unlink(missing_ok=True)
