"""The fake engine's state as the JSON of API 1.41."""

from __future__ import annotations

from tests.fakes.machine import Container, Json, Machine, stamp


def ago(seconds: float) -> str:
    """Docker's HumanDuration, up to a day."""
    if seconds < 1:
        return "Less than a second"
    for size, one, many in ((3600, "About an hour", "hours"), (60, "About a minute", "minutes")):
        if seconds >= size:
            count = int(seconds // size)
            return one if count == 1 else f"{count} {many}"
    return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"


def status(container: Container, now: float) -> str:
    match container.state:
        case "running":
            return f"Up {ago(now - container.started)}"
        case "paused":
            return f"Up {ago(now - container.started)} (Paused)"
        case "exited":
            return f"Exited ({container.exit_code}) {ago(now - container.finished)} ago"
    return "Created"


def _endpoint(machine: Machine) -> Json:
    bridge = machine.find_network("bridge")
    return {"NetworkID": bridge["Id"], "EndpointID": "", "Gateway": "", "IPAddress": ""}


def summary(machine: Machine, container: Container) -> Json:
    """An item of the container list."""
    host = container.config.get("HostConfig") or {}
    return {
        "Id": container.id,
        "Names": ["/" + container.name],
        "Image": container.config["Image"],
        "ImageID": container.image_id,
        "Command": " ".join(container.command),
        "Created": int(container.created),
        "Ports": [],
        "Labels": container.labels,
        "State": container.state,
        "Status": status(container, machine.now()),
        "HostConfig": {"NetworkMode": host.get("NetworkMode") or "default"},
        "NetworkSettings": {"Networks": {"bridge": _endpoint(machine)}},
        "Mounts": [],
    }


def inspect(machine: Machine, container: Container) -> Json:
    path, *arguments = container.command
    return {
        "Id": container.id,
        "Created": stamp(container.created),
        "Path": path,
        "Args": arguments,
        "State": {
            "Status": container.state,
            "Running": container.running,
            "Paused": container.state == "paused",
            "Restarting": False,
            "OOMKilled": False,
            "Dead": False,
            "Pid": 4242 if container.running else 0,
            "ExitCode": container.exit_code,
            "Error": "",
            "StartedAt": stamp(container.started),
            "FinishedAt": stamp(container.finished),
        },
        "Image": container.image_id,
        "Name": "/" + container.name,
        "RestartCount": 0,
        "Driver": "overlay2",
        "Platform": "linux",
        "HostConfig": {
            "NetworkMode": "default",
            "PortBindings": {},
            "NanoCpus": 0,
            "Memory": 0,
            "AutoRemove": False,
            **(container.config.get("HostConfig") or {}),
        },
        "Mounts": [],
        "Config": {
            "Hostname": container.id[:12],
            "Tty": False,
            "Env": [],
            "Volumes": None,
            **container.config,
            "Labels": container.labels,
        },
        "NetworkSettings": {"Ports": {}, "Networks": {"bridge": _endpoint(machine)}},
    }


def image(image_id: str, tags: list[str]) -> Json:
    return {
        "Id": image_id,
        "ParentId": "",
        "RepoTags": tags or None,
        "RepoDigests": None,
        "Created": 1_700_000_000,
        "Size": 1_000_000,
        "VirtualSize": 1_000_000,
        "SharedSize": -1,
        "Containers": -1,
        "Labels": None,
    }


def info(machine: Machine) -> Json:
    states = [container.state for container in machine.containers.values()]
    return {
        "ID": machine.id,
        "Name": machine.name,
        "Containers": len(states),
        "ContainersRunning": states.count("running"),
        "ContainersPaused": states.count("paused"),
        "ContainersStopped": len(states) - states.count("running") - states.count("paused"),
        "Images": len(machine.images),
        "Driver": "overlay2",
        "SystemTime": stamp(machine.now()),
        "KernelVersion": "6.1.0",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "OSType": "linux",
        "Architecture": "x86_64",
        "NCPU": 4,
        "MemTotal": 8 << 30,
        "Labels": machine.labels,
        "ServerVersion": machine.version,
        "Swarm": {"LocalNodeState": "inactive", "ControlAvailable": machine.swarm_manager},
    }


def version(machine: Machine) -> Json:
    return {
        "Version": machine.version,
        "ApiVersion": machine.api_max,
        "MinAPIVersion": machine.api_min,
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": "6.1.0",
        "Components": [{"Name": "Engine", "Version": machine.version}],
    }
