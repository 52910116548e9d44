"""An engine's inspect of a container, as a client of the fleet sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from swarmd.cluster.kept_ids import with_kept_ids
from swarmd.core.container.resources import SHARES_LABEL, shared_cpus, weight
from swarmd.core.model import Engine

# Quotes within strings are escaped, so these can only be keys; Ports comes before Networks.
_SETTINGS = b'"NetworkSettings":{'
_PORTS = b'"Ports":'
_SHARES = re.compile(rb'"CpuShares":(\d{1,9})[,}]')
_BRACES = re.compile(rb"[{}]")


def with_node(body: bytes, engine: Engine, labels: Mapping[str, str]) -> bytes:
    """``body`` with a ``Node`` section, and the node's address where ports are bound to all.

    The section is spliced in before the last brace: decoding and encoding the whole would cost
    thirty times as much and could lose what we do not model.

    Args:
        labels: Of the container, as they are known.
    """
    body = with_kept_ids(body, engine)
    if kept := labels.get(SHARES_LABEL):
        body = _with_shares(body, engine, kept)
    end = body.rfind(b"}")
    if end < 0:
        return body
    body = body[:end]
    if b'"HostIp"' in body:
        body = _with_address(body, engine.ip)
    return b'%b,"Node":%b}\n' % (body, _section(engine))


def _with_shares(body: bytes, engine: Engine, kept: str) -> bytes:
    """Shows CPU shares as they were given where they stand for CPUs, and nobody changed them."""
    sent = _SHARES.search(body)
    wanted = shared_cpus({"CpuShares": 1}, {SHARES_LABEL: kept})
    if sent is None or str(wanted) != kept or int(sent[1]) != weight(wanted, engine.spec.cpus):
        return body
    return body[: sent.start(1)] + kept.encode() + body[sent.end(1) :]


def _section(engine: Engine) -> bytes:
    spec = engine.spec
    return orjson.dumps(
        {
            "ID": spec.id,
            "IP": engine.ip,
            "Addr": engine.address,
            "Name": engine.name,
            "Cpus": spec.cpus,
            "Memory": spec.memory,
            "Labels": dict(engine.labels),
        }
    )


def _with_address(body: bytes, ip: str) -> bytes:
    """Shows the node's address, once, for ports that are bound to every address of it."""
    start = body.find(_PORTS, body.find(_SETTINGS)) + len(_PORTS)
    end = _object_end(body, start)
    if not ip or start < len(_PORTS) or b"HostIp" not in body[start:end]:
        return body
    shown = {port: _bindings(bound, ip) for port, bound in orjson.loads(body[start:end]).items()}
    return body[:start] + orjson.dumps(shown) + body[end:]


def _bindings(bound: list[dict[str, str]] | None, ip: str) -> list[dict[str, str]] | None:
    if bound is None:
        return None
    shown: list[dict[str, str]] = []
    for binding in bound:
        if binding.get("HostIp") in ("", "0.0.0.0", "::"):
            binding = {**binding, "HostIp": ip}
        if binding not in shown:
            shown.append(binding)
    return shown


def _object_end(text: bytes, start: int) -> int:
    """The offset behind the object that begins at ``start``, whose strings hold no braces."""
    depth = 0
    for brace in _BRACES.finditer(text, start):
        depth += 1 if brace[0] == b"{" else -1
        if depth == 0:
            return brace.end()
    return len(text)
