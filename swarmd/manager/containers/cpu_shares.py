"""Puts the weight of CPUs that were asked for by shares into a create body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from swarmd.core.container.resources import SHARES_LABEL, shares_label, weight


def with_weight(body: Mapping[str, Any], available: int) -> Mapping[str, Any]:
    """``body`` for an engine of ``available`` CPUs; unchanged where shares are a weight already."""
    host, labels = body.get("HostConfig") or {}, body.get("Labels") or {}
    kept = shares_label(host, labels)
    if not kept:
        return body
    return {
        **body,
        "Labels": {**labels, **kept},
        "HostConfig": {**host, "CpuShares": weight(int(kept[SHARES_LABEL]), available)},
    }
