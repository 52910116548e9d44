"""Puts a scope's label on whatever is created, over what a client says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from swarmd.core.errors import BadParameter
from swarmd.core.names import IDENTITY, SWARM_LABELS
from swarmd.core.request.scope import Scope

Query = dict[str, list[str]]
# Of labels in Swarm's own space a client may set those that say where something goes.
_PLACEMENT = frozenset(
    SWARM_LABELS + name
    for name in (
        "constraints",
        "affinities",
        "whitelists",
        "reschedule-policies",
        "spread",
        "driver",
    )
)

# A line of a Dockerfile that goes on in the next one, by whichever of the two escapes it chose, and
# a text up to a mark: both can swallow the line that is put behind them.
_GOES_ON = re.compile(r"[\\`]\s*$|<<", re.MULTILINE)


def label_body(body: dict[str, Any], scope: Scope, **more: str) -> None:
    """Sets the label in ``body``, and ``more``, whose names are those of Swarm's own labels."""
    given = body.get("Labels")
    labels = {str(key): text for key, text in given.items()} if isinstance(given, dict) else {}
    body["Labels"] = {**labels, **dict([scope]), **{SWARM_LABELS + k: v for k, v in more.items()}}


def strip_labels(body: dict[str, Any]) -> None:
    """Takes out what only swarmd says of a thing: whose copy it is, under which ID it is known."""
    labels = body.get("Labels")
    if isinstance(labels, dict):
        body["Labels"] = {
            key: text
            for key, text in labels.items()
            if not key.startswith(SWARM_LABELS) or key in _PLACEMENT
        }


def strip_identity(body: dict[str, Any]) -> None:
    labels = body.get("Labels")
    if isinstance(labels, dict):
        body["Labels"] = {key: text for key, text in labels.items() if key != IDENTITY}


def label_build(query: Query, scope: Scope) -> None:
    labels = _object(query, "labels")
    query["labels"] = [json.dumps({**labels, **dict([scope])})]


def label_changes(query: Query, scope: Scope) -> None:
    """Of a commit or an import: the last word counts, so nothing may take it for its own end."""
    given = query.get("changes", [])
    for text in given:
        if _GOES_ON.search(text):
            raise BadParameter(
                "changes: within a scope no line may go on in the next, nor hold <<: write each "
                "instruction on one line"
            )
    query["changes"] = [*given, f'LABEL "{scope.key}"="{scope.value}"']


def label_filter(query: Query, scope: Scope) -> None:
    """Of a prune: all labels that are asked for must be there."""
    filters = {key: _values(values) for key, values in _object(query, "filters").items()}
    filters["label"] = [*filters.get("label", []), str(scope)]
    query["filters"] = [json.dumps(filters)]


def label_volume(mount: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Of a mount of type volume, for the volume that it may make."""
    options = mount.get("VolumeOptions")
    options = dict(options) if isinstance(options, dict) else {}
    label_body(options, scope)
    return {**mount, "VolumeOptions": options}


def mount_of(bind: str, driver: str) -> dict[str, Any]:
    """``data:/srv:ro`` as a mount, which can say how to label what it makes."""
    source, _, rest = bind.partition(":")
    target, _, flags = rest.partition(":")
    options = flags.split(",")
    return {
        "Type": "volume",
        "Source": source,
        "Target": target,
        "ReadOnly": "ro" in options,
        "VolumeOptions": {
            "NoCopy": "nocopy" in options,
            **({"DriverConfig": {"Name": driver}} if driver else {}),
        },
    }


def _object(query: Mapping[str, Sequence[str]], name: str) -> dict[str, Any]:
    text = (query.get(name) or [""])[0]
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"error reading {name}: {error}") from None
    if not isinstance(value, dict):
        raise BadParameter(f"error reading {name}: an object is expected")
    return value


def _values(values: Any) -> list[str]:
    if not isinstance(values, (list, dict)) or not all(isinstance(one, str) for one in values):
        raise BadParameter("invalid filter")
    return list(values)
