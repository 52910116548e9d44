"""A busybox image made from the machine's static busybox, so that no test needs a registry."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Sequence

_FOLDERS = ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "var")
_FILES = {
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": b"root:x:0:\n",
}
_CONFIG: dict[str, object] = {"Cmd": ["sh"], "Env": ["PATH=/bin"]}
_OCI = "application/vnd.oci.image."
_INDEX = _OCI + "index.v1+json"
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


def index_archive(tag: str, has: Sequence[str], of: Sequence[str] = ()) -> bytes:
    """An image of several architectures as a containerd store loads it, each with this machine's
    busybox. It has the content of ``has`` alone, though its index names all of ``of``.
    """
    blobs: dict[str, bytes] = {}
    manifests = []
    for architecture in of or has:
        found: dict[str, bytes] = {}
        manifests.append(_manifest(architecture, found))
        blobs |= found if architecture in has else {}
    index = _dump({"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests})
    name, _, version = tag.rpartition(":")
    annotations = {
        "io.containerd.image.name": f"docker.io/library/{name}:{version}",
        "org.opencontainers.image.ref.name": version,
    }
    top = {**_described(_INDEX, index, blobs), "annotations": annotations}
    return _tar(
        {
            "oci-layout": _dump({"imageLayoutVersion": "1.0.0"}),
            "index.json": _dump({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [top]}),
            **{f"blobs/sha256/{digest}": content for digest, content in blobs.items()},
        }
    )


def _manifest(architecture: str, blobs: dict[str, bytes]) -> dict[str, object]:
    layers = [_layer(), _tar({"made-for": architecture.encode()})]
    config = {
        "architecture": architecture,
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": _CONFIG,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + _digest(one) for one in layers]},
        "history": [{"created": "2026-01-01T00:00:00Z"}] * len(layers),
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _OCI + "manifest.v1+json",
        "config": _described(_OCI + "config.v1+json", _dump(config), blobs),
        "layers": [_described(_OCI + "layer.v1.tar", one, blobs) for one in layers],
    }
    platform = {"os": "linux", "architecture": architecture}
    return {**_described(_OCI + "manifest.v1+json", _dump(manifest), blobs), "platform": platform}


def _described(kind: str, content: bytes, blobs: dict[str, bytes]) -> dict[str, object]:
    blobs[_digest(content)] = content
    return {"mediaType": kind, "digest": "sha256:" + _digest(content), "size": len(content)}


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
