"""A ``docker run`` command line as the create body that the docker CLI would send. Pure.

Only what placement looks at is translated; other options are known by name, so that what follows
them is not taken for an image, and left out.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from swarmd.cli.errors import Misuse


def _text_of(path: str) -> str:
    return Path(path).read_text()


@dataclass
class Asked:
    """The words of a ``docker run``, as a create's body.

    Attributes:
        query: Of the create: ``name`` and ``platform``.
        read: Gives the text of a file that is named.
    """

    body: dict[str, Any] = field(default_factory=lambda: {"Env": [], "Labels": {}})
    query: dict[str, str] = field(default_factory=dict)
    read: Callable[[str], str] = _text_of

    @property
    def host(self) -> dict[str, Any]:
        host: dict[str, Any] = self.body.setdefault("HostConfig", {})
        return host


def parse_run(words: Sequence[str], read: Callable[[str], str] = _text_of) -> Asked:
    """``docker run …`` or ``docker create …``; CommandError for what is not understood.

    Args:
        read: For the files that are named; ValueError for those that may not be read.
    """
    left = _command(words)
    if left[:1] == ["container"]:
        del left[0]
    if left[:1] not in (["run"], ["create"]):
        raise Misuse("only docker run and docker create can be explained")
    del left[0]
    asked = Asked(read=read)
    while left and left[0].startswith("-") and left[0] != "--":
        word = left.pop(0)
        if word.startswith("--"):
            _long(asked, word, left)
        else:
            _short(asked, word[1:], left)
    if left[:1] == ["--"]:
        del left[0]
    if not left:
        raise Misuse("docker run needs an image")
    asked.body["Image"], asked.body["Cmd"] = left[0], left[1:]
    return asked


_CLIENT_VALUES = frozenset(
    {
        *("-H", "--host", "-c", "--context", "--config", "-l", "--log-level"),
        *("--tlscacert", "--tlscert", "--tlskey"),
    }
)
_CLIENT_FLAGS = frozenset(("-D", "--debug", "--tls", "--tlsverify"))


def client_host(words: Sequence[str]) -> str:
    """The daemon that a ``docker -H HOST run …`` speaks to; "" if its words do not say."""
    before = words[: len(words) - len(_command(words))]
    for word, value in zip_longest(before, before[1:], fillvalue=""):
        if word in ("-H", "--host"):
            return value
        if word.startswith(("--host=", "-Hunix", "-Htcp", "-H=")):
            return word.removeprefix("--host=").removeprefix("-H").removeprefix("=")
    return ""


def _command(words: Sequence[str]) -> list[str]:
    """What stands behind ``docker`` and the client's own options."""
    left = list(words)
    if left[:1] != ["docker"]:
        return left
    del left[0]
    while left and left[0].startswith("-"):
        word = left.pop(0)
        if word in _CLIENT_VALUES:
            _next(word, left)
        elif word.partition("=")[0] not in _CLIENT_FLAGS | _CLIENT_VALUES and word[:2] != "-H":
            raise Misuse(f"docker has no option {word}, as far as swarmd knows")
    return left


def _long(asked: Asked, word: str, left: list[str]) -> None:
    name, equals, value = word[2:].partition("=")
    if name in _FLAGS:
        if value not in ("false", "0"):
            _set_flag(asked, name)
        return
    if name not in _VALUES and name not in _OTHER_VALUES:
        raise Misuse(f"docker run has no option --{name}, as far as swarmd knows")
    if not equals:
        value = _next(word, left)
    _take(asked, name, value)


def _short(asked: Asked, letters: str, left: list[str]) -> None:
    """``-dp80:80`` is -d and -p 80:80."""
    while letters:
        letter, letters = letters[0], letters[1:]
        name = _SHORT.get(letter)
        if name is None:
            raise Misuse(f"docker run has no option -{letter}, as far as swarmd knows")
        if name in _FLAGS:
            _set_flag(asked, name)
        else:
            value = letters.removeprefix("=") if letters else _next(f"-{letter}", left)
            letters = ""
            _take(asked, name, value)


def _next(word: str, left: list[str]) -> str:
    if not left:
        raise Misuse(f"{word} needs a value")
    return left.pop(0)


def _take(asked: Asked, name: str, value: str) -> None:
    if name in _VALUES:
        try:
            _VALUES[name](asked, value)
        except (ValueError, OSError, OverflowError, csv.Error) as error:
            raise Misuse(f"--{name} {value}: {error}") from None


def _set_flag(asked: Asked, name: str) -> None:
    if name == "publish-all":
        asked.host["PublishAllPorts"] = True
    elif name == "privileged":
        asked.host["Privileged"] = True


# Values


def _env(asked: Asked, value: str) -> None:
    asked.body["Env"].append(value)


def _env_file(asked: Asked, value: str) -> None:
    asked.body["Env"] += _lines(asked, value)


def _label(asked: Asked, value: str) -> None:
    key, _, text = value.partition("=")
    asked.body["Labels"][key] = text


def _label_file(asked: Asked, value: str) -> None:
    for line in _lines(asked, value):
        _label(asked, line)


def _lines(asked: Asked, path: str) -> list[str]:
    lines = (line.strip() for line in asked.read(path).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _publish(asked: Asked, value: str) -> None:
    """``[[IP:][HOST]:]CONTAINER[/PROTO]``, each of HOST and CONTAINER perhaps a range."""
    text, _, proto = value.partition("/")
    rest, _, inside = text.rpartition(":")
    ip, _, outside = rest.rpartition(":")
    ports, hosts = _range(inside), [outside]
    if len(ports) > 1 and outside:
        hosts = [str(port) for port in _range(outside)]
        if len(hosts) != len(ports):
            raise ValueError("the ranges differ in length")
    elif outside:
        _range(outside)  # refuses what is no number
    bindings = asked.host.setdefault("PortBindings", {})
    for port, host in zip_longest(ports, hosts, fillvalue=""):
        key = f"{port}/{proto or 'tcp'}"
        asked.body.setdefault("ExposedPorts", {})[key] = {}
        bindings.setdefault(key, []).append({"HostIp": ip.strip("[]"), "HostPort": host})


def _expose(asked: Asked, value: str) -> None:
    ports, _, proto = value.partition("/")
    for port in _range(ports):
        asked.body.setdefault("ExposedPorts", {})[f"{port}/{proto or 'tcp'}"] = {}


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    numbers = range(int(first), int(last or first) + 1)
    if not numbers or numbers[0] < 0 or numbers[-1] > _LAST_PORT:
        raise ValueError(f"{text} is no port, and no range of them")
    return list(numbers)


_LAST_PORT = 65535


def _volume(asked: Asked, value: str) -> None:
    if ":" in value:
        asked.host.setdefault("Binds", []).append(value)
    else:
        asked.body.setdefault("Volumes", {})[value] = {}


_MOUNT_KEYS = {"src": "Source", "source": "Source", "dst": "Target", "target": "Target"}


def _mount(asked: Asked, value: str) -> None:
    mount = {"Type": "volume"}
    for part in _parts(value):
        key, _, text = part.partition("=")
        if key == "type":
            mount["Type"] = text
        elif key in _MOUNT_KEYS:
            mount[_MOUNT_KEYS[key]] = text
    asked.host.setdefault("Mounts", []).append(mount)


def _parts(value: str) -> list[str]:
    """At its commas, but for those in quotes."""
    return next(csv.reader([value]), [])


def _gpus(asked: Asked, value: str) -> None:
    """``all``, ``2``, or parts ``key=value``: ``"device=0,1",capabilities=utility``."""
    request: dict[str, Any] = {"Count": 0, "Capabilities": [["gpu"]]}
    for part in _parts(value):
        key, equals, text = part.partition("=")
        key, text = (key, text) if equals else ("count", key)
        if key == "count":
            request["Count"] = -1 if text == "all" else int(text)
        elif key == "device":
            request["DeviceIDs"] = text.split(",")
        elif key == "driver":
            request["Driver"] = text
        elif key == "capabilities":
            request["Capabilities"] = [["gpu", *text.split(",")]]
    if not request["Count"] and "DeviceIDs" not in request:
        request["Count"] = 1
    asked.host.setdefault("DeviceRequests", []).append(request)


def _network(asked: Asked, value: str) -> None:
    name = value
    if "name=" in value:
        name = dict(part.partition("=")[::2] for part in value.split(",")).get("name", value)
    if "NetworkMode" in asked.host:
        networking = asked.body.setdefault("NetworkingConfig", {"EndpointsConfig": {}})
        networking["EndpointsConfig"][name] = {}
    else:
        asked.host["NetworkMode"] = name


_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def _bytes(text: str) -> int:
    number = text.lower().removesuffix("ib").removesuffix("b") or text
    unit = number[-1:] if number[-1:].isalpha() else ""
    if unit not in _UNITS:
        raise ValueError("not a size, like 512m or 2g")
    return int(float(number.removesuffix(unit)) * _UNITS[unit])


def _host_value(key: str, convert: Callable[[str], Any] = str) -> Callable[[Asked, str], None]:
    def take(asked: Asked, value: str) -> None:
        asked.host[key] = convert(value)

    return take


def _host_list(key: str) -> Callable[[Asked, str], None]:
    def take(asked: Asked, value: str) -> None:
        asked.host.setdefault(key, []).append(value)

    return take


def _query(key: str) -> Callable[[Asked, str], None]:
    def take(asked: Asked, value: str) -> None:
        asked.query[key] = value

    return take


_VALUES: dict[str, Callable[[Asked, str], None]] = {
    "name": _query("name"),
    "platform": _query("platform"),
    "env": _env,
    "env-file": _env_file,
    "label": _label,
    "label-file": _label_file,
    "publish": _publish,
    "expose": _expose,
    "volume": _volume,
    "mount": _mount,
    "gpus": _gpus,
    "network": _network,
    "net": _network,
    "memory": _host_value("Memory", _bytes),
    "memory-reservation": _host_value("MemoryReservation", _bytes),
    "cpus": _host_value("NanoCpus", lambda text: round(float(text) * 1e9)),
    "cpu-shares": _host_value("CpuShares", int),
    "cpu-quota": _host_value("CpuQuota", int),
    "cpu-period": _host_value("CpuPeriod", int),
    "cpuset-cpus": _host_value("CpusetCpus"),
    "pid": _host_value("PidMode"),
    "ipc": _host_value("IpcMode"),
    "volumes-from": _host_list("VolumesFrom"),
    "link": _host_list("Links"),
}

# Options with a value that means nothing to placement.
_OTHER_VALUE_WORDS = (
    "add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent "
    "cgroupns cidfile cpu-count cpu-percent cpu-rt-period cpu-rt-runtime cpuset-mems detach-keys "
    "device device-cgroup-rule device-read-bps device-read-iops device-write-bps "
    "device-write-iops dns dns-opt dns-option dns-search domainname entrypoint group-add "
    "health-cmd health-interval health-retries health-start-interval health-start-period "
    "health-timeout hostname io-maxbandwidth io-maxiops ip ip6 isolation kernel-memory "
    "link-local-ip log-driver log-opt mac-address memory-swap memory-swappiness network-alias "
    "net-alias oom-score-adj pids-limit pull restart runtime security-opt shm-size stop-signal "
    "stop-timeout storage-opt sysctl tmpfs ulimit user userns uts volume-driver workdir"
)
_FLAG_WORDS = (
    "detach disable-content-trust help init interactive no-healthcheck oom-kill-disable "
    "privileged publish-all quiet read-only rm sig-proxy tty use-api-socket"
)
_OTHER_VALUES = frozenset(_OTHER_VALUE_WORDS.split())
_FLAGS = frozenset(_FLAG_WORDS.split())
_SHORT = {
    "a": "attach",
    "c": "cpu-shares",
    "d": "detach",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "P": "publish-all",
    "q": "quiet",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}
