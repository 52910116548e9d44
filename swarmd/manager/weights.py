"""Puts the weight of CPUs that were asked for by shares into a create body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.core.resources import SHARES_LABEL, shared_cpus, weight


def with_weight(body: Mapping[str, Any], available: int) -> Mapping[str, Any]:
    """``body`` for an engine of ``available`` CPUs; unchanged where shares are a weight already."""
    host, labels = body.get("HostConfig") or {}, body.get("Labels") or {}
    wanted = shared_cpus(host, labels)
    if not wanted:
        return body
    return {
        **body,
        "Labels": {**labels, SHARES_LABEL: str(wanted)},
        "HostConfig": {**host, "CpuShares": weight(wanted, available)},
    }
