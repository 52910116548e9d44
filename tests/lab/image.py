"""A busybox image made from the machine's static busybox, so that no test needs a registry."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile

_FOLDERS = ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "var")
_FILES = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": b"root:x:0:\n",
}
_CONFIG: dict[str, object] = {"Cmd": ["sh"], "Env": ["PATH=/bin"]}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def busybox_archive(tag: str = "busybox:latest", **config: object) -> bytes:
    """What ``docker load`` takes; the same image ID on every engine that loads it.

    ``config`` goes over the image's configuration (``Labels={…}``, ``Cmd=[…]``).
    """
    layer = _layer()
    image = _dump(
        {
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": _CONFIG | config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + _digest(layer)]},
            "history": [{"created": "2026-01-01T00:00:00Z"}],
        }
    )
    name = _digest(image) + ".json"
    manifest = _dump([{"Config": name, "RepoTags": [tag], "Layers": ["layer.tar"]}])
    return _tar({name: image, "layer.tar": layer, "manifest.json": manifest})


def _layer() -> bytes:
    program = shutil.which("busybox")
    if program is None:
        raise RuntimeError("busybox is missing: install busybox-static")
    applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    with open(program, "rb") as file:
        files = {"bin/busybox": file.read(), **_FILES}
    links = [name for name in applets.stdout.split() if name != "busybox"]
    return _tar(files, _FOLDERS, [f"bin/{name}" for name in links])


def _tar(files: dict[str, bytes], folders: tuple[str, ...] = (), links: list[str] = []) -> bytes:  # noqa: B006
    """Without times and owners, so that the same content has the same digest."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in folders:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
        for name in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return buffer.getvalue()


def _dump(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
