"""What ``docker info`` shows of the programs behind the engines: what all of them say alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from swarmd.core.request.version import Version

Json = Mapping[str, Any]

_COMMITS = ("ContainerdCommit", "RuncCommit", "InitCommit")
# Objects, whose fields are shown, and lists, whose items are, if all healthy engines have them.
_OBJECTS = (*_COMMITS, "Containerd", "FirewallBackend", "NRI")
_LISTS = ("CDISpecDirs", "DiscoveredDevices")
# The first API that has a field, and the first that has it no more.
_SINCE: Mapping[str, Version] = {
    "CDISpecDirs": (1, 44),
    "Containerd": (1, 46),
    "FirewallBackend": (1, 49),
    "DiscoveredDevices": (1, 50),
    "NRI": (1, 53),
}
_UNTIL: Mapping[str, Version] = {"BridgeNfIptables": (1, 50), "BridgeNfIp6tables": (1, 50)}
# Until then each commit says which one was expected, and the registries what may not be handed on.
_EXPECTED_UNTIL: Version = (1, 49)
_NOT_HANDED_ON = "AllowNondistributableArtifacts"


def programs_of(info: Json) -> dict[str, Any]:
    """The part of an engine's ``/info``; what older engines expect of commits says nothing."""
    objects = {key: info[key] for key in _OBJECTS if isinstance(info.get(key), dict)}
    for key in _COMMITS:
        if key in objects:
            objects[key] = {"ID": objects[key].get("ID")}
    return objects | {key: info[key] for key in _LISTS if isinstance(info.get(key), list)}


def agreed(programs: Sequence[Json]) -> dict[str, Any]:
    """What all of ``programs`` say."""
    if not programs:
        return {}
    first, *others = programs
    alike = {
        key: _alike(first.get(key, {}), [each.get(key, {}) for each in others]) for key in _OBJECTS
    }
    lists = {key: in_all([each.get(key, []) for each in programs]) for key in _LISTS}
    return {key: found for key, found in {**alike, **lists}.items() if found}


def _alike(first: Json, others: Sequence[Json]) -> dict[str, Any]:
    """The fields of an object that all have so."""
    return {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in others)
    }


def in_all(lists: Sequence[Sequence[Any]]) -> list[Any]:
    first, *rest = lists or [[]]
    return [one for one in first if all(one in other for other in rest)]


def as_of(body: Json, version: Version) -> dict[str, Any]:
    """``body`` of ``/info`` with the fields that the API of that version has."""
    shown = {
        key: value
        for key, value in body.items()
        if version >= _SINCE.get(key, version) and version < _UNTIL.get(key, (version[0] + 1, 0))
    }
    if version < _EXPECTED_UNTIL:
        for key in _COMMITS:
            if key in shown:
                shown[key] = {**shown[key], "Expected": shown[key]["ID"]}
        return shown
    registries = shown["RegistryConfig"].items()
    shown["RegistryConfig"] = {k: v for k, v in registries if not k.startswith(_NOT_HANDED_ON)}
    return shown
