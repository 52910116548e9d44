"""What a role lets calls other than a create ask for: start, exec, builds, networks, volumes …"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from swarmd.authz.create_rules import (
    Findings,
    Violation,
    judge_endpoint,
    judge_image,
    judge_network,
    judge_volume_driver,
)
from swarmd.authz.policy import Limits
from swarmd.core.image.image_reference import pull_target, tag_target
from swarmd.core.names import DRIVER_LABEL

Json = Mapping[str, Any]
Query = Mapping[str, Sequence[str]]

BUILDKIT = "2"
# Options of a bridge that reach no further than itself.
_BRIDGE_OPTIONS = frozenset(
    {
        "com.docker.network.bridge.enable_icc",
        "com.docker.network.bridge.enable_ip_masquerade",
        "com.docker.network.driver.mtu",
    }
)


def judge_exec(body: Json, limits: Limits) -> Findings:
    if body.get("Privileged") and not limits.privileged:
        yield Violation("privileged exec", "privileged", True)


def judge_start(query: Query) -> Findings:
    """A checkpoint is read from a folder of the host, and may say anything of the container."""
    for key in ("checkpoint", "checkpoint-dir"):
        if any(query.get(key, ())):
            yield Violation(f"start from a {key}")


def judge_checkpoint(query: Query, body: Json) -> Findings:
    """It is written to, read from or removed in a folder of the host."""
    if any(query.get("dir", ())) or body.get("CheckpointDir"):
        yield Violation("a checkpoint in a folder of its own choice")


def judge_update(body: Json, limits: Limits) -> Findings:
    for key in ("CgroupParent", "DeviceCgroupRules", "OomKillDisable"):
        if body.get(key):
            yield Violation(f"update of {key}")


def judge_connect(name: str, body: Json, limits: Limits) -> Findings:
    yield from judge_endpoint(name, body.get("EndpointConfig"), limits)


def judge_volume(body: Json, limits: Limits) -> Findings:
    yield from judge_volume_driver(body.get("Driver"), body.get("DriverOpts"), limits)


def judge_network_create(body: Json, limits: Limits, default: str = "bridge") -> Findings:
    """``default`` is the driver that one gets which names none."""
    driver = str(body.get("Driver") or default)
    labels = body.get("Labels")
    labelled = labels.get(DRIVER_LABEL) if isinstance(labels, dict) else None
    for one in dict.fromkeys((driver, driver if labelled is None else str(labelled))):
        if one not in limits.network_drivers:
            yield Violation(f"network driver {one}", "network_drivers", one)
    options = body.get("Options")
    if driver == "bridge" and isinstance(options, dict):
        for key in options.keys() - _BRIDGE_OPTIONS:
            yield Violation(f"network option {key}")
    for key in ("Ingress", "ConfigOnly", "ConfigFrom"):
        if body.get(key):
            yield Violation(f"network with {key}")
    ipam = body.get("IPAM")
    if isinstance(ipam, dict):
        if ipam.get("Driver") not in (None, "", "default"):
            yield Violation(f"address driver {ipam['Driver']}")
        yield from _addresses(ipam, limits)


def _addresses(ipam: Json, limits: Limits) -> Findings:
    """A host gives a bridge all that is sent to its addresses: its own network's, a registry's."""
    for text in _texts(ipam.get("Config")):
        if not _within(text, limits):
            yield Violation(f"the addresses {text}", "subnets", text)


def _texts(configs: Any) -> Iterator[str]:
    """All that stand in it, however the keys are spelt; engines refuse what has another form."""
    for config in filter(None, configs if isinstance(configs, list) else ()):
        for value in config.values() if isinstance(config, dict) else ():
            inner = value.values() if isinstance(value, dict) else (value,)
            yield from (text for text in inner if text and isinstance(text, str))


def _within(text: str, limits: Limits) -> bool:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return False
    return any(found[0] in one and found[-1] in one for one in limits.subnets)


def judge_build(query: Query, limits: Limits) -> Findings:
    """What its Dockerfile says is not seen: whoever may build may read every image of a host."""
    for mode in query.get("networkmode", ()):
        if mode not in ("", "default", "bridge", "none"):
            found = list(judge_network(mode, limits))
            yield from found or ([] if mode == "host" else [Violation(f"build in network {mode}")])
    for key in ("remote", "cgroupparent", "securityopt"):
        if any(query.get(key, ())):
            yield Violation(f"build with {key}")


def judge_pull(query: Query, limits: Limits) -> Findings:
    """Both of a pull and an import."""
    image, repository, tag = (_first(query, key) for key in ("fromImage", "repo", "tag"))
    if _first(query, "fromSrc") not in ("", "-"):
        yield Violation("import from a URL")
    if image or repository:
        name = pull_target(image, tag) if image else tag_target(repository, tag)
        yield from judge_image(str(name), limits)
    elif limits.images is not None:
        yield Violation("an image without a name", "images")


def _first(query: Query, key: str) -> str:
    values = query.get(key) or ("",)
    return values[0]
